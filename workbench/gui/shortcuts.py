"""The shortcut sheet: every action and its keys, and what the mouse does.  Imports Qt, the table and widgets."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from workbench.gui.action_table import groups
from workbench.gui.actions import keymap
from workbench.gui.fuzzy import score
from workbench.gui.keys import native
from workbench.gui.widgets.buttons import IconButton
from workbench.gui.widgets.fields import SearchField
from workbench.gui.widgets.labels import Label, SectionHeader
from workbench.gui.widgets.surfaces import surface

EDGE, GAP = 24, 36
LEAST_COLUMN, MOST_COLUMNS = 330, 4
MOUSE = "Mouse on the canvas"
NO_KEYS = "–"
# What the mouse does on the canvas: (gesture, what it does).
GESTURES = (
    ("Double-click", "add a node"),
    ("Drag from a port", "link; let go in the void to choose what fits"),
    ("Drag off an input", "unlink, or link it elsewhere"),
    ("Ctrl + drag a port", "move the end of its link"),
    ("Shift + drag an output", "move all its links"),
    ("Alt + click a port", "remove its links"),
    ("Alt + drag in the void", "cut the links that the stroke crosses"),
    ("Drag a node onto a link", "insert it there"),
    ("Alt + drag a node", "move it without snapping"),
    ("Double-click a link", "add a dot to bend it; Alt + click removes the dot"),
    ("Drag in the void", "select with a box; Shift adds, Ctrl toggles"),
    ("Ctrl + Alt + drag", "select with a lasso"),
    ("Wheel, pinch", "zoom at the pointer"),
    ("Middle button, Space + drag", "move the view"),
    ("Drag the bar of a frame", "move it with what it holds; drag an edge to resize"),
    ("Double-click a frame or note", "type its title or text"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and its lines: (what it does, keys or gesture)."""

    title: str
    lines: tuple[tuple[str, str], ...]


def parts(query: str = "") -> list[Part]:
    """What the sheet shows for what was typed: a name, what it does, keys, or a heading."""
    typed = query.strip()
    found = []
    for title, actions in groups():
        wanted = [
            (
                action.text.rstrip("…"),
                "  or  ".join(native(keys) for keys in keymap.all_of(action.id)) or NO_KEYS,
            )
            for action in actions
            if _fits(typed, action.text, action.tooltip, title, *map(native, keymap.all_of(action.id)))
        ]
        found.append(Part(title, tuple(wanted)))
    gestures = [(_sentence(what), how) for how, what in GESTURES if _fits(typed, what, how, MOUSE)]
    return [part for part in (*found, Part(MOUSE, tuple(gestures))) if part.lines]


def _fits(typed: str, *texts: str) -> bool:
    return not typed or any(typed.lower() in text.lower() for text in texts) or score(typed, texts[0]) > 0


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


class ShortcutSheet(QFrame):
    """A box in the middle of the window; Escape or its button closes it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setProperty("box", "popup")
        self.setAccessibleName("Keyboard shortcuts")
        self._focused: QWidget | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 12, 1, 8)
        column.setSpacing(8)
        top = QHBoxLayout()
        top.setContentsMargins(EDGE, 0, 16, 0)
        top.setSpacing(16)
        top.addWidget(Label("Keyboard shortcuts", "title"))
        top.addStretch(1)
        self.search = SearchField(
            "Search", "Search shortcuts", "Type what you want to do, or keys such as Ctrl+D"
        )
        self.search.setMinimumWidth(240)
        top.addWidget(self.search)
        self.close_button = IconButton("close", "Close the shortcut sheet", "Close (Esc)")
        self.close_button.clicked.connect(self.close_up)
        top.addWidget(self.close_button)
        column.addLayout(top)
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(self.area, 1)
        hint = Label("All keys can be chosen under Settings, Keys.", "small")
        hint.setContentsMargins(EDGE, 0, EDGE, 0)
        column.addWidget(hint)
        self.search.textChanged.connect(self._show)
        self.hide()

    def open(self) -> None:
        """Show the sheet in the middle of the window, with the keys as they are now."""
        window = self._window
        self._focused = window.focusWidget()
        width = min(
            window.width() - 48, 2 * EDGE + MOST_COLUMNS * (LEAST_COLUMN + 20) + (MOST_COLUMNS - 1) * GAP
        )
        self.setFixedSize(width, window.height() - 56)
        self.move((window.width() - width) // 2, 28)
        self.search.clear()
        self._show()
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_up(self) -> None:
        """Hide it and give the keyboard back to where it was."""
        self.hide()
        if self._focused is not None:
            self._focused.setFocus()
            self._focused = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.area.verticalScrollBar()
        page = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}.get(Qt.Key(event.key()), 0)
        line = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if event.key() == Qt.Key.Key_Escape:
            self.close_up()
        elif page or line:
            bar.setValue(bar.value() + page * bar.pageStep() + line * 40)
        else:
            super().keyPressEvent(event)

    def _show(self) -> None:
        body = QWidget()
        surface(body, "panel")
        row = QHBoxLayout(body)
        row.setContentsMargins(EDGE, 4, EDGE, 12)
        row.setSpacing(GAP)
        shown = parts(self.search.text())
        count = max(1, min(MOST_COLUMNS, (self.width() - 2 * EDGE + GAP) // (LEAST_COLUMN + GAP)))
        for column in _spread(shown, count):
            side = QVBoxLayout()
            side.setSpacing(8)
            for part in column:
                side.addWidget(SectionHeader(part.title))
                side.addLayout(_grid(part))
                side.addSpacing(12)
            side.addStretch(1)
            row.addLayout(side, 1)
        if not shown:
            row.addWidget(Label("Nothing has that name or those keys.", "dim"), 1, Qt.AlignmentFlag.AlignTop)
        self.area.setWidget(body)


def _spread(shown: Sequence[Part], count: int) -> list[list[Part]]:
    """The parts in so many columns, in their order, the longest column as short as can be."""
    heights = [len(part.lines) * (3 if part.title == MOUSE else 2) // 2 + 2 for part in shown]
    least, most = max(heights, default=0), sum(heights)
    while least < most:
        middle = (least + most) // 2
        if len(_filled(heights, middle)) <= count:
            most = middle
        else:
            least = middle + 1
    columns = [[shown[index] for index in column] for column in _filled(heights, least)]
    return columns + [[] for _ in range(count - len(columns))]


def _filled(heights: Sequence[int], most: int) -> list[list[int]]:
    columns: list[list[int]] = []
    room = 0
    for index, height in enumerate(heights):
        if not columns or height > room:
            columns.append([])
            room = most
        columns[-1].append(index)
        room -= height
    return columns


def _grid(part: Part) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    middle = Qt.AlignmentFlag.AlignVCenter
    for number, (text, keys) in enumerate(part.lines):
        label = Label(text, wrap=True)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        grid.addWidget(label, number, 0)
        role = "dim" if keys == NO_KEYS else "key"
        grid.addWidget(Label(keys, role), number, 1, Qt.AlignmentFlag.AlignRight | middle)
    return grid
