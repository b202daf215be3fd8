"""Two drawings, what differs between them marked in both, and the same as a list in words.

Imports Qt, core, widgets and the read-only canvas.
"""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.core.difference_words import summary, words
from workbench.core.differences import Change, Differences, Kind
from workbench.core.document import Document
from workbench.gui import theme
from workbench.gui.actions import explain
from workbench.gui.compare.canvas import DrawingCanvas, place_in
from workbench.gui.compare.chooser import disc
from workbench.gui.compare.marks import Marked, Which, legend, marked, near, place_of, sign
from workbench.gui.compare.pair import Pair, Side
from workbench.gui.design.faces import Knowledge
from workbench.gui.widgets.buttons import IconButton
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import EmptyState, surface
from workbench.store.records import RunRecord

KINDS: tuple[Kind, ...] = ("added", "removed", "changed", "renamed")
ALONE = (
    "One run is no comparison",
    "Tick a second run on the left: what differs between the two then stands here.",
)
READING = ("Reading what the runs trained", "It appears here in a moment.")
_NAMES = {"base": "Drawing of the base run", "other": "Drawing of the other run"}
_TIP = "Drag to move, turn the wheel to zoom; a click shows what differs at a node, a double click enters a block"


class DrawingSide(QWidget):
    """One of the two drawings under the name of its run; a sentence where there is none."""

    def __init__(self, which: Which) -> None:
        super().__init__()
        surface(self, "panel")
        self.which = which
        self.dot = QLabel()
        self.title = ElidedLabel("", "small")
        self.up = IconButton(
            "back", f"{_NAMES[which]}: back out of the block", "Go back to where the block stands"
        )
        self.canvas = DrawingCanvas(_NAMES[which], _TIP)
        self.trouble = EmptyState("warning", "This drawing cannot be shown", "")
        surface(self.trouble, "base")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.canvas)
        self.stack.addWidget(self.trouble)
        row = QHBoxLayout()
        row.setContentsMargins(10, 2, 4, 2)
        row.setSpacing(6)
        row.addWidget(self.dot)
        row.addWidget(self.title, 1)
        row.addWidget(self.up)
        head = QWidget()
        head.setFixedHeight(32)
        head.setLayout(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self.stack, 1)
        self._pair: Pair | None = None
        self._name = ""
        self._color = 0
        theme.changed.connect(self._tint)

    @property
    def side(self) -> Side | None:
        """What is shown here."""
        return (self._pair.base if self.which == "base" else self._pair.other) if self._pair else None

    @property
    def document(self) -> Document | None:
        """The drawing, if it could be read."""
        return self.side.document if self.side else None

    def show_side(self, pair: Pair, run: RunRecord, color: int) -> None:
        """Show this side of a pair from the outside."""
        self._pair, self._color = pair, color
        self._name = f"{'Base ' if self.which == 'base' else ''}#{run.id} {text.one_line(run.name, 60)}"
        self._tint()
        side = self.side
        if side is not None and side.trouble:
            said = text.one_line(side.trouble)
            self.trouble.set_texts("This drawing cannot be shown", f"{said[:1].upper()}{said[1:]}")
        self.stack.setCurrentIndex(0 if self.document is not None else 1)
        self.go("")

    def go(self, where: str) -> None:
        """Show the model's graph ("") or a block's; one that is not in this drawing leaves what is shown."""
        side, pair = self.side, self._pair
        if side is None or pair is None or side.document is None or side.analysis is None:
            self.title.setText(self._name)
            self.up.hide()
            return
        if where and where not in side.document.blocks:
            return
        found = pair.differences
        shown = marked(found, side.document, where, self.which) if found is not None else Marked()
        know = Knowledge(side.document, side.analysis, pair.schemas or {}, place_in(side.document, where))
        self.canvas.show_graph(know, shown)
        self.title.setText(f"{self._name} · in {text.one_line(where, 40)}" if where else self._name)
        self.up.setVisible(bool(where))

    @property
    def where(self) -> str:
        """The block that is shown, "" for the model."""
        return self.canvas.place.where

    def _tint(self) -> None:
        self.dot.setPixmap(disc(theme.curve_color(self._color), filled=True).pixmap(14, 14))


class DrawingPage(QStackedWidget):
    """Both drawings and the list of their differences; `step` goes through them."""

    def __init__(self) -> None:
        super().__init__()
        self.hint = EmptyState("compare", *ALONE)
        surface(self.hint, "panel")
        self.base, self.other = DrawingSide("base"), DrawingSide("other")
        self.sides = {"base": self.base, "other": self.other}
        self.both = Splitter(Qt.Orientation.Horizontal)
        self.both.setHandleWidth(1)
        for side in (self.base, self.other):
            self.both.addWidget(side)
            side.up.clicked.connect(lambda: self._go("", ""))
            side.canvas.left.connect(lambda: self._go("", ""))
            side.canvas.entered.connect(lambda block, side=side: self._enter(side, block))
            side.canvas.picked.connect(lambda id, side=side: self._on_picked(side, id))
        self.changes: tuple[Change, ...] = ()
        self._differences: Differences | None = None
        splitter = Splitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.addWidget(self.both)
        splitter.addWidget(self._panel())
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([800, 290])
        self.addWidget(self.hint)
        self.addWidget(splitter)
        theme.changed.connect(self._tint)

    def _panel(self) -> QWidget:
        panel = QWidget()
        surface(panel, "panel", "left")
        self.tally = Label("", "strong")
        self.told = Label("", "small", wrap=True)
        self.told.setContentsMargins(12, 0, 8, 6)
        self.previous = IconButton("chevron-up", "Previous difference")
        self.next = IconButton("chevron-down", "Next difference")
        explain(self.previous, "previous_difference", "Go to the difference before this one")
        explain(self.next, "next_difference", "Go to the difference after this one")
        self.previous.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        row = QHBoxLayout()
        row.setContentsMargins(12, 2, 6, 2)
        row.setSpacing(2)
        row.addWidget(self.tally, 1)
        row.addWidget(self.previous)
        row.addWidget(self.next)
        self.list = QListWidget()
        self.list.setAccessibleName("Differences of the drawings")
        self.list.setToolTip(
            "What was done to get from the base drawing to the other one; choose a line to go there"
        )
        self.list.setIconSize(QSize(16, 16))
        self.list.setWordWrap(True)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setSpacing(1)
        self.list.currentRowChanged.connect(self._on_row)
        self.list.itemClicked.connect(lambda item: self._on_row(self.list.row(item)))
        self.key = Label("", "small", wrap=True)
        self.key.setContentsMargins(12, 4, 6, 6)
        column = QVBoxLayout(panel)
        column.setContentsMargins(1, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.told)
        column.addWidget(self.list, 1)
        column.addWidget(self.key)
        panel.setMinimumWidth(200)
        return panel

    # ------------------------------------------------------------- what is shown

    def say(self, title: str, hint: str) -> None:
        """Say something in place of the drawings."""
        self.hint.set_texts(title, hint)
        self.setCurrentIndex(0)

    def show_pair(self, pair: Pair, runs: Sequence[RunRecord], colors: Sequence[int]) -> None:
        """Show the base run's drawing and the other one; `runs` and `colors` are of these two."""
        self.setCurrentIndex(1)
        self._differences = pair.differences
        self.changes = pair.differences.changes if pair.differences is not None else ()
        for side, run, color in zip((self.base, self.other), runs, colors, strict=True):
            side.show_side(pair, run, color)
        self.list.blockSignals(True)
        self.list.clear()
        for change in self.changes:
            item = QListWidgetItem(sign(change.kind), words(change))
            item.setToolTip(words(change))
            self.list.addItem(item)
        self.list.setCurrentRow(-1)
        self.list.blockSignals(False)
        self._tell()
        self._arrange()

    def step(self, by: int) -> None:
        """Go to the next difference, or back; at the end it begins anew."""
        if self.changes:
            row = self.list.currentRow()
            start = row if row >= 0 else (-1 if by > 0 else 0)
            self.list.setCurrentRow((start + by) % len(self.changes))

    def _tell(self) -> None:
        found = self._differences
        self.tally.setText(
            text.plural(len(self.changes), "difference") if found is not None else "Not compared"
        )
        told = (
            summary(found)
            if found is not None
            else "one of the drawings cannot be read; the other one is shown"
        )
        self.told.setText(f"{told[:1].upper()}{told[1:]}.")
        kinds = {change.kind for change in self.changes}
        self.key.setText(legend(kind for kind in KINDS if kind in kinds))
        for button in (self.previous, self.next):
            button.setEnabled(bool(self.changes))

    def _tint(self) -> None:
        for row, change in enumerate(self.changes):
            self.list.item(row).setIcon(sign(change.kind))

    # ------------------------------------------------------------- going somewhere

    def _on_row(self, row: int) -> None:
        if not 0 <= row < len(self.changes) or self._differences is None:
            return
        change = self.changes[row]
        ids = {which: place_of(change, which)[1] for which in ("base", "other")}
        if change.part in ("node", "link"):
            self._go(change.where, change.there)
            self._reveal(ids["base"], ids["other"])
        elif change.part == "block":
            self._go(change.was, change.now)

    def _go(self, where: str, there: str) -> None:
        """Show graphs of the two drawings by the names of their blocks."""
        for side, name in ((self.base, where), (self.other, there)):
            if side.document is not None and side.where != name:
                side.go(name)

    def _reveal(self, id: str, twin: str) -> None:
        """Bring a node into view in both drawings; where it is in one only, the other shows what it stands beside."""
        found = self._differences
        for side, own, other, across in (
            (self.base, id, twin, self.other),
            (self.other, twin, id, self.base),
        ):
            if own:
                side.canvas.go_to((own,))
            elif across.document is not None and found is not None:
                pairs = found.matches.nodes.get(self.base.where, {})
                twins = {new: old for old, new in pairs.items()} if side is self.base else dict(pairs)
                side.canvas.go_to(near(other, across.document.graph_of(across.where), twins), choose=False)

    def _enter(self, side: DrawingSide, block: str) -> None:
        pairs = dict(self._differences.matches.blocks) if self._differences is not None else {}
        if side is self.other:
            twin = next((old for old, new in pairs.items() if new == block), "")
            self._go(twin or self.base.where, block)
        else:
            self._go(block, pairs.get(block) or self.other.where)

    def _on_picked(self, side: DrawingSide, id: str) -> None:
        """Select the twin in the other drawing, and the line that tells of it."""
        if self._differences is None:
            return
        pairs = dict(self._differences.matches.nodes.get(self.base.where, {}))
        if side is self.other:
            pairs = {new: old for old, new in pairs.items()}
        across = self.base if side is self.other else self.other
        twin = pairs.get(id, "")
        across.canvas.go_to((twin,) if twin else ())
        row = next(
            (
                row
                for row, change in enumerate(self.changes)
                if id and place_of(change, side.which) == (side.where, id)
            ),
            -1,
        )
        self.list.blockSignals(True)
        self.list.setCurrentRow(row)
        self.list.blockSignals(False)

    # ------------------------------------------------------------- room

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Beside each other or one above the other: whichever shows the drawings larger."""
        room = self.both.size()
        bounds = [side.canvas.drawing.bounds() for side in (self.base, self.other)]
        wide = max((rect.width() for rect in bounds), default=0.0) + 64
        high = max((rect.height() for rect in bounds), default=0.0) + 72
        beside = min(room.width() / 2 / wide, (room.height() - 32) / high)
        below = min(room.width() / wide, (room.height() / 2 - 32) / high)
        wanted = Qt.Orientation.Horizontal if beside >= below else Qt.Orientation.Vertical
        if self.both.orientation() != wanted:
            self.both.setOrientation(wanted)
            self.both.setSizes([1000, 1000])
