"""The public sets that Workbench knows: what they are, whose, and what is here; fetched only when asked for.

Imports Qt, session, jobs, the list of datasets and the widgets.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.gui.data.fetching import Fetching
from workbench.gui.data.listing import DatasetList, Entry
from workbench.gui.read_only import guard
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import FormRows, SearchField
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.surfaces import scrolled, surface
from workbench.jobs.downloads import Offer, offers

if TYPE_CHECKING:
    from workbench.jobs.datasets import Added

_KINDS: Final = {
    "images": "image", "series": "series", "labelled series": "series", "text": "text", "graph": "graph",
    "graphs": "graph", "table": "table", "volumes": "volume", "sentence pairs": "sentences", "audio": "audio",
}  # fmt: skip
_STATES: Final = {"absent": "", "partly": "begun", "here": "here"}
_LIST_WIDTH: Final = 300


class CataloguePage(QWidget):
    """`added` tells of a set that became a dataset (jobs.datasets.Added)."""

    added = Signal(object)

    def __init__(self, session: Session, catalogue: Path | None = None) -> None:
        super().__init__()
        self._session, self.catalogue = session, catalogue
        self.offers: dict[str, Offer] = {}
        self.fetching: Fetching | None = None
        self.search = SearchField(
            "Search public sets", "Search public sets", "Sets in whose row all these words occur"
        )
        self.list = DatasetList()
        self.list.setAccessibleName("Public sets")
        self.list.setToolTip("The public data sets that Workbench knows")
        self.title, self.about = Label("", "title", wrap=True), Label("", wrap=True)
        self.rows = FormRows(72)
        self.fetch = Button(
            "Download and add",
            "Fetch it, check it and add it to this workspace",
            kind="primary",
            icon="import",
        )
        self.own = Button(
            "Use a folder of mine…",
            "If you have the files already: they are compared and used where they are",
            icon="open",
        )
        self.cancel = Button(
            "Cancel", "Stop; what has come is kept, and the next download goes on from there", icon="close"
        )
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        self.bar.setAccessibleName("Progress")
        self.status = Label("", "dim", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._left())
        row.addWidget(self._right(), 1)
        self._rest("")
        guard(session, self.fetch, self.own)
        self.search.textChanged.connect(lambda _: self._fill())
        self.list.picked.connect(lambda _: self._tell())
        self.fetch.clicked.connect(lambda: self.start())
        self.own.clicked.connect(self._ask_own)
        self.cancel.clicked.connect(self._on_cancel)
        session.opened.connect(self.look)
        self.setFocusProxy(self.search)

    def _left(self) -> QWidget:
        left = QWidget()
        surface(left, "panel", "right")
        left.setFixedWidth(_LIST_WIDTH)
        self.nothing = ElidedLabel("No set has these words.", "dim")
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 12, 1, 0)  # beside the hairline
        column.setSpacing(8)
        above = QVBoxLayout()
        above.setContentsMargins(12, 0, 12, 0)
        above.setSpacing(8)
        above.addWidget(self.search)
        above.addWidget(self.nothing)
        column.addLayout(above)
        column.addWidget(self.list, 1)
        return left

    def _right(self) -> QWidget:
        self.shown = QWidget()
        surface(self.shown, "base")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        going = QHBoxLayout()
        going.setSpacing(8)
        for row, widgets in ((buttons, (self.fetch, self.own)), (going, (self.bar, self.cancel))):
            for widget in widgets:
                row.addWidget(widget)
            row.addStretch(1)
        column = QVBoxLayout(self.shown)
        column.setContentsMargins(28, 20, 28, 20)
        column.setSpacing(12)
        column.addWidget(self.title)
        column.addWidget(self.about)
        column.addWidget(self.rows)
        column.addLayout(buttons)
        column.addWidget(self.status)
        column.addLayout(going)
        column.addStretch(1)
        return scrolled(self.shown)

    # ------------------------------------------------------------- what is shown

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()

    def look(self) -> None:
        """See in the background which sets are here."""
        if self._session.is_open and self.isVisible():
            self._session.call(lambda _: offers(catalogue=self.catalogue), self._on_offers)

    def _on_offers(self, found: list[Offer]) -> None:
        self.offers = {offer.set.id: offer for offer in found}
        self._fill()
        if not self.list.current() and found:
            self.list.pick(found[0].set.id)
        self._tell()

    def _fill(self) -> None:
        words = self.search.text().casefold().split()
        rows = [_entry(offer) for offer in self.offers.values()]
        rows = [row for row in rows if all(word in f"{row.id} {row.tip}".casefold() for word in words)]
        self.list.show_rows(rows)
        self.nothing.setVisible(bool(self.offers) and not rows)

    def _tell(self) -> None:
        """All about the set that is chosen."""
        offer = self.offers.get(self.list.current())
        self.shown.setVisible(offer is not None)
        if offer is None:
            return
        one = offer.set
        self.title.setText(one.title)
        self.about.setText(one.description)
        self.rows.clear()
        facts = {
            "Items": one.items, "Size": _size(offer), "Licence": one.licence, "Cite": one.citation,
            "Source": one.page, "Hashes": offer.hash_text, "Here": str(offer.path) if offer.state == "here" else "",
            "Note": offer.problem,
        }  # fmt: skip
        for name, said in facts.items():
            if said:
                self.rows.add_value(name, said, wrap=True)
        here = offer.state == "here"
        self.fetch.setText(
            "Add" if here else "Go on and add" if offer.state == "partly" else "Download and add"
        )
        self.own.setVisible(not here)

    # ------------------------------------------------------------- fetching

    def start(self, local: Path | None = None) -> None:
        """Bring the set that is chosen."""
        offer = self.offers.get(self.list.current())
        if offer is None or self.fetching is not None or self._session.read_only:
            return
        fetching = self.fetching = Fetching(self._session, offer, self.catalogue, self)
        fetching.progressed.connect(self._on_progressed)
        fetching.added.connect(self._on_added)
        fetching.failed.connect(self._end)
        fetching.cancelled.connect(lambda: self._end("Cancelled; what has come is kept."))
        for button in (self.fetch, self.own):
            button.setEnabled(False)
        self.cancel.show()
        self.bar.show()
        fetching.start(local)

    def _ask_own(self) -> None:
        dialog = QFileDialog(self.window(), "Choose the folder where the files are", str(Path.cwd()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
        dialog.filesSelected.connect(lambda names: self.start(Path(names[0])))
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()

    def _on_cancel(self) -> None:
        if self.fetching is not None:
            self.fetching.cancel()

    def _on_progressed(self, words: str, done: int, total: int) -> None:
        if self.fetching is not None:
            self.status.setText(f"{self.fetching.offer.set.title}: {words}")
        self.bar.setRange(0, total)
        self.bar.setValue(min(done, total))

    def _on_added(self, added: "Added") -> None:
        self._end("")
        self.added.emit(added)

    def _end(self, words: str) -> None:
        fetching, self.fetching = self.fetching, None
        self._rest(f"{fetching.offer.set.title}: {words}" if fetching is not None and words else "")
        if fetching is not None:
            fetching.deleteLater()
        self.look()

    def _rest(self, words: str) -> None:
        self.status.setText(words)
        self.bar.hide()
        self.cancel.hide()
        for button in (self.fetch, self.own):
            button.setEnabled(not self._session.read_only)


def _entry(offer: Offer) -> Entry:
    one, state = offer.set, _STATES[offer.state]
    line = " · ".join(filter(None, (one.items, state)))
    tip = f"{one.title}\n{one.description}\n{one.kind}\n{line}\n{one.licence}"
    return Entry(one.id, one.title, _KINDS.get(one.kind, ""), line, tip, offer.problem)


def _size(offer: Offer) -> str:
    size = text.size(offer.set.bytes) if offer.set.bytes else "not known"
    return size if offer.set.exact or not offer.set.bytes else f"about {size}"
