"""Whether the source of a dataset is still what it was: the readers' process looks, once while a page is shown.

Imports Qt, records and the process's client.
"""

from PySide6.QtCore import QObject, Signal

from workbench.gui.data.reading import Reading
from workbench.store.records import DatasetRecord


class SourceMark(QObject):
    """`changed` tells (record, what is to be said of it)."""

    changed = Signal(object, str)

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self._reading: Reading | None = None
        self._asked = False

    def ask(self, record: DatasetRecord) -> None:
        """Look, if that was not done since `drop`."""
        if self._asked:
            return
        request = {"do": "mark", "path": record.source, "reader": record.reader}
        reading = Reading({**request, "options": dict(record.options)}, self)
        reading.answered.connect(lambda said: self._on_mark(record, str(said.get("mark", ""))))
        reading.failed.connect(
            lambda reason, _: self.changed.emit(record, f"The source cannot be read any more: {reason}")
        )
        reading.ended.connect(lambda: self._on_ended(reading))
        self._reading, self._asked = reading, True
        reading.start()

    def drop(self) -> None:
        """Look anew the next time."""
        reading, self._reading, self._asked = self._reading, None, False
        if reading is not None:
            reading.stop()

    def _on_mark(self, record: DatasetRecord, mark: str) -> None:
        if mark != record.fingerprint:
            self.changed.emit(
                record, "The source has changed since it was added. Runs refuse it until it is read anew."
            )

    def _on_ended(self, reading: Reading) -> None:
        if reading is self._reading:
            self._reading = None
