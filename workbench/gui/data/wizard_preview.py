"""The wizard's preview: the first items, figures, and what was noticed, or why it cannot be read.  Imports widgets."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.gui import theme
from workbench.gui.data.charts import Figures
from workbench.gui.data.items import ItemsGrid
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import Label, SectionHeader
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import EmptyState, scrolled, surface

MOST_PROBLEMS: Final = 1_000
_ROW: Final = 26
_ROWS: Final = 4
_OFFERS: Final = 6
_BOTH: Final = 760
"""Pixels in which items and figures have room beside one another."""


class ErrorBox(QFrame):
    """Why the files cannot be read as they should be, and what to do about it."""

    again = Signal()
    instead = Signal(list)
    """Paths that a person wants to be looked at instead."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("box", "card")
        self.offers: list[Button] = []
        self._picture = QLabel()
        self.reason = Label("", wrap=True)
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hint = Label("", "dim", wrap=True)
        self.button = Button("Try again", "Read the files once more", icon="refresh")
        words = self._words = QVBoxLayout()
        words.setSpacing(6)
        words.addWidget(self.reason)
        words.addWidget(self.hint)
        words.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 12, 12, 12)
        row.setSpacing(10)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.button.clicked.connect(self.again)
        theme.changed.connect(self._tint)
        self._tint()

    def say(self, reason: str, hint: str) -> None:
        """Show a reason."""
        self.reason.setText(reason)
        self.hint.setText(hint)

    def offer(self, paths: Sequence[Path]) -> None:
        """Paths that could be meant, a button each, and one for all of them."""
        for button in self.offers:
            button.hide()
            button.deleteLater()
        some = [(path.name[:60], [path]) for path in paths[:_OFFERS]]
        if len(paths) > 1:
            some.append((f"All {len(paths)}, one after another", list(paths)))
        self.offers = []
        for name, meant in some:
            button = Button(name, "Look at this instead")
            button.clicked.connect(partial(self.instead.emit, meant))
            self._words.insertWidget(2 + len(self.offers), button, 0, Qt.AlignmentFlag.AlignLeft)
            self.offers.append(button)

    def _tint(self) -> None:
        self._picture.setPixmap(theme.pixmap("error", "err", 18, self.devicePixelRatioF()))


class ProblemList(QWidget):
    """What was left out or changed, a sentence a row; a row that does not fit is its own tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self._header = SectionHeader("Noticed")
        self.list = ProblemView()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        column.addWidget(self._header)
        column.addWidget(self.list)
        self.hide()

    def show_problems(self, problems: Sequence[str]) -> None:
        """Show these; of very many the first ones and how many more there are."""
        shown = [text.one_line(problem) for problem in problems[:MOST_PROBLEMS]]
        if len(problems) > MOST_PROBLEMS:
            shown.append(f"… and {len(problems) - MOST_PROBLEMS:,} more.")
        self.list.lines.setStringList(shown)
        self._header.set_text(f"Noticed · {len(problems):,}")
        self.list.setFixedHeight(min(len(shown), _ROWS) * _ROW + 4)
        self.setVisible(bool(problems))


class ProblemView(QListView):
    """The rows of a list of problems."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = Lines(self)
        self.setModel(self.lines)
        self.setAccessibleName("What was noticed")
        self.setToolTip("What was left out or changed while reading, with the file or row")
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)


class Lines(QStringListModel):
    """Texts that are their own tooltips."""

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.ToolTipRole:
            return super().data(index, Qt.ItemDataRole.DisplayRole)
        return super().data(index, role)


class PreviewPane(QWidget):
    """What would be added."""

    again = Signal()

    def __init__(self) -> None:
        super().__init__()
        surface(self, "base")
        self.error = ErrorBox()
        self.problems = ProblemList()
        self.items = ItemsGrid(self)
        self.figures = Figures()
        self._waiting = EmptyState("data", "Looking at the files", "The first items appear here in a moment.")
        self._side_by_side()
        self._shown = QWidget()
        below = QVBoxLayout(self._shown)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addLayout(self._head())
        below.addWidget(self.splitter, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._waiting)
        self._stack.addWidget(self._shown)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        self._above = QWidget()
        boxed = QVBoxLayout(self._above)
        boxed.setContentsMargins(12, 12, 12, 0)
        boxed.addWidget(self.error)
        self._above.hide()
        whole.addWidget(self._above)
        whole.addWidget(self.problems)
        whole.addWidget(self._stack, 1)
        self.error.again.connect(self.again)
        self._arrange()

    def _side_by_side(self) -> None:
        page = QWidget()
        surface(page, "panel")
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 10, 12, 12)
        column.addWidget(self.figures)
        column.addStretch(1)
        scroll = scrolled(page)
        scroll.setMinimumWidth(250)
        self._beside = scroll
        self._left = QWidget()
        inside = QVBoxLayout(self._left)
        inside.setContentsMargins(12, 0, 4, 8)
        inside.addWidget(self.items)
        self.splitter = Splitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self._left)
        self.splitter.addWidget(scroll)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([640, 270])

    def _head(self) -> QHBoxLayout:
        self.summary = SectionHeader("First items")
        self.turn = Button(
            "Figures", "Show figures instead of the items, and back", kind="quiet", icon="runs"
        )
        self.turn.setCheckable(True)
        self.turn.toggled.connect(lambda _: self._arrange())
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 6)
        row.addWidget(self.summary, 1)
        row.addWidget(self.turn)
        return row

    def _arrange(self) -> None:
        """Items and figures beside one another, or where there is no room for both one of them."""
        narrow = self.width() < _BOTH
        figures = narrow and self.turn.isChecked()
        self.turn.setVisible(narrow)
        self._beside.setVisible(figures or not narrow)
        self._left.setVisible(not figures)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def wait(self) -> None:
        """Nothing is known yet."""
        self.forget_error()
        self.problems.hide()
        self._waiting.set_texts("Looking at the files", "The first items appear here in a moment.")
        self._stack.setCurrentWidget(self._waiting)

    def show_answer(self, answer: Mapping[str, Any]) -> None:
        """What the readers' process said."""
        self.forget_error()
        self.problems.show_problems([str(problem) for problem in answer.get("problems", ())])
        items = answer.get("items", ())
        self.items.show_items(items)
        self.figures.show_figures(answer.get("figures", ()))
        self.summary.set_text(f"First {len(items):,} items" if len(items) != 1 else "First item")
        self._stack.setCurrentWidget(self._shown)

    def forget_error(self) -> None:
        """What was wrong is so no longer."""
        self._above.hide()

    def show_error(self, reason: str, hint: str, known: Mapping[str, Any]) -> None:
        """Why there is nothing to show."""
        self.error.say(reason, hint)
        self.error.offer([Path(path) for path in dict(known.get("choices") or {}).get("inside", ())])
        self._above.show()
        self.problems.show_problems([str(problem) for problem in known.get("problems", ())])
        self._waiting.set_texts(
            "Nothing to show", "As soon as the files can be read, their first items stand here."
        )
        self._stack.setCurrentWidget(self._waiting)
