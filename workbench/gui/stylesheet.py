"""Fills resources/themes/window.qss with a theme's tokens.  May import core and theme.

Widgets ask for a look with the properties `surface` (base, panel, card), `role` (dim, small, section, title)
and `kind` (primary, quiet, chip); nothing else sets colours except what is painted by hand.
"""

from dataclasses import fields
from string import Template

from workbench.core.resources import resource
from workbench.gui.theme import SMALL, TITLE, Theme


def _mixed(front: str, back: str, share: float) -> str:
    pairs = ((int(front[i : i + 2], 16), int(back[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def stylesheet(theme: Theme) -> str:
    """The style sheet of the whole application in one theme."""
    dark = theme.name == "dark"
    names = {item.name: getattr(theme, item.name) for item in fields(theme) if item.type is str}
    names["field"] = theme.base
    names["activity"] = theme.card if dark else theme.hover
    names["scroll"] = _mixed(theme.dim, theme.panel, 0.4)
    names["selected_text"] = _mixed(theme.accent, theme.panel, 0.35)
    names["accent_hover"] = _mixed(theme.accent, "#ffffff" if dark else "#000000", 0.88)
    names |= {"small": str(SMALL), "title": str(TITLE), "glyphs": resource("icons").as_posix()}
    return Template(resource("themes", "window.qss").read_text(encoding="utf-8")).substitute(names)
