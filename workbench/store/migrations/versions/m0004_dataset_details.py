"""What was understood and noticed while a dataset was read."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE datasets ADD COLUMN details TEXT DEFAULT '{}' NOT NULL")
