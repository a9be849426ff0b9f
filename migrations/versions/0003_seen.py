"""What the network and the user's roster said of a contact when they were last seen."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "JSON: [[name, [group]] of the network, the same of the roster]"
    op.add_column("contacts", sa.Column("seen", sa.Text, comment=comment))


def downgrade() -> None:
    op.drop_column("contacts", "seen")
