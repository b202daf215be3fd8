"""The part of the store that keeps blocks for all models of the workspace."""

import time

from sqlalchemy import Connection, insert, select, update

from workbench.core.errors import StoreError
from workbench.store import tables
from workbench.store.database import Database
from workbench.store.records import BlockRecord

_BLOCKS = tables.library.c
_RECORD = [
    _BLOCKS.id,
    _BLOCKS.name,
    _BLOCKS.inputs,
    _BLOCKS.outputs,
    _BLOCKS.parameters,
    _BLOCKS.created,
]


class Library(Database):
    """Kept blocks: each is the text of a model file that holds the definition and those inside it."""

    def keep_block(
        self, name: str, document_text: str, *, inputs: str, outputs: str, parameters: int
    ) -> tuple[BlockRecord, int]:
        """Keeps a block; gives it, and the id of the one of this name that it replaces (0: none), now in the trash."""
        if not name.strip():
            raise StoreError("A block without a name cannot be kept.")
        now = time.time()
        with self._write() as connection:
            same = select(_BLOCKS.id, _BLOCKS.document).where(_BLOCKS.name == name, _BLOCKS.deleted == 0)
            before = connection.execute(same).one_or_none()
            if before is not None and before.document == document_text:
                return self._block(connection, before.id), 0
            if before is not None:
                self._set(connection, before.id, now)
            values = {
                "name": name,
                "document": document_text,
                "inputs": inputs,
                "outputs": outputs,
                "parameters": parameters,
                "created": now,
            }
            block = self._insert(connection, insert(tables.library).values(**values))
            return self._block(connection, block), before.id if before is not None else 0

    def kept_blocks(self) -> list[BlockRecord]:
        """All kept blocks by name."""
        statement = select(*_RECORD).where(_BLOCKS.deleted == 0).order_by(_BLOCKS.name, _BLOCKS.id)
        with self._read() as connection:
            return [BlockRecord(*row) for row in connection.execute(statement).all()]

    def block_text(self, block: int) -> str:
        """The text that was kept."""
        with self._read() as connection:
            self._block(connection, block)
            statement = select(_BLOCKS.document).where(_BLOCKS.id == block)
            return str(connection.execute(statement).scalar_one())

    def delete_block(self, block: int) -> None:
        """Takes a block out of the library; `restore_block` puts it back."""
        with self._write() as connection:
            self._block(connection, block)
            self._set(connection, block, time.time())

    def restore_block(self, block: int) -> None:
        """Puts a block back; one of the same name that was kept since then gives way to it."""
        with self._write() as connection:
            record = self._block(connection, block)
            same = select(_BLOCKS.id).where(_BLOCKS.name == record.name, _BLOCKS.deleted == 0)
            for (other,) in connection.execute(same).all():
                self._set(connection, other, time.time())
            self._set(connection, block, 0.0)

    def _block(self, connection: Connection, block: int) -> BlockRecord:
        row = connection.execute(select(*_RECORD).where(_BLOCKS.id == block)).one_or_none()
        if row is None:
            raise StoreError(f"There is no block {block} in the library of the workspace {self.path}.")
        return BlockRecord(*row)

    def _set(self, connection: Connection, block: int, deleted: float) -> None:
        connection.execute(update(tables.library).where(_BLOCKS.id == block).values(deleted=deleted))
