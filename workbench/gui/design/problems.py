"""The list of problems by severity: a click leads to the node, a button applies a fix.  Imports Qt and catalog."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from workbench.catalog.check import Analysis
from workbench.catalog.problems import SEVERITIES, Fix, Problem
from workbench.core.document import Document
from workbench.core.text import count, plural
from workbench.gui import theme
from workbench.gui.design.panels import Column, Keyed
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import Label, SectionHeader

MOST = 200
READY = "No problems: ready to train"
_SIGNS = {
    "error": ("error", "err"),
    "warning": ("warning", "warn"),
    "hint": ("info", "accent"),
    "ok": ("check", "ok"),
}


class ProblemRow(QFrame):
    """One problem: its sign, its place and message, and a button for each fix."""

    activated = Signal()

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.setProperty("box", "row")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{problem.severity}: {problem}")
        self.setToolTip(f"{problem}\nClick to go there")
        self.setMinimumHeight(30)
        self.problem = problem
        self.buttons: list[Button] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 4, 2)
        row.setSpacing(8)
        row.addWidget(sign(problem.severity), 0, Qt.AlignmentFlag.AlignVCenter)
        text = Label(str(problem), wrap=True)
        text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.addWidget(text, 1)

    def add_fix(self, fix: Fix) -> Button:
        """A button that mends it."""
        button = Button(fix.label, f"Mends this: {fix.label}", icon="wand")
        self.buttons.append(button)
        layout = self.layout()
        if layout is not None:
            layout.addWidget(button)
        return button

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.activated.emit()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.activated.emit()


def counted(analysis: Analysis) -> int:
    """How many problems ask for attention; a hint does not."""
    return sum(problem.severity != "hint" for problem in analysis.problems)


class ProblemsPanel(Column):
    """All problems by severity; without errors, what the model comes to."""

    chosen = Signal(object)
    mended = Signal(object)

    def __init__(self) -> None:
        super().__init__("Problems")
        self.rows.setContentsMargins(8, 8, 8, 8)
        self.rows.setSpacing(2)
        self._list = Keyed()
        self.rows.addWidget(self._list)
        self.shown: list[ProblemRow] = []
        theme.changed.connect(self._repaint)
        self._last: tuple[Document, Analysis] | None = None

    def show_analysis(self, document: Document, analysis: Analysis) -> None:
        """Show what the check found."""
        self._last = (document, analysis)
        totals = (len(document.graph.nodes), analysis.parameters, analysis.operations)
        key = (theme.current().name, analysis.problems, totals if analysis.ok else None)
        self._list.show_key(key, lambda: self._build(document, analysis))

    def _repaint(self) -> None:
        if self._last is not None:
            self.show_analysis(*self._last)

    def _build(self, document: Document, analysis: Analysis) -> list[QWidget]:
        self.shown = []
        made: list[QWidget] = []
        groups = {level: [one for one in analysis.problems if one.severity == level] for level in SEVERITIES}
        for level, found in groups.items():
            room = MOST - len(self.shown)
            if found and room > 0:
                made.append(_header(level, len(found)))
                made += [self._row(problem) for problem in found[:room]]
        if len(analysis.problems) > MOST:
            made.append(Label(f"… and {len(analysis.problems) - MOST:,} more.", "dim"))
        if analysis.ok and document.graph.nodes:
            made.insert(0, _totals(document, analysis))
        return made

    def _row(self, problem: Problem) -> ProblemRow:
        row = ProblemRow(problem)
        row.activated.connect(lambda: self.chosen.emit(problem))
        for fix in problem.fixes:
            row.add_fix(fix).clicked.connect(lambda _=False, fix=fix: self.mended.emit(fix))
        self.shown.append(row)
        return row


def _header(level: str, number: int) -> QWidget:
    header = SectionHeader(plural(number, level))
    header.setContentsMargins(8, 6, 0, 0)
    return header


def _totals(document: Document, analysis: Analysis) -> QFrame:
    frame = QFrame()
    row = QHBoxLayout(frame)
    row.setContentsMargins(8, 4, 4, 4)
    row.setSpacing(8)
    row.addWidget(sign("ok"))
    ready = READY if not counted(analysis) else "Ready to train"
    ready = "Everything fits; a dataset is still to be chosen" if analysis.unchosen else ready
    text = Label(
        f"{ready} · {plural(len(document.graph.nodes), 'node')} · {count(analysis.parameters)} parameters · "
        f"{count(analysis.operations)} multiply-adds · {count(4 * analysis.parameters)}B of weights",
        wrap=True,
    )
    row.addWidget(text, 1)
    return frame


def sign(severity: str) -> QLabel:
    """The sign of an error, a warning, a hint, or that all is well."""
    icon, token = _SIGNS[severity]
    label = QLabel()
    label.setPixmap(theme.pixmap(icon, token, 16, label.devicePixelRatioF()))
    label.setFixedSize(16, 16)
    label.setAccessibleName(severity)
    return label
