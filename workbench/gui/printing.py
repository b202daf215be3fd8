"""`python -m workbench.gui.printing PAGE PDF`: prints a page of HTML that Workbench wrote, its pictures as drawings.

Imports Qt only.
"""

import base64
import re
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from PySide6.QtCore import QMarginsF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QFont,
    QGuiApplication,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPyTextObject,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtSvg import QSvgRenderer

_PICTURE: Final = int(QTextFormat.ObjectTypes.UserObject.value) + 1
_SOURCE: Final = int(QTextFormat.Property.UserProperty.value) + 1
_PREFIX: Final = "data:image/svg+xml;base64,"
_MARGIN_MM: Final = 14.0
_INCH: Final = 96.0
_DPI: Final = 300
_FOOT: Final = 28.0
_STYLE: Final = (
    "p{white-space:pre-wrap}table{margin-bottom:10px}"
    "h1{font-size:17pt}h2{font-size:12pt;margin-top:14pt}td,th{padding:2px 28px 2px 0;white-space:pre-wrap;"
    "text-align:left;border-bottom:1px solid #c5ccd8}"
)
_OWN_STYLE: Final = re.compile("<style>.*?</style>", re.DOTALL)
"""That of a page in a browser, which counts in dots of a screen."""
_PICTURES: Final = re.compile("<img [^>]*>")
"""Each in a paragraph of its own: else Qt puts them into the heading above."""
_REPLACED: Final = "\ufffc"


class Pictures(QPyTextObject):
    """Draws the pictures of a page, each as wide as it says, or as the page is."""

    def __init__(self, room: QSizeF) -> None:
        """`room` is that of a page, in dots of the printer."""
        super().__init__()
        self._room = room
        self._drawn: dict[str, QSvgRenderer] = {}

    def picture(self, source: str) -> QSvgRenderer:
        """The picture of an address that holds it."""
        if source not in self._drawn:
            self._drawn[source] = QSvgRenderer(base64.b64decode(source.removeprefix(_PREFIX)))
        return self._drawn[source]

    def intrinsicSize(self, _doc: QTextDocument, _at: int, format: QTextFormat) -> QSizeF:  # noqa: N802 - Qt's name
        size = QSizeF(self.picture(str(format.property(_SOURCE))).defaultSize()) * (_DPI / _INCH)
        if size.isEmpty():
            return size
        return size * min(1.0, self._room.width() / size.width(), 0.9 * self._room.height() / size.height())

    def drawObject(  # noqa: N802 - Qt's name
        self, painter: QPainter, rect: QRectF | QRect, _doc: QTextDocument, _at: int, format: QTextFormat
    ) -> None:
        self.picture(str(format.property(_SOURCE))).render(painter, QRectF(rect))


def print_page(page: str, file: Path) -> None:
    """Prints the page, on as many sheets as it needs."""
    writer = QPdfWriter(str(file))
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    landscape = QPageLayout.Orientation.Landscape
    writer.setPageLayout(
        QPageLayout(QPageSize(QPageSize.PageSizeId.A4), landscape, margins, QPageLayout.Unit.Millimeter)
    )
    writer.setResolution(_DPI)
    foot = _FOOT * _DPI / _INCH
    room = QSizeF(writer.width(), writer.height() - foot)
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(QFont("sans-serif", 9))
    document.setDefaultStyleSheet(_STYLE)
    layout = document.documentLayout()
    layout.setPaintDevice(writer)
    pictures = Pictures(room)
    layout.registerHandler(_PICTURE, pictures)
    document.setHtml(_PICTURES.sub(r"<p>\g<0></p>", _OWN_STYLE.sub("", page)))
    _place_pictures(document)
    document.setPageSize(room)
    keep_headings(document)
    painter = QPainter(writer)
    try:
        for number in range(document.pageCount()):
            if number:
                writer.newPage()
            painter.save()
            painter.translate(0, -number * room.height())
            context = QAbstractTextDocumentLayout.PaintContext()
            seen: Any = context  # the stubs leave out its fields
            seen.clip = QRectF(0, number * room.height(), room.width(), room.height())
            painter.setClipRect(seen.clip)
            layout.draw(painter, context)
            painter.restore()
            painter.setFont(document.defaultFont())
            place = QRectF(0, room.height(), room.width(), foot)
            below = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
            painter.drawText(place, int(below), f"{number + 1} / {document.pageCount()}")
    finally:
        painter.end()


def keep_headings(document: QTextDocument) -> None:
    """Moves a heading to the next page where the picture that it is about finds no room below it."""
    layout, high = document.documentLayout(), document.pageSize().height()
    heading, block = QTextBlock(), document.begin()
    while block.isValid():
        if block.blockFormat().headingLevel():
            heading = block
        elif block.text() == _REPLACED and heading.isValid():
            top, end = layout.blockBoundingRect(heading).top(), layout.blockBoundingRect(block).bottom()
            # A picture that finds no room moves down by itself, and its block grows by that.
            if top // high < (end - 1) // high:
                format = QTextBlockFormat()
                format.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
                QTextCursor(heading).mergeBlockFormat(format)
            heading = QTextBlock()  # the first picture only
        block = block.next()


def _place_pictures(document: QTextDocument) -> None:
    """Puts drawings where Qt found images, which it would make pixels of."""
    found = []
    block = document.begin()
    while block.isValid():
        fragments: Any = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            if fragment.charFormat().isImageFormat():
                name = fragment.charFormat().toImageFormat().name()
                found += [(fragment.position() + at, name) for at in range(fragment.length())]
            fragments += 1
        block = block.next()
    for position, name in reversed(found):
        cursor = QTextCursor(document)
        cursor.setPosition(position)
        cursor.setPosition(position + 1, QTextCursor.MoveMode.KeepAnchor)
        source = unquote(name)
        if not source.startswith(_PREFIX):
            cursor.removeSelectedText()
            continue
        format = QTextCharFormat()
        format.setObjectType(_PICTURE)
        format.setProperty(_SOURCE, source)
        cursor.insertText(_REPLACED, format)


def main(arguments: list[str]) -> int:
    """0 when printed; 1 with one line on stderr otherwise."""
    source, target = Path(arguments[0]), Path(arguments[1])
    app = QGuiApplication(["workbench"])
    try:
        print_page(source.read_text(encoding="utf-8"), target)
    except OSError as error:
        print(f"error: {error.filename} cannot be read: {error.strerror}.", file=sys.stderr)
        return 1
    finally:
        del app
    if not target.exists() or not target.stat().st_size:
        print(f"error: {target} cannot be written.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
