"""The first tables.

A migration records what was done, so it does not import ``gateway.store.models``: those change.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = ("user", "transport", "account")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    create(
        "accounts",
        (),
        sa.Column("sealed", sa.LargeBinary, nullable=False, comment="JSON: {field: value}"),
        sa.Column("stay_online", sa.Boolean, nullable=False),
        sa.Column(
            "latched", sa.Text, nullable=False, comment="why log-in is not tried; empty: it is"
        ),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
    )
    create(
        "contacts",
        ("person",),
        sa.Column("is_hidden", sa.Boolean, nullable=False, comment="the user does not want them"),
    )
    create(
        "rooms",
        ("room",),
        sa.Column("nick", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, comment="the password; null: none"),
        sa.Column("resources", sa.Text, nullable=False, comment="JSON: [resource]"),
    )
    create(
        "memory",
        ("name",),
        sa.Column("sealed", sa.LargeBinary, nullable=False, comment="the value"),
        sa.Column("expires_at", moment, comment="null: never"),
    )
    op.create_index("ix_memory_expires_at", "memory", ["expires_at"])


def create(table: str, more: tuple[str, ...], *columns: sa.Column) -> None:
    key = (*KEY, *more)
    op.create_table(
        table,
        *(sa.Column(name, sa.Text, nullable=False) for name in key),
        *columns,
        sa.PrimaryKeyConstraint(*key, name=f"pk_{table}"),
    )


def downgrade() -> None:
    for table in ("memory", "rooms", "contacts", "accounts"):
        op.drop_table(table)
