"""Recorded texts, and translations beside their references.  Imports Qt, records and theme."""

import html
import json
from collections import Counter
from collections.abc import Sequence
from typing import Final

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QPlainTextEdit, QTextBrowser

from workbench.core.text import one_line
from workbench.gui import theme
from workbench.store.records import Media

_MOST_PAIRS: Final = 64
_LONGEST: Final = 2000


class TextView(QPlainTextEdit):
    """A recorded text, in a font of even width."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setAccessibleName(name)
        self.setToolTip(name)
        font = QFont("monospace")
        font.setStyleHint(QFont.StyleHint.Monospace)
        font.setPixelSize(theme.SMALL)
        self.setFont(font)

    def show_media(self, history: Sequence[Media]) -> str:
        """Show what was recorded last."""
        self.setPlainText(history[-1].data.decode("utf-8", "replace"))
        return ""


class TranslationsView(QTextBrowser):
    """Sentences, their references and what the model wrote; words that the reference lacks stand out."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(
            "Below each sentence its reference, then what the model writes; other words are coloured"
        )
        self.setOpenLinks(False)
        self._data = b""
        theme.changed.connect(self._write)

    def show_media(self, history: Sequence[Media]) -> str:
        """Show what was recorded last."""
        self._data = history[-1].data
        self._write()
        return ""

    def _write(self) -> None:
        place = self.verticalScrollBar().value()
        self.setHtml("".join(map(_pair_html, _pairs(self._data))) or "These translations are damaged")
        self.verticalScrollBar().setValue(place)


def _pairs(data: bytes) -> list[tuple[str, str, str]]:
    """Source, reference and what was written of each pair; nothing where it is damaged."""
    try:
        pairs = json.loads(data)["pairs"][:_MOST_PAIRS]
        return [
            (
                one_line(str(pair["source"]), _LONGEST),
                one_line(str(pair["reference"]), _LONGEST),
                one_line(str(pair["written"]), _LONGEST),
            )
            for pair in pairs
        ]
    except (ValueError, TypeError, KeyError):
        return []


def _pair_html(pair: tuple[str, str, str]) -> str:
    dim, warn = theme.color("dim").name(), theme.color("warn").name()
    source, reference, written = pair
    left = Counter(reference.split())
    words = []
    for word in written.split():
        known = left[word] > 0
        left[word] -= 1
        shown = html.escape(word)
        words.append(shown if known else f'<span style="color:{warn}">{shown}</span>')
    size = f"font-size:{theme.SMALL}px"
    return (
        f'<p style="margin:0 0 10px 0"><span style="color:{dim};{size}">{html.escape(source)}</span><br>'
        f'<span style="color:{dim}">{html.escape(reference)}</span><br>{" ".join(words) or "…"}</p>'
    )
