"""The Qt style sheet, made from a theme's tokens.  May import core and theme.

Widgets ask for a look with the properties `surface` (base, panel, card), `role` (dim, small, section, title ...) and
`kind` (primary, quiet, chip ...); nothing else sets colours except what is painted by hand.
"""

from string import Template

from workbench.core.resources import resource
from workbench.gui.theme import SMALL, TITLE, Theme

_SHEET = """
QToolTip { background: $card; color: $text; border: 1px solid $line; padding: 4px 8px; }
QWidget[surface="base"] { background: $base; }
QWidget[surface="panel"] { background: $panel; }
QWidget[surface="card"] { background: $card; }
QWidget[edge="top"] { border-top: 1px solid $line; }
QWidget[edge="bottom"] { border-bottom: 1px solid $line; }
QWidget[edge="left"] { border-left: 1px solid $line; }
QWidget[edge="right"] { border-right: 1px solid $line; }
QFrame[box="card"] { background: $card; border: 1px solid $line; border-radius: 8px; }
QFrame[box="card"][live="true"]:hover { border-color: $dim; background: $hover; }
QFrame[box="card"][live="true"]:focus { border: 2px solid $accent; }
QFrame[box="popup"] { background: $panel; border: 1px solid $line; border-radius: 8px; }
QFrame[box="line"] { background: $line; border: none; }

QLabel { background: transparent; }
QLabel[role="dim"] { color: $dim; }
QLabel[role="small"] { color: $dim; font-size: ${small}px; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[role="section"] { color: $dim; font-size: ${small}px; letter-spacing: 1px; }
QLabel[role="ok"] { color: $ok; }
QLabel[role="warn"] { color: $warn; }
QLabel[role="err"] { color: $err; }
QLabel[role="key"] { background: $base; border: 1px solid $line; border-radius: 4px; padding: 1px 6px;
  font-size: ${small}px; }

QPushButton { background: $card; color: $text; border: 1px solid $line; border-radius: 6px; padding: 0 12px;
  min-height: 26px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $selection; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $dim; background: $panel; }
QPushButton:checked { background: $selection; border-color: $accent; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { background: $card; color: $dim; border-color: $line; }
QPushButton[kind="danger"] { color: $err; }
QPushButton[kind="quiet"] { background: transparent; border-color: transparent; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:focus { border-color: $accent; }
QPushButton[kind="field"] { background: $base; color: $dim; text-align: left; padding: 0 10px; }
QPushButton[kind="field"]:hover { border-color: $dim; }
QPushButton[kind="field"]:focus { border-color: $accent; }
QPushButton[kind="chip"] { border-radius: 4px; padding: 0 12px; min-height: 24px; color: $dim; background: $card;
  border-color: $line; }
QPushButton[kind="chip"]:hover { color: $text; background: $hover; }
QPushButton[kind="chip"]:focus { border-color: $accent; }
QPushButton[kind="chip"]:checked { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[kind="chip"]:checked:focus { border: 2px solid $text; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 3px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $selection; }
QToolButton:focus { border-color: $accent; }
QToolButton:disabled { color: $dim; }
QToolButton[kind="activity"] { color: $dim; font-size: ${small}px; padding: 6px 0 4px 0; border-radius: 6px; }
QToolButton[kind="activity"]:hover { color: $text; }
QToolButton[kind="activity"]:checked { color: $text; background: $activity; font-weight: 600; }
QToolButton[kind="status"] { color: $dim; font-size: ${small}px; padding: 0 6px; border-radius: 4px; }
QToolButton[kind="status"]:hover { color: $text; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox { background: $field; color: $text;
  border: 1px solid $line; border-radius: 6px; padding: 0 8px; min-height: 26px;
  selection-background-color: $selected_text; selection-color: $text; placeholder-text-color: $dim; }
QPlainTextEdit, QTextEdit { padding: 4px; }
QLineEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QComboBox:hover { border-color: $dim; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {
  border-color: $accent; }
QLineEdit[wrong="true"] { border-color: $err; }
QLineEdit:disabled, QSpinBox:disabled, QComboBox:disabled { color: $dim; background: $panel; }
QLineEdit[kind="palette"] { border: none; border-radius: 8px; background: $panel; min-height: 40px; padding: 0 8px; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button { width: 0; }
QComboBox { padding-right: 20px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url(${glyphs}/glyph-down.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $line; padding: 4px; outline: 0;
  selection-background-color: $selection; selection-color: $text; }
QComboBox QAbstractItemView::item { min-height: 26px; }
QCheckBox { spacing: 8px; min-height: 24px; }
QCheckBox:focus { color: $accent; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid $dim; border-radius: 4px; background: $field; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus { border-color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent;
  image: url(${glyphs}/glyph-check-${name}.svg); }
QSlider::groove:horizontal { height: 4px; background: $line; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: $accent; }
QSlider::handle:horizontal:focus { border: 2px solid $text; }

QAbstractItemView { background: $panel; color: $text; border: none; outline: 0; selection-background-color: $selection;
  selection-color: $text; }
QAbstractItemView::item { min-height: 24px; padding: 0 6px; border: 1px solid transparent; }
QAbstractItemView::item:hover { background: $hover; }
QAbstractItemView::item:selected { background: $selection; color: $text; }
QAbstractItemView::item:focus { border-color: $accent; }
QTableView { gridline-color: transparent; }
QTableView::item { border: none; border-bottom: 1px solid transparent; padding: 0 8px; }
QTableView:focus, QTreeView:focus, QListView:focus { border: 1px solid $accent; }
QTreeView::branch { background: transparent; }
QTreeView::branch:selected { background: $selection; }
QTreeView::branch:has-children:closed { image: url(${glyphs}/glyph-right.svg); }
QTreeView::branch:has-children:open { image: url(${glyphs}/glyph-down.svg); }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: transparent; color: $dim; border: none; border-bottom: 1px solid $line;
  padding: 0 8px; min-height: 28px; font-size: ${small}px; font-weight: normal; }
QHeaderView::section:hover { color: $text; }
QHeaderView::down-arrow { image: url(${glyphs}/glyph-down.svg); width: 10px; height: 10px; }
QHeaderView::up-arrow { image: url(${glyphs}/glyph-up.svg); width: 10px; height: 10px; }
QTableCornerButton::section { background: transparent; border: none; }

QTabWidget::pane { border: none; }
QTabBar { background: $panel; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $dim; border: none; border-bottom: 2px solid transparent;
  padding: 0 14px; min-height: 28px; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { background: $selection; }

QScrollArea { background: transparent; border: none; }
QScrollArea:focus { border: none; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $scroll; border-radius: 4px; margin: 2px; }
QScrollBar::handle:hover { background: $dim; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: transparent;
  border: none; width: 0; height: 0; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QSplitter::handle { background: $line; }
QSplitter::handle:hover { background: $accent; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }

QMenu { background: $panel; border: 1px solid $line; border-radius: 6px; padding: 4px; }
QMenu::item { padding: 0 24px 0 12px; min-height: 26px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $dim; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }
QProgressBar { background: $line; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; color: $text; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QGroupBox { border: none; margin-top: 20px; }
QGroupBox::title { color: $dim; subcontrol-origin: margin; left: 0; }
QDialog { background: $panel; }
"""


def _mixed(front: str, back: str, share: float) -> str:
    pairs = ((int(front[i : i + 2], 16), int(back[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def stylesheet(theme: Theme) -> str:
    """The style sheet of the whole application in one theme."""
    dark = theme.name == "dark"
    names = {
        token: getattr(theme, token)
        for token in (
            "base",
            "panel",
            "card",
            "hover",
            "line",
            "text",
            "dim",
            "accent",
            "on_accent",
            "selection",
        )
    }
    names |= {"ok": theme.ok, "warn": theme.warn, "err": theme.err}
    names["field"] = theme.base
    names["activity"] = theme.card if dark else theme.hover
    names["scroll"] = _mixed(theme.dim, theme.panel, 0.4)
    names["selected_text"] = _mixed(theme.accent, theme.panel, 0.35)
    names["accent_hover"] = _mixed(theme.accent, "#ffffff" if dark else "#000000", 0.88)
    names |= {
        "small": str(SMALL),
        "title": str(TITLE),
        "name": theme.name,
        "glyphs": resource("icons").as_posix(),
    }
    return Template(_SHEET).substitute(names)
