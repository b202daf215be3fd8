"""Of which node type each metric is: it tells whether larger is better."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE metrics ADD COLUMN type TEXT DEFAULT '' NOT NULL")
    op.execute(
        """
        UPDATE metrics SET type = coalesce(
            (SELECT CASE WHEN json_valid(params) THEN
                json_extract(params, '$."' || replace(substr(name, instr(name, '/') + 1), '"', '') || '.type"')
            END FROM run_params WHERE run_params.run = metrics.run), '')
        """
    )
