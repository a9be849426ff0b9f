"""What users set for an account, in one column: there will be more of it.

Whether they stay online was a column of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

accounts = sa.table("accounts", sa.column("preferences"), sa.column("stay_online", sa.Boolean))

STAYS, LEAVES = '{"stay_online": true}', "{}"


def upgrade() -> None:
    column = sa.Column("preferences", sa.Text, comment="JSON: {name: whether}")
    op.add_column("accounts", column)
    preferences = sa.case((accounts.c.stay_online, STAYS), else_=LEAVES)
    op.execute(accounts.update().values(preferences=preferences))
    with op.batch_alter_table("accounts") as batch:
        batch.alter_column("preferences", existing_type=sa.Text, nullable=False)
        batch.drop_column("stay_online")


def downgrade() -> None:
    op.add_column("accounts", sa.Column("stay_online", sa.Boolean))
    stays = accounts.c.preferences.like('%"stay_online": true%')
    op.execute(accounts.update().values(stay_online=stays))
    with op.batch_alter_table("accounts") as batch:
        batch.alter_column("stay_online", existing_type=sa.Boolean, nullable=False)
        batch.drop_column("preferences")
