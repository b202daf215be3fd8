"""The one table of colours and sizes, for dark and light, and the icons tinted with them.

May import Qt and core.  Widgets that paint by hand ask `current()` each time and repaint on `changed`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton

from workbench.core.resources import resource
from workbench.gui.garbage import widgets

GRID = 4
"""Every margin and gap is a multiple of this many pixels."""
TEXT = 13
SMALL = 12
TITLE = 22
GAP = 4
"""Added to what Qt leaves between a button's icon and its text."""
MODES = ("system", "dark", "light")


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as #rrggbb.  Every text colour reaches 4.5:1 on every surface (tests/gui/test_theme.py)."""

    name: str
    base: str
    panel: str
    card: str
    hover: str
    line: str
    text: str
    dim: str
    accent: str
    on_accent: str
    selection: str
    ok: str
    warn: str
    err: str
    families: Mapping[str, str] = field(default_factory=dict)
    wires: Mapping[str, str] = field(default_factory=dict)
    curves: tuple[str, ...] = ()

    def color(self, token: str) -> QColor:
        """The colour of a token ("dim"), a family ("family:loss"), a wire ("wire:image"), or "#rrggbb"."""
        if token.startswith("#"):
            return QColor(token)
        kind, _, name = token.partition(":")
        if kind == "family":
            return QColor(self.families.get(name, self.families["merge"]))
        if kind == "wire":
            return QColor(self.wires[name])
        return QColor(getattr(self, token))


DARK = Theme(
    name="dark",
    base="#16181d",
    panel="#1c1f26",
    card="#252932",
    hover="#2d323d",
    line="#323743",
    text="#e6e8ec",
    dim="#9aa2b2",
    accent="#5b9dff",
    on_accent="#0b1220",
    selection="#26354f",
    ok="#4cc38a",
    warn="#f2b84b",
    err="#f47c7f",
    families={
        "data": "#5aa9a4",
        "augmentation": "#e0a0bd",
        "layer": "#5b9dff",
        "normalisation": "#9d95ee",
        "activation": "#c58af0",
        "pooling": "#4fb3d9",
        "merge": "#9aa4b2",
        "structure": "#9aa4b2",
        "loss": "#f47c7f",
        "metric": "#f2b84b",
        "probe": "#4cc38a",
        "block": "#7fb2ff",
    },
    wires={"image": "#4fb3d9", "vector": "#5b9dff", "label": "#f2b84b", "edge": "#5aa9a4"},
    curves=("#5b9dff", "#f2b84b", "#4cc38a", "#c58af0", "#f47c7f", "#4fb3d9", "#e0a0bd", "#c9d36a"),
)

LIGHT = Theme(
    name="light",
    base="#f6f7f9",
    panel="#ffffff",
    card="#ffffff",
    hover="#eef1f5",
    line="#d9dde5",
    text="#1b1f27",
    dim="#5b6474",
    accent="#2461d8",
    on_accent="#ffffff",
    selection="#dfe9fd",
    ok="#14713f",
    warn="#825500",
    err="#bd2c33",
    families={
        "data": "#22706b",
        "augmentation": "#a0396d",
        "layer": "#2461d8",
        "normalisation": "#6257c9",
        "activation": "#8a3fc0",
        "pooling": "#186b8d",
        "merge": "#5b6676",
        "structure": "#5b6676",
        "loss": "#bd2c33",
        "metric": "#825500",
        "probe": "#14713f",
        "block": "#1d52bb",
    },
    wires={"image": "#186b8d", "vector": "#2461d8", "label": "#9a6500", "edge": "#22706b"},
    curves=("#2461d8", "#a86c00", "#1b8150", "#8a3fc0", "#bd2c33", "#186b8d", "#a0396d", "#5d6b00"),
)


class Appearance(QObject):
    """Holds which theme is in force and says when that changes."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.mode = "system"
        self.theme = DARK
        self._follows = False

    def apply(self, app: QApplication, mode: str) -> None:
        """Set the look of the whole application; `mode` is one of MODES."""
        if mode not in MODES:
            raise ValueError(f"unknown theme {mode!r}: expected one of {', '.join(MODES)}")
        self.mode = mode
        hints = QGuiApplication.styleHints()
        if not self._follows:
            self._follows = True
            app.setStyle("Fusion")
            hints.colorSchemeChanged.connect(self._on_system_changed)
        if mode == "system":
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(Qt.ColorScheme.Dark if mode == "dark" else Qt.ColorScheme.Light)
        self._show(app)

    def _on_system_changed(self) -> None:
        app = QApplication.instance()
        if self.mode == "system" and isinstance(app, QApplication):
            self._show(app)

    def _show(self, app: QApplication) -> None:
        from workbench.gui.stylesheet import stylesheet

        light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
        theme = LIGHT if self.mode == "light" or (self.mode == "system" and light) else DARK
        if theme is self.theme and app.styleSheet():
            return
        self.theme = theme
        font = app.font()
        font.setPixelSize(TEXT)
        app.setFont(font)
        app.setPalette(palette(theme))
        app.setStyleSheet(stylesheet(theme))
        for widget in widgets():
            if isinstance(widget, QAbstractButton) and widget.property("icon_name"):
                _tint(widget)
        self.changed.emit()


appearance = Appearance()
changed = appearance.changed
"""Emitted after every switch of theme."""


def apply(app: QApplication, mode: str = "system") -> None:
    """Dress the application in "dark", "light", or what the desktop asks for ("system")."""
    appearance.apply(app, mode)


@contextmanager
def undressed(app: QApplication) -> Iterator[None]:
    """For making the first widgets, before there are others: they are dressed once, when they are complete.

    Else Qt goes through all that a widget holds whenever it is put into another, which takes most of the time.
    """
    sheet = app.styleSheet()
    app.setStyleSheet("")
    try:
        yield
    finally:
        app.setStyleSheet(sheet)


def current() -> Theme:
    """The theme in force."""
    return appearance.theme


def color(token: str) -> QColor:
    """A colour of the theme in force, by token, "family:<name>", "wire:<name>" or "#rrggbb"."""
    return appearance.theme.color(token)


def small(font: QFont) -> QFont:
    """The same font in the size of captions and labels inside pictures."""
    made = QFont(font)
    made.setPixelSize(SMALL)
    return made


def family_color(family: str) -> QColor:
    """The colour of a node family; readable as text too."""
    return appearance.theme.color(f"family:{family}")


def curve_color(index: int) -> QColor:
    """The colour of the index-th curve of a plot."""
    curves = appearance.theme.curves
    return QColor(curves[index % len(curves)])


def is_second_round(index: int) -> bool:
    """Whether a colour among the curves was given once before: what can be hollow is, every second time."""
    return index >= 0 and index // len(appearance.theme.curves) % 2 == 1


def palette(theme: Theme) -> QPalette:
    """The QPalette for what the style sheet does not reach (painters, native dialogs)."""
    roles = QPalette.ColorRole
    made = QPalette()
    for role, token in {
        roles.Window: theme.base,
        roles.WindowText: theme.text,
        roles.Base: theme.panel,
        roles.AlternateBase: theme.card,
        roles.Text: theme.text,
        roles.PlaceholderText: theme.dim,
        roles.Button: theme.card,
        roles.ButtonText: theme.text,
        roles.BrightText: theme.text,
        roles.ToolTipBase: theme.card,
        roles.ToolTipText: theme.text,
        roles.Highlight: theme.selection,
        roles.HighlightedText: theme.text,
        roles.Link: theme.accent,
        roles.LinkVisited: theme.accent,
        roles.Light: theme.hover,
        roles.Midlight: theme.line,
        roles.Mid: theme.line,
        roles.Dark: theme.line,
        roles.Shadow: theme.base,
    }.items():
        made.setColor(role, QColor(token))
    for role in (roles.Text, roles.ButtonText, roles.WindowText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.dim))
    return made


@lru_cache(maxsize=256)
def _drawing(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def _rendered(name: str, rgb: str, size: int, ratio: int, gap: int = 0) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", rgb).encode()))
    pixmap = QPixmap(QSize(size + gap, size) * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size * ratio, size * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def pixmap(name: str, token: str = "text", size: int = 16, ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of `size` logical pixels, sharp at the device pixel ratio given."""
    return _rendered(name, color(token).name(), size, max(1, round(ratio + 0.24)))


def icon(name: str, token: str = "text", size: int = 16, gap: int = 0) -> QIcon:
    """`resources/icons/<name>.svg` tinted with a colour of the theme in force, sharp on HiDPI screens.

    `gap` leaves so many pixels free on its right, before a text.
    """
    made = QIcon()
    for ratio in _ratios():
        made.addPixmap(_rendered(name, color(token).name(), size, ratio, gap))
        if token == "on_accent":  # what Qt would grey out by itself cannot be seen on a button that is off
            made.addPixmap(_rendered(name, color("dim").name(), size, ratio, gap), QIcon.Mode.Disabled)
    return made


def _ratios() -> list[int]:
    """Device pixel ratios worth drawing for: those of the screens that are there."""
    return sorted({1, *(ceil(screen.devicePixelRatio()) for screen in QGuiApplication.screens())})


def set_icon(button: QAbstractButton, name: str, token: str = "text", size: int = 16) -> None:
    """Gives a button an icon that follows the theme."""
    button.setProperty("icon_name", name)
    button.setProperty("icon_token", token)
    button.setIconSize(QSize(size + (GAP if isinstance(button, QPushButton) and button.text() else 0), size))
    _tint(button)


def _tint(button: QAbstractButton) -> None:
    size = button.iconSize().height()
    gap = button.iconSize().width() - size
    made = icon(str(button.property("icon_name")), str(button.property("icon_token")), size, gap)
    if (
        button.property("icon_token") == "dim" and button.isCheckable()
    ):  # an activity lights up when it is the one in view
        lit = icon(str(button.property("icon_name")), "text", size)
        for ratio in _ratios():
            made.addPixmap(lit.pixmap(QSize(size, size), ratio), QIcon.Mode.Normal, QIcon.State.On)
    button.setIcon(made)
