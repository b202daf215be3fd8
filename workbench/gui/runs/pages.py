"""The pages of a run in detail beside its curves: log, settings, checkpoints.  Imports widgets."""

import html
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui import theme
from workbench.gui.widgets.fields import SearchField
from workbench.gui.widgets.surfaces import EmptyState, surface
from workbench.gui.widgets.table import TextTable
from workbench.jobs.settings import ESTIMATE, best_by
from workbench.store.records import Checkpoint, LogLine, RunRecord

_MOST_LINES: Final = 20_000
_LEVELS: Final = {"warning": "warn", "error": "err"}


class LogPage(QStackedWidget):
    """The run's log; it stays at its end unless one scrolls up."""

    def __init__(self) -> None:
        super().__init__()
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(_MOST_LINES)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.text.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.text.setAccessibleName("Log of the run")
        self.text.setToolTip("What the run said, oldest first")
        font = QFont("monospace")
        font.setStyleHint(QFont.StyleHint.Monospace)
        self.text.setFont(font)
        self._lines: list[LogLine] = []
        self.addWidget(
            EmptyState("log", "The log is empty", "What the run says while it trains stands here.")
        )
        self.addWidget(self.text)
        theme.changed.connect(self._write_again)

    def add(self, lines: Sequence[LogLine]) -> None:
        """The run said more."""
        if lines:
            self._lines.extend(lines)
            del self._lines[:-_MOST_LINES]
            self._write(lines)
            self.setCurrentWidget(self.text)

    def clear(self) -> None:
        """Another run."""
        self._lines.clear()
        self.text.clear()
        self.setCurrentIndex(0)

    def _write_again(self) -> None:
        self.text.clear()
        self._write(self._lines)

    def _write(self, lines: Sequence[LogLine]) -> None:
        dim = theme.color("dim").name()
        for line in lines:
            color = theme.color(_LEVELS.get(line.level, "text")).name()
            body = html.escape(line.text).replace("\n", "<br>").replace("  ", " &nbsp;")
            self.text.appendHtml(
                f'<span style="color:{dim}">{text.clock(line.time)}</span>&nbsp; '
                f'<span style="color:{color}">{body}</span>'
            )


class SettingsPage(QWidget):
    """All settings of the run, one in each row, with a filter."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = SearchField(
            "Filter settings", "Filter settings", "Show settings whose name or value has this"
        )
        self.table = TextTable(
            "Settings of the run", "Every setting of the run as it counted", ("Setting", "Value"), (360, 200)
        )
        self._rows: list[tuple[str, str]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.filter)
        self.filter.setMaximumWidth(360)
        column.addWidget(self.table, 1)
        surface(self, "panel")
        self.filter.textChanged.connect(lambda _: self._show())

    def show_params(self, run: RunRecord, params: Mapping[str, Any]) -> None:
        """The run's own facts first, then its settings."""
        facts: dict[str, Any] = {
            "model": run.model,
            "data": run.dataset,
            "parameters": text.whole(run.parameters),
            "seed": run.seed,
            "device": run.used_device or run.device,
        }
        if run.resumed_from:
            facts["resumed from run"] = run.resumed_from
        facts |= _held_against(run, params)
        own = {name: value for name, value in params.items() if not name.startswith(ESTIMATE)}
        self._rows = [(name, text.value(value)) for name, value in {**facts, **own}.items()]
        self._show()

    def _show(self) -> None:
        words = self.filter.text().lower().split()
        self.table.show_rows(
            [row for row in self._rows if all(word in " ".join(row).lower() for word in words)]
        )


def _held_against(run: RunRecord, params: Mapping[str, Any]) -> dict[str, str]:
    """What was expected of the run when it was queued, beside what it took."""
    expected = params.get(f"{ESTIMATE}seconds")
    if not isinstance(expected, int | float):
        return {}
    from workbench.jobs.estimates import seconds_an_epoch

    took = seconds_an_epoch(run)
    line = f"{text.duration(expected)} expected"
    return {
        "time an epoch": f"{text.duration(took)} ({line})" if took else line,
        "memory": f"{text.size(int(params.get(f'{ESTIMATE}memory', 0)))} expected",
    }


class CheckpointsPage(QStackedWidget):
    """The kept states of the model."""

    def __init__(self) -> None:
        super().__init__()
        self.nothing = EmptyState("save", "", "")
        self.addWidget(self.nothing)
        self.table = TextTable(
            "Checkpoints of the run",
            "States of the model that were kept; files are in the workspace’s files folder",
            ("Kept as", "Epoch", "Step", "Best value", "Size", "File"),
            (90, 80, 90, 170, 90, 300),
        )
        self.addWidget(self.table)

    def show_checkpoints(
        self, run: RunRecord, checkpoints: Sequence[Checkpoint], params: Mapping[str, Any]
    ) -> None:
        """Show these of a run, newest first."""
        figure = text.one_line(best_by(params), 40)
        self.nothing.set_texts(*_why_none(run))
        self.table.show_rows(
            [
                (
                    one.kind,
                    text.whole(one.epoch),
                    text.whole(one.step),
                    text.NONE if one.value != one.value else f"{text.number(one.value)} {figure}".rstrip(),
                    text.size(one.bytes),
                    one.path,
                )
                for one in checkpoints
            ]
        )
        self.setCurrentIndex(1 if checkpoints else 0)


def _why_none(run: RunRecord) -> tuple[str, str]:
    if run.imported:
        return "No checkpoints", "What other programs record of a run holds no weights."
    if run.final:
        return "No checkpoints", "This run ended before it kept one, or they were removed."
    return "No checkpoint yet", "The best and the last state of the model are kept here while it trains."
