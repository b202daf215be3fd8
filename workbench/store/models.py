"""What a workspace holds besides runs: models, registered datasets, settings."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from workbench.core.errors import RevisionError, StoreError
from workbench.store import tables
from workbench.store.database import Database
from workbench.store.records import DatasetRecord, Json, ModelRecord

_MODELS = tables.models.c
_MODEL = [_MODELS.id, _MODELS.name, _MODELS.revision, _MODELS.updated, _MODELS.created]
_AS_JSON = ("options", "schema", "splits", "details")


class Models(Database):
    """The part of the store that knows models, datasets and settings. Each method is one transaction."""

    def save_model(self, model: int | None, document_text: str, expected: int | None = None) -> ModelRecord:
        """Keeps a model's text, as a new model where `model` is None. The same text again changes nothing.

        `expected` is the revision that the text is a change of: RevisionError where the model is at another one.
        """
        name, now = _name_of(document_text), time.time()
        with self._write() as connection:
            if model is None:
                values = {
                    "name": name,
                    "document": document_text,
                    "revision": 1,
                    "created": now,
                    "updated": now,
                }
                statement = insert(tables.models).values(**values)
                model = self._insert(connection, statement)
            else:
                self._expect(connection, model, document_text, expected)
                changes = {"name": name, "document": document_text, "updated": now, "deleted": 0.0}
                connection.execute(
                    update(tables.models)
                    .where(_MODELS.id == model, _MODELS.document != document_text)
                    .values(**changes, revision=_MODELS.revision + 1)
                )
            return self._model(connection, model)

    def models(self, *, deleted: bool = False) -> list[ModelRecord]:
        """All models, last changed first; `deleted` gives those in the trash instead."""
        in_trash = _MODELS.deleted > 0
        statement = select(*_MODEL).where(in_trash if deleted else ~in_trash)
        with self._read() as connection:
            rows = connection.execute(statement.order_by(_MODELS.updated.desc(), _MODELS.id.desc())).all()
        return [ModelRecord(*row) for row in rows]

    def model_text(self, model: int) -> str:
        """The model file's text."""
        return self.read_model(model)[1]

    def read_model(self, model: int) -> tuple[ModelRecord, str]:
        """A model and its text, as they are at one moment."""
        with self._read() as connection:
            record = self._model(connection, model)
            statement = select(_MODELS.document).where(_MODELS.id == model)
            return record, str(connection.execute(statement).scalar_one())

    def delete_model(self, model: int) -> None:
        """Puts a model into the trash, from which `restore_model` takes it back."""
        self._set_deleted(model, time.time())

    def restore_model(self, model: int) -> None:
        self._set_deleted(model, 0.0)

    def add_dataset(self, record: DatasetRecord) -> None:
        """Registers a dataset; one with the same id is replaced."""
        with self._write() as connection:
            self._add_dataset(connection, record)

    def register_dataset(self, record: DatasetRecord) -> DatasetRecord:
        """Registers what was read from a source, and gives its record: the same source keeps its id, another one of
        that name gets a number, also where two processes come at the same moment.
        """
        with self._write() as connection:
            rows = connection.execute(select(tables.datasets.c.id, tables.datasets.c.source)).all()
            sources: dict[str, str] = {row.id: row.source for row in rows}
            id, number = record.id, 1
            while sources.get(id, record.source) != record.source:
                number += 1
                id = f"{record.id}-{number}"
            named = replace(record, id=id, schema={**record.schema, "id": id, "title": record.title})
            self._add_dataset(connection, named)
        return named

    def datasets(self) -> list[DatasetRecord]:
        """All registered datasets by title, but for those that `damaged_datasets` names."""
        return [record for _, record in self._all_datasets() if record is not None]

    def damaged_datasets(self) -> list[str]:
        """Ids of those whose row in the database cannot be understood; adding their data again mends them."""
        return [id for id, record in self._all_datasets() if record is None]

    def dataset(self, dataset: str) -> DatasetRecord:
        with self._read() as connection:
            return self._dataset(connection, dataset)

    def rename_dataset(self, dataset: str, title: str) -> None:
        """Gives a dataset another title; its id, which models name, stays.  Raises StoreError for an empty one."""
        title = " ".join(title.split())
        if not title:
            raise StoreError("A dataset needs a title.")
        with self._write() as connection:
            record = self._dataset(connection, dataset)
            self._change_dataset(
                connection, replace(record, title=title, schema={**record.schema, "title": title})
            )

    def name_classes(self, dataset: str, names: Sequence[str]) -> None:
        """Gives the classes of a dataset other names.  Raises StoreError unless each has one of its own."""
        cleaned = [" ".join(name.split()) for name in names]
        with self._write() as connection:
            record = self._dataset(connection, dataset)
            before = record.schema.get("labels") or []
            if len(cleaned) != len(before):
                raise StoreError(f"“{record.title}” has {len(before)} classes, not {len(cleaned)}.")
            twice = next((name for name in cleaned if cleaned.count(name) > 1), None)
            if "" in cleaned or twice is not None:
                reason = "A class needs a name." if "" in cleaned else f"Two classes are called “{twice}”."
                raise StoreError(reason)
            self._change_dataset(connection, replace(record, schema={**record.schema, "labels": cleaned}))

    def remove_dataset(self, dataset: str) -> DatasetRecord:
        """Takes a dataset out of the workspace and gives its record, with which `add_dataset` brings it back."""
        with self._write() as connection:
            record = self._dataset(connection, dataset)
            connection.execute(delete(tables.datasets).where(tables.datasets.c.id == dataset))
        return record

    def models_with(self, dataset: str) -> list[ModelRecord]:
        """The models in which a dataset stands, last changed first."""
        with self._read() as connection:
            statement = select(*_MODEL, _MODELS.document).where(
                _MODELS.deleted == 0, _MODELS.document.contains(json.dumps(dataset), autoescape=True)
            )
            rows = connection.execute(statement.order_by(_MODELS.updated.desc(), _MODELS.id.desc())).all()
        return [ModelRecord(*row[:-1]) for row in rows if _names(row[-1], dataset)]

    def setting(self, key: str, default: Json = None) -> Json:
        """A setting of this workspace, anything that JSON can hold."""
        statement = select(tables.settings.c.value).where(tables.settings.c.key == key)
        with self._read() as connection:
            value = connection.execute(statement).scalar_one_or_none()
        return default if value is None else json.loads(value)

    def set_setting(self, key: str, value: Json, *, durable: bool = True) -> None:
        """Keeps a setting. One that is not `durable`, since it is soon replaced, may be lost in a power cut."""
        statement = upsert(tables.settings).values(key=key, value=json.dumps(value))
        changes = {"value": statement.excluded.value}
        with self._write(durable=durable) as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=changes))

    def settings(self, prefix: str) -> dict[str, Json]:
        """All settings whose key begins so."""
        keys = tables.settings.c
        statement = select(keys.key, keys.value).where(func.substr(keys.key, 1, len(prefix)) == prefix)
        with self._read() as connection:
            return {key: json.loads(value) for key, value in connection.execute(statement)}

    def remove_setting(self, key: str) -> None:
        """Forgets a setting; nothing happens where there is none."""
        with self._write() as connection:
            connection.execute(delete(tables.settings).where(tables.settings.c.key == key))

    def _model(self, connection: Connection, model: int) -> ModelRecord:
        row = connection.execute(select(*_MODEL).where(_MODELS.id == model)).one_or_none()
        if row is None:
            raise StoreError(f"There is no model {model} in the workspace {self.path}.")
        return ModelRecord(*row)

    def _all_datasets(self) -> list[tuple[str, DatasetRecord | None]]:
        statement = select(tables.datasets).order_by(tables.datasets.c.title, tables.datasets.c.id)
        with self._read() as connection:
            return [(row["id"], _readable(row)) for row in connection.execute(statement).mappings()]

    def _dataset(self, connection: Connection, dataset: str) -> DatasetRecord:
        statement = select(tables.datasets).where(tables.datasets.c.id == dataset)
        row = connection.execute(statement).mappings().one_or_none()
        if row is None:
            raise StoreError(f"There is no dataset “{dataset}” in the workspace {self.path}.")
        if (record := _readable(row)) is None:
            raise StoreError(
                f"What the workspace knows of the dataset “{dataset}” is damaged. Add its data again."
            )
        return record

    def _add_dataset(self, connection: Connection, record: DatasetRecord) -> None:
        values = asdict(record)
        values |= {name: json.dumps(values[name]) for name in _AS_JSON}
        statement = upsert(tables.datasets).values(**values)
        changes = {name: statement.excluded[name] for name in values if name != "id"}
        connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes))

    def _change_dataset(self, connection: Connection, record: DatasetRecord) -> None:
        values = {"title": record.title, "schema": json.dumps(record.schema)}
        connection.execute(update(tables.datasets).where(tables.datasets.c.id == record.id).values(**values))

    def _expect(self, connection: Connection, model: int, document_text: str, expected: int | None) -> None:
        found = self._model(connection, model)
        if expected is None or found.revision == expected:
            return
        statement = select(_MODELS.document == document_text).where(_MODELS.id == model)
        if not connection.execute(statement).scalar_one():
            raise RevisionError(
                f"The model “{found.name}” was changed elsewhere: it is at revision {found.revision}, not {expected}."
            )

    def _set_deleted(self, model: int, deleted: float) -> None:
        with self._write() as connection:
            self._model(connection, model)
            connection.execute(update(tables.models).where(_MODELS.id == model).values(deleted=deleted))


def _name_of(document_text: str) -> str:
    try:
        name = json.loads(document_text)["name"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "A model without a name cannot be saved: its text is not that of a model file."
        ) from error
    return str(name)


def _names(document_text: str, dataset: str) -> bool:
    """Whether a node anywhere in a model has this dataset: its graph, and the graphs of its blocks."""

    def inside(value: Any) -> bool:
        if isinstance(value, dict):
            return value.get("dataset") == dataset or any(inside(each) for each in value.values())
        return isinstance(value, list) and any(inside(each) for each in value)

    return inside(json.loads(document_text))


def _readable(row: Any) -> DatasetRecord | None:
    """A dataset's row; None where it holds what none has."""
    try:
        record = _dataset(row)
    except (ValueError, RecursionError):
        return None
    return record if all(isinstance(getattr(record, name), dict) for name in _AS_JSON) else None


def _dataset(row: Any) -> DatasetRecord:
    return DatasetRecord(**{**row, **{name: json.loads(row[name]) for name in _AS_JSON}})
