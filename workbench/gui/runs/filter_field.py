"""The field in which a filter of runs is typed: completion as one types, mistakes marked where they stand.

Imports Qt, session, the table's model and jobs' completion.
"""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRect, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCompleter, QListView

from workbench.core import text
from workbench.core.errors import FilterError
from workbench.gui import theme
from workbench.gui.runs.params import params_of
from workbench.gui.runs.table_model import RunsModel
from workbench.gui.session import Session
from workbench.gui.widgets.fields import SearchField
from workbench.jobs.completion import Completion, completions
from workbench.jobs.run_filter import ALIASES, FACTS, has_words

if TYPE_CHECKING:
    pass

PATIENCE_MS: Final = 450
"""How long a filter may be wrong while one types before it is said."""
_MOST_VALUES: Final = 200
_TOOLTIP: Final = (
    "Words, or comparisons such as: accuracy > 0.9 and model ~ resnet and tag = paper and started > 7d ago"
)


class FilterField(SearchField):
    """Filters a table of runs while one types; one that is wrong leaves the table as it is."""

    applied = Signal()
    """The table shows what the filter means."""
    refused = Signal(str)
    """Why the filter cannot be understood; "" where it can."""

    def __init__(self, session: Session, model: RunsModel) -> None:
        super().__init__("Filter: resnet, accuracy > 0.9, tag = paper…", "Filter runs", _TOOLTIP)
        self.params = params_of(session)
        self.trouble: FilterError | None = None
        self._model = model
        self._options: list[Completion] = []
        self._texts = QStringListModel(self)
        self._completer = QCompleter(self._texts, self)
        self._completer.setWidget(self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.popup = QListView()
        self.popup.setAccessibleName("What may come next in the filter")
        self.popup.setToolTip("Arrow keys choose, Enter takes it over")
        self._completer.setPopup(self.popup)
        self._later = QTimer(self, interval=PATIENCE_MS, singleShot=True)
        self._later.timeout.connect(self._say)
        self._completer.activated.connect(self._take)
        self.textChanged.connect(lambda _: self._apply())
        self.textEdited.connect(lambda _: self._suggest())
        self.params.came.connect(self._on_params)
        model.set_params(self.params.values, self.params.names)  # those that another view wanted before

    def look_again(self) -> None:
        """There are other runs, and with them perhaps names that were not known before."""
        if self.trouble is not None:
            self._apply()

    def _apply(self) -> None:
        given = self.text()
        if self._model.wants_params(given) and self._model.total and not self.params.complete:
            self.params.want()  # goes on when they are here
            return
        self.trouble = self._model.set_filter(given)
        if self.trouble is None:
            if has_words(self._model.filter) and self._model.total:
                self.params.want()  # words are looked for in settings, too, as soon as they are here
            self._later.stop()
            self._say()
            self.applied.emit()
        elif not self.property("wrong"):
            self._later.start()
        else:
            self._say()

    def _on_params(self) -> None:
        self._model.set_params(self.params.values, self.params.names)
        self._apply()

    def _say(self) -> None:
        """Mark the place, or take the mark away."""
        wrong = self.trouble is not None
        self.setToolTip(str(self.trouble) if wrong else _TOOLTIP)
        if bool(self.property("wrong")) != wrong:
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)
        self.refused.emit(str(self.trouble) if wrong else "")
        self.update()

    # ------------------------------------------------------------- completion

    def _suggest(self) -> None:
        self._options = completions(self.text(), self.cursorPosition(), self._model.names(), self._values)
        if not self._options:
            self.popup.hide()
            return
        self._texts.setStringList([option.text.strip() for option in self._options])
        at = max(0, round(self._x(self._options[0].start)) - 8)
        self._completer.complete(QRect(at, 0, 280, self.height()))

    def _take(self, chosen: str) -> None:
        option = next((one for one in self._options if one.text.strip() == chosen), None)
        if option is None:
            return
        before, after = self.text()[: option.start], self.text()[option.end :]
        # What follows is typed next: a space, unless a parenthesis waits for its name.
        put = option.text if option.text.endswith(("(", " ")) else f"{option.text} "
        self.setText(before + put + after.lstrip(" "))
        self.setCursorPosition(len(before + put))
        QTimer.singleShot(0, self, self._suggest)

    def _values(self, name: str) -> list[str]:
        """What runs have of a name, the most frequent first."""
        counts: dict[str, int] = {}
        fact = FACTS.get(ALIASES.get(name, name))
        if fact is not None and fact.kind not in ("text", "tags"):
            return []
        if fact is None and not self.params.complete:
            self.params.want()
        for facts in map(self._model.facts, self._model.ids()):
            if facts is None:
                continue
            found = fact.read(facts) if fact is not None else (facts.params.get(name),)
            for value in found:
                if value is not None and value != "":
                    shown = text.value(value)
                    counts[shown] = counts.get(shown, 0) + 1
        return sorted(counts, key=lambda shown: -counts[shown])[:_MOST_VALUES]

    # ------------------------------------------------------------- events

    def _x(self, place: int) -> float:
        """Where a character stands: the cursor's place is known, and how far the two are apart."""
        metrics, given = self.fontMetrics(), self.text()
        cursor = self.cursorRect().center().x()
        return (
            cursor
            + metrics.horizontalAdvance(given[:place])
            - metrics.horizontalAdvance(given[: self.cursorPosition()])
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.popup.isVisible():  # the first puts the list away only
            self.popup.hide()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.trouble is None or not self.property("wrong"):
            return
        painter = QPainter(self)
        painter.setPen(QPen(theme.color("err"), 2))
        first = max(24.0, self._x(self.trouble.at))
        last = min(self.width() - 4.0, max(self._x(self.trouble.end), self._x(self.trouble.at) + 6))
        below = self.height() - 5.0
        if first < last:
            painter.drawLine(QPointF(first, below), QPointF(last, below))
        painter.end()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.popup.hide()
            self._later.stop()
            self._say()
