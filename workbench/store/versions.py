"""Versions: what a model was at some moment, kept under a name, or without one before an older state came back."""

import time

from sqlalchemy import Connection, delete, insert, select, update

from workbench.core.errors import StoreError
from workbench.store import tables
from workbench.store.database import Database
from workbench.store.records import VersionRecord

MOST_UNNAMED = 50
"""So many of those that were kept by themselves stay for each model, the newest."""
MOST_DELETED = 50
"""So many of those that were deleted can be put back for each model, those deleted last."""
_VERSIONS = tables.versions.c
_VERSION = [getattr(_VERSIONS, name) for name in ("id", "model", "name", "nodes", "parameters", "created")]


class Versions(Database):
    """The part of the store that knows versions of models. Each method is one transaction."""

    def add_version(
        self, model: int, document_text: str, name: str = "", *, nodes: int = 0, parameters: int = 0
    ) -> VersionRecord:
        """Keeps a text as a version of a model.

        Without a name it is not kept again where the newest version is the same; the oldest of the unnamed ones
        beyond MOST_UNNAMED go.
        """
        with self._write() as connection:
            found = connection.execute(select(tables.models.c.id).where(tables.models.c.id == model)).first()
            if found is None:
                raise StoreError(f"There is no model {model} in the workspace {self.path}.")
            own = (_VERSIONS.model == model) & (_VERSIONS.deleted == 0)
            if not name:
                columns = [*_VERSION, _VERSIONS.document]
                newest = connection.execute(
                    select(*columns).where(own).order_by(_VERSIONS.id.desc()).limit(1)
                ).first()
                if newest is not None and newest.document == document_text:
                    return VersionRecord(*newest[:-1])
            values = {
                "model": model,
                "name": name,
                "document": document_text,
                "nodes": nodes,
                "parameters": parameters,
                "created": time.time(),
            }
            added = self._insert(connection, insert(tables.versions).values(**values))
            unnamed = select(_VERSIONS.id).where(own, _VERSIONS.name == "").order_by(_VERSIONS.id.desc())
            connection.execute(
                delete(tables.versions).where(_VERSIONS.id.in_(unnamed.offset(MOST_UNNAMED).limit(-1)))
            )
            return self._version(connection, added)

    def versions(self, model: int) -> list[VersionRecord]:
        """The versions of a model, newest first, without those that were deleted."""
        statement = select(*_VERSION).where(_VERSIONS.model == model, _VERSIONS.deleted == 0)
        with self._read() as connection:
            rows = connection.execute(statement.order_by(_VERSIONS.id.desc())).all()
        return [VersionRecord(*row) for row in rows]

    def version_text(self, version: int) -> str:
        """The model file's text of that moment."""
        with self._read() as connection:
            self._version(connection, version)
            statement = select(_VERSIONS.document).where(_VERSIONS.id == version)
            return str(connection.execute(statement).scalar_one())

    def rename_version(self, version: int, name: str) -> VersionRecord:
        """Gives a version another name, or its first one."""
        with self._write() as connection:
            return self._change_version(connection, version, name=name)

    def delete_version(self, version: int) -> None:
        """Takes a version off the list; `restore_version` puts it back until MOST_DELETED more were deleted."""
        with self._write() as connection:
            self._change_version(connection, version, deleted=time.time())
            model = select(_VERSIONS.model).where(_VERSIONS.id == version).scalar_subquery()
            own = select(_VERSIONS.id).where(_VERSIONS.model == model, _VERSIONS.deleted > 0)
            latest = own.order_by(_VERSIONS.deleted.desc(), _VERSIONS.id.desc())
            connection.execute(
                delete(tables.versions).where(_VERSIONS.id.in_(latest.offset(MOST_DELETED).limit(-1)))
            )

    def restore_version(self, version: int) -> None:
        with self._write() as connection:
            self._change_version(connection, version, deleted=0.0)

    def _change_version(self, connection: Connection, version: int, **values: str | float) -> VersionRecord:
        self._version(connection, version)
        connection.execute(update(tables.versions).where(_VERSIONS.id == version).values(**values))
        return self._version(connection, version)

    def _version(self, connection: Connection, version: int) -> VersionRecord:
        row = connection.execute(select(*_VERSION).where(_VERSIONS.id == version)).one_or_none()
        if row is None:
            raise StoreError(f"There is no version {version} in the workspace {self.path}.")
        return VersionRecord(*row)
