"""Colours that can be read, icons that are there and take their colour, switching while windows are open."""

import re
from itertools import product

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QScreen
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench.catalog.spec import FAMILIES
from workbench.core.resources import resource
from workbench.gui import theme
from workbench.gui.action_table import ACTIONS
from workbench.gui.stylesheet import stylesheet
from workbench.gui.widgets.fields import TextArea
from workbench.gui.widgets.labels import STATE_TOKENS
from workbench.store.records import STATES

SURFACES = ("base", "panel", "card", "hover", "selection")
TEXTS = ("text", "dim", "accent", "ok", "warn", "err")
THEMES = pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT], ids=lambda look: look.name)


def luminance(color: QColor) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(QColor(one)), luminance(QColor(other))))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@THEMES
def test_every_text_can_be_read_on_every_surface(look: theme.Theme) -> None:
    weak = [
        f"{text} on {surface}: {ratio:.2f}"
        for text, surface in product(TEXTS, SURFACES)
        if (ratio := contrast(getattr(look, text), getattr(look, surface))) < 4.5
    ]
    assert not weak
    assert contrast(look.on_accent, look.accent) >= 4.5


@THEMES
def test_families_can_be_read_as_text(look: theme.Theme) -> None:
    weak = [
        f"{family} on {surface}: {ratio:.2f}"
        for (family, color), surface in product(look.families.items(), ("base", "panel", "card", "hover"))
        if (ratio := contrast(color, getattr(look, surface))) < 4.5
    ]
    assert not weak


@THEMES
def test_wires_and_curves_can_be_seen(look: theme.Theme) -> None:
    for color in (*look.wires.values(), *look.curves):
        assert contrast(color, look.base) >= 3 and contrast(color, look.panel) >= 3
    assert len(set(look.curves)) == len(look.curves)


@THEMES
def test_every_family_and_state_has_its_colour(look: theme.Theme) -> None:
    assert set(FAMILIES) <= set(look.families)
    assert set(STATE_TOKENS) == set(STATES)
    for token in STATE_TOKENS.values():
        assert look.color(token).isValid()


@THEMES
def test_the_style_sheet_has_no_hole_and_no_gradient(look: theme.Theme) -> None:
    sheet = stylesheet(look)
    assert "$" not in sheet and "gradient" not in sheet
    for path in re.findall(r"url\(([^)]*)\)", sheet):
        assert resource("icons").joinpath(path.rsplit("/", 1)[1]).is_file(), path


def test_every_icon_is_one_colour_of_ours() -> None:
    drawings = sorted(resource("icons").glob("*.svg"))
    assert len(drawings) > 40
    for drawing in drawings:
        text = drawing.read_text(encoding="utf-8")
        assert drawing.name.startswith("glyph-") or "currentColor" in text, drawing.name


def test_every_action_has_its_icon() -> None:
    missing = [action.id for action in ACTIONS if not resource("icons", f"{action.icon}.svg").is_file()]
    assert not missing


def test_icons_take_their_colour_and_are_sharp(qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    pixmap = theme.pixmap("stop", "err", 16, 2.0)
    assert pixmap.width() == 32 and pixmap.devicePixelRatio() == 2
    assert pixmap.toImage().pixelColor(16, 16).name() == theme.DARK.err


def test_icons_are_drawn_for_the_screens_that_are_there(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [size.width() for size in theme.icon("stop", "accent", 16).availableSizes()] == [16]
    monkeypatch.setattr(QScreen, "devicePixelRatio", lambda _: 1.75)
    assert max(size.width() for size in theme.icon("stop", "accent", 16).availableSizes()) == 32


def test_switching_reaches_what_is_open(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    button = QPushButton()
    qtbot.addWidget(button)
    theme.set_icon(button, "stop", "accent")
    told: list[str] = []
    theme.changed.connect(lambda: told.append(theme.current().name))
    theme.apply(qapp, "light")
    assert told == ["light"]
    assert qapp.palette().window().color().name() == theme.LIGHT.base
    middle = button.icon().pixmap(16, 16).toImage().pixelColor(8, 8)
    assert middle.name() == theme.LIGHT.accent
    theme.apply(qapp, "light")
    assert told == ["light"]


def test_the_system_theme_is_followed(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    theme.apply(qapp, "system")
    hints = type(QGuiApplication.styleHints())
    for scheme, look in ((Qt.ColorScheme.Light, theme.LIGHT), (Qt.ColorScheme.Dark, theme.DARK)):
        monkeypatch.setattr(hints, "colorScheme", lambda _, scheme=scheme: scheme)
        QGuiApplication.styleHints().colorSchemeChanged.emit(scheme)
        assert theme.current() is look
    theme.apply(qapp, "light")
    QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.current() is theme.LIGHT
    theme.apply(qapp, "dark")


def test_an_unknown_theme_is_refused(qapp: QApplication) -> None:
    with pytest.raises(ValueError, match="system, dark, light"):
        theme.apply(qapp, "sepia")


def test_a_field_of_lines_keeps_them_in_another_theme(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    page = QWidget()
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    column.addWidget(field := TextArea("About", "What it is for", "", 3))
    page.show()
    page.resize(200, 20)
    high = field.height()
    theme.apply(qapp, "light")
    theme.apply(qapp, "dark")
    QApplication.processEvents()
    assert field.minimumHeight() == field.height() == high
