"""Printed pages: what belongs together stands together."""

import base64

from PySide6.QtCore import QSizeF
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication

from workbench.gui.printing import _PICTURE, _PICTURES, Pictures, _place_pictures, keep_headings

ROOM = QSizeF(1000, 600)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><path d="M0 0H9V9z"/></svg>'


def test_a_heading_goes_to_the_next_page_with_its_picture(qapp: QApplication) -> None:
    image = f'<img alt="a" src="data:image/svg+xml;base64,{base64.b64encode(SVG).decode()}">'
    page = f"<h2>First</h2>{image}<h2>Second</h2><p>Some words.</p>{image}<h2>Third</h2><p>Words.</p>"
    document, pictures = QTextDocument(), Pictures(ROOM)
    layout = document.documentLayout()
    layout.registerHandler(_PICTURE, pictures)
    document.setHtml(_PICTURES.sub(r"<p>\g<0></p>", page))
    _place_pictures(document)
    document.setPageSize(ROOM)
    keep_headings(document)
    pages: dict[str, int] = {}
    last, block = "", document.begin()
    while block.isValid():
        name = f"below {last}" if block.text() == "\ufffc" else block.text()
        last = block.text()
        pages[name] = int((layout.blockBoundingRect(block).bottom() - 1) // ROOM.height())
        block = block.next()
    assert pages == {
        "First": 0, "below First": 0, "Second": 1, "Some words.": 1, "below Some words.": 1, "Third": 1,
        "Words.": 1,
    }  # fmt: skip
