"""Parts that several forms share: problems with their fixes, shapes and figures, help, and a scrolling column.

Imports Qt, session and widgets.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from workbench.catalog.problems import Fix, Problem
from workbench.catalog.scope import NodeInfo
from workbench.core.document import INPUT
from workbench.core.text import count
from workbench.gui import theme
from workbench.gui.design.faces import sentence
from workbench.gui.design.style import spec_text
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import Label, SectionHeader
from workbench.gui.widgets.surfaces import clear_layout, hairline, surface

_BESIDE_FIX = 64
"""Room that the box of a problem, the icon of a fix and the edges of its button take."""


class Column(QScrollArea):
    """A column of widgets that scrolls when it is too long and never sideways."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body = QWidget()
        surface(self.body, "panel")
        outer = QVBoxLayout(self.body)  # the stretch, as an alignment would cut texts of several lines
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.rows = QVBoxLayout()
        self.rows.setContentsMargins(12, 12, 12, 12)
        self.rows.setSpacing(8)
        outer.addLayout(self.rows)
        outer.addStretch(1)
        self.setWidget(self.body)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 80)


class Keyed(QWidget):
    """A column that is built anew only when what it shows is something else."""

    def __init__(self) -> None:
        super().__init__()
        self._key: object = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.hide()

    def show_key(self, key: object, build: Callable[[], Sequence[QWidget]]) -> None:
        """Show what `build` makes; it is asked only if `key` differs from the last one."""
        if key == self._key:
            return
        self._key = key
        clear_layout(self._column)
        parts = build()
        for part in parts:
            self._column.addWidget(part)
        self.setVisible(bool(parts))


class ProblemBox(QFrame):
    """One problem in full, with a button for each fix."""

    def __init__(self, problem: Problem, fix: Callable[[Fix], object]) -> None:
        super().__init__()
        self.setProperty("box", "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        role = {"error": "err", "warning": "warn"}.get(problem.severity, "dim")
        inner = problem.path if problem.where and problem.path else ""
        text = sentence(problem.message)
        column.addWidget(Label(f"{inner}: {problem.message}" if inner else text, role, wrap=True))
        self._buttons: list[tuple[Button, str]] = []
        for entry in problem.fixes:
            button = Button(entry.label, f"Mends this: {entry.label}", icon="wand")
            # Long names push nothing aside.
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, entry=entry: fix(entry))
            column.addWidget(button)
            self._buttons.append((button, entry.label))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for button, label in self._buttons:
            room = self.width() - _BESIDE_FIX
            button.setText(button.fontMetrics().elidedText(label, Qt.TextElideMode.ElideMiddle, room))


def help_page(text: str) -> QWidget:
    """A help page, one label a paragraph: docstrings are markdown."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    for paragraph in text.split("\n\n"):
        column.addWidget(_paragraph(paragraph))
    return box


def _paragraph(text: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.MarkdownText)
    label.setText(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setProperty("role", "dim")
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def figures(info: NodeInfo | None) -> list[tuple[str, str]]:
    """Shapes, parameters and multiply-adds of a node, as rows of name and value."""
    if info is None:
        return []
    rows = [(name, spec_text(spec, name)) for name, spec in info.given.items()]
    rows += [(f"→ {name}", spec_text(spec, name, *meaning(info))) for name, spec in info.outputs.items()]
    if info.parameters:
        rows.append(("Parameters", f"{info.parameters:,}"))
    if info.operations:
        rows.append(("Multiply-adds", count(info.operations)))
    return rows


def meaning(info: NodeInfo) -> tuple[str, ...]:
    """What else tells what flows: an input of a block is a port there, of the node's name."""
    return (info.node.id,) if info.node.type == INPUT else ()


def figure_rows(rows: Sequence[tuple[str, str]]) -> QWidget:
    """Rows of a dim name and a value."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.GRID)
    for name, value in rows:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(Label(name, "dim"))
        row.addStretch(1)
        shown = Label(value)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(shown)
        column.addWidget(line)
    return box


def section(title: str) -> QWidget:
    """A header under a hairline."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 4, 0, 0)
    column.setSpacing(8)
    column.addWidget(hairline())
    column.addWidget(SectionHeader(title))
    return box
