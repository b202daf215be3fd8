"""The help page of a node over the right edge of the canvas: F1 opens and closes it, Escape closes it.

Imports Qt, canvas, the page's text and its picture.
"""

import html
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from workbench.catalog.pages import with_types
from workbench.core.document import INPUT
from workbench.gui import theme
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.help_text import HelpPage, Named, Parameter, page_for_node, page_for_type
from workbench.gui.design.panels import Column, figure_rows, section
from workbench.gui.design.schematic import Schematic
from workbench.gui.design.style import spec_text
from workbench.gui.widgets.buttons import IconButton
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.surfaces import clear_layout

WIDTH = 392
_EDGE = 10
_LEAST = 540
"""Over a low canvas the page also covers a part of what is below."""
_STEP = 40
_KEYS = Qt.Key


class HelpPanel(QFrame):
    """Follows the selected node while it is open; a link to another node type leads to the page of that type."""

    def __init__(self, host: QWidget, canvas: Canvas, add: Callable[[str], object]) -> None:
        super().__init__(host)
        self._host, self._canvas, self._add = host, canvas, add
        self.page: HelpPage | None = None
        self._past: list[str] = []  # types whose pages led here, after that of the node
        self.setProperty("box", "popup")
        self.setAccessibleName("Help on the node")
        self.title = ElidedLabel("", "strong")
        self.line = ElidedLabel("", "small")
        self.back = IconButton("back", "Back", "Back to the page before (Backspace)")
        self.add = IconButton("plus", "Add to the drawing", "Put a node of this type on the canvas")
        self.close_button = IconButton("close", "Close", "Close the help (Escape)")
        self.column = Column("Help page")
        self.column.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.column.setToolTip("Up, Down and Page keys scroll; Escape closes")
        self._lay_out()
        self.hide()
        self.back.clicked.connect(self.go_back)
        self.add.clicked.connect(self._on_add)
        self.close_button.clicked.connect(self.leave)
        self.column.installEventFilter(self)
        canvas.installEventFilter(self)
        canvas.drawing.selection_changed.connect(self._on_selection)
        canvas.place_changed.connect(self._on_selection)
        canvas.session.analysed.connect(self._on_analysed)
        canvas.session.model_opened.connect(self.hide)
        theme.changed.connect(self._restyle)

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.line)
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 8, 4)
        head.setSpacing(2)
        head.addWidget(self.back)
        head.addLayout(words, 1)
        head.addWidget(self.add)
        head.addWidget(self.close_button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 8)
        outer.setSpacing(0)
        outer.addLayout(head)
        outer.addWidget(self.column, 1)

    # ------------------------------------------------------------- opening and closing

    def toggle(self) -> None:
        """Open the page of the selected node, or close it."""
        if self.isVisible():
            self.leave()
            return
        if len(self._canvas.drawing.selection) != 1:
            self._canvas.tell("Select the one node that you want to know about.")
            return
        self._past.clear()
        self._show_node()
        self.place()
        self.show()
        self.raise_()
        self.column.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_type(self, name: str) -> None:
        """Show the page of a node type; Back leads to the one that was shown."""
        self._past.append(name)
        self._show(page_for_type(name))
        self.column.setFocus(Qt.FocusReason.OtherFocusReason)

    def go_back(self) -> None:
        """The page before, at last that of the selected node."""
        if self._past:
            self._past.pop()
        if self._past:
            self._show(page_for_type(self._past[-1]))
        else:
            self._show_node()
        self.column.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        """Close and give the keyboard back to the canvas."""
        self.hide()
        self._canvas.setFocus()

    def place(self) -> None:
        """Stand over the right edge of the canvas."""
        canvas = self._canvas
        corner = canvas.mapTo(self._host, canvas.rect().topRight())
        width = min(WIDTH, canvas.width() - 2 * _EDGE)
        room = self._host.height() - corner.y() - 2 * _EDGE
        height = min(room, max(_LEAST, canvas.height() - 2 * _EDGE))
        self.setGeometry(corner.x() - width - _EDGE, corner.y() + _EDGE, width, height)

    # ------------------------------------------------------------- following

    def _on_selection(self) -> None:
        if self.isVisible() and len(self._canvas.drawing.selection) == 1:
            self._past.clear()
            self._show_node()

    def _on_analysed(self) -> None:
        if self.isVisible() and not self._past:
            self._show_node()

    def _show_node(self) -> None:
        know, selection = self._canvas.drawing.know, self._canvas.drawing.selection
        if know is None or not selection:
            self.hide()
            return
        self._show(page_for_node(know, selection[0]))

    def _restyle(self) -> None:
        """Links have their colour in their text."""
        page, self.page = self.page, None
        if page is not None:
            self._show(page)

    def _on_add(self) -> None:
        if self.page is not None and self.page.type:
            self._add(self.page.type)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._canvas and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            if self.isVisible():
                self.place()
        elif watched is self.column and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._scroll(event)
        return False

    def _scroll(self, event: QKeyEvent) -> bool:
        """Scrolls by keys; the rest is the panel's."""
        bar, key = self.column.verticalScrollBar(), _KEYS(event.key())
        steps = {
            _KEYS.Key_Up: -_STEP,
            _KEYS.Key_Down: _STEP,
            _KEYS.Key_PageUp: -bar.pageStep(),
            _KEYS.Key_PageDown: bar.pageStep(),
            _KEYS.Key_Space: bar.pageStep(),
            _KEYS.Key_Home: -bar.maximum(),
            _KEYS.Key_End: bar.maximum(),
        }
        if key not in steps:
            return False
        bar.setValue(bar.value() + steps[key])
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (_KEYS.Key_Escape, _KEYS.Key_F1):
            self.leave()
        elif key == _KEYS.Key_Backspace and self._past:
            self.go_back()
        event.accept()  # nothing of what is typed here is for the canvas

    # ------------------------------------------------------------- the page

    def _show(self, page: HelpPage) -> None:
        self.back.setVisible(bool(self._past))
        self.add.setVisible(bool(page.type) and not page.node)
        if page == self.page:
            return
        same = self.page is not None and (self.page.type, self.page.node) == (page.type, page.node)
        self.page = page
        self.title.setText(page.title)
        self.line.setText(page.line)
        clear_layout(self.column.rows)
        for part in self._parts(page):
            self.column.rows.addWidget(part)
            part.show()
        if not same:
            self.column.verticalScrollBar().setValue(0)

    def _parts(self, page: HelpPage) -> list[QWidget]:
        parts: list[QWidget] = []
        if page.inputs or page.outputs:
            said = f"{_listed(page.inputs)} → {_listed(page.outputs)}"
            parts.append(Schematic(page.type, page.family, page.inputs, page.outputs, said))
        parts.append(_text(html.escape(page.about), "", self.open_type))
        for name, text in page.sections.items():
            parts += [section(name), _section(name, text, self.open_type)]
            if name == "Shapes" and page.node:
                parts.append(_here(page))
        if not page.sections and page.node and (page.inputs or page.outputs or page.figures):
            parts += [section("Shapes"), _here(page)]
        for title in dict.fromkeys(entry.section for entry in page.parameters):
            rows = [entry for entry in page.parameters if entry.section == title]
            parts += [section(title or "Fields"), _table(rows)]
        return parts


def _section(name: str, text: str, follow: Callable[[str], object]) -> QWidget:
    if name == "Formula":
        label = _text(html.escape(text), "", follow)
        label.setProperty("kind", "formula")
        return label
    if name != "Alternatives":
        return _text(html.escape(text), "dim", follow)
    pieces = [
        f'<a href="{type}" style="color:{theme.color("accent").name()}">{piece}</a>'
        if type
        else html.escape(piece)
        for piece, type in with_types(text)
    ]
    return _text("".join(pieces), "dim", follow)


def _text(markup: str, role: str, follow: Callable[[str], object]) -> QLabel:
    label = QLabel(markup)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    flags = Qt.TextInteractionFlag.TextSelectableByMouse
    if "<a " in markup:
        flags |= (
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        label.setToolTip("Opens the page of that node type")
        label.setAccessibleName("Node types to take instead")
    label.setTextInteractionFlags(flags)
    label.linkActivated.connect(lambda name: follow(str(name)))
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    if role:
        label.setProperty("role", role)
    return label


def _here(page: HelpPage) -> QWidget:
    """The shapes and sizes of this very node."""
    rows = [(name, spec_text(spec, name) if spec else "not known yet") for name, spec in page.inputs]
    named = (page.node,) if page.type == INPUT else ()
    rows += [
        (f"→ {name}", spec_text(spec, name, *named) if spec else "not known yet")
        for name, spec in page.outputs
    ]
    return figure_rows([*rows, *page.figures])


def _table(parameters: Sequence[Parameter]) -> QWidget:
    """Name and value of each field, and under them what it does."""
    box = QWidget()
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(2)
    grid.setColumnStretch(1, 1)
    for index, entry in enumerate(parameters):
        name = Label(entry.name, "strong")
        same = entry.value == entry.default or not entry.default
        value = ElidedLabel(entry.value if same else f"{entry.value}  (starts as {entry.default})")
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(name, 2 * index, 0)
        grid.addWidget(value, 2 * index, 1)
        help = Label(entry.help, "dim", wrap=True)
        help.setContentsMargins(0, 0, 0, 8)
        help.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        grid.addWidget(help, 2 * index + 1, 0, 1, 2)
    return box


def _listed(ports: Sequence[Named]) -> str:
    return ", ".join(f"{name} {spec_text(spec, name)}" if spec else name for name, spec in ports) or "nothing"
