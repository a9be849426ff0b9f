"""Which pictures of contacts the user's clients were told of."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "JSON: [name, hash, bytes, media type]; null: not known"
    op.add_column("contacts", sa.Column("picture", sa.Text, comment=comment))


def downgrade() -> None:
    op.drop_column("contacts", "picture")
