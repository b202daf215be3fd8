"""Paints cards of nodes: the frame (which equal cards share), the texts, the ports, what stands under a card.

Imports Qt, style and items.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QStaticText, QTransform

from workbench.core.document import BYPASS, MUTE
from workbench.gui.design.faces import IDLE, UNKNOWN
from workbench.gui.design.geometry import BADGE_GAP, BADGE_ROW
from workbench.gui.design.items import NodeItem, Texts
from workbench.gui.design.style import CORNER, HEAD, PORT, Style, edge_path, pin_path, style, tie_path

FAINT = 0.4
_LEFT, _RIGHT = 14.0, 10.0


def opacity(item: NodeItem) -> float:
    """How strongly a card is painted."""
    return FAINT if item.faded or item.face.mode == IDLE else 1.0


def outline(item: NodeItem) -> str:
    """What the outline of a card says."""
    if item.chosen:
        return "chosen"
    return item.face.level or ("hovered" if item.hovered else "")


def frame_key(item: NodeItem, *, titled: bool) -> tuple[object, ...]:
    """Cards with the same key have the same frame; `titled` is the frame with the large title of low zooms."""
    key = item.keys.get(titled)
    if key is None:
        face, card = item.face, item.card
        key = (
            (
                card.width,
                card.height,
                outline(item),
                face.family,
                face.mode,
                opacity(item),
                bool(face.repeat),
            ),
            (bool(face.tie), face.pinned, face.repeat),
            (_through(item) if face.mode == BYPASS else None),
            face.title if titled or face.mode == MUTE else None,
        )
        item.keys[titled] = key
    return key


def _through(item: NodeItem) -> tuple[float, float, str] | None:
    """Heights at which a bypassed node's wire comes in and goes out, and its kind."""
    inputs, outputs = item.card.inputs, item.card.outputs
    if not inputs or not outputs:
        return None
    first, last = next(iter(inputs)), next(iter(outputs))
    return inputs[first].y(), outputs[last].y(), item.kinds.get("in:" + first, "")


def paint_frame(painter: QPainter, item: NodeItem, *, titled: bool, far: bool = False) -> None:
    """All of a card that it shares with others of its key, from its node's place."""
    made, face, rect = style(), item.face, item.card.rect
    painter.setOpacity(opacity(item))
    pen = (made.far_outlines if far else made.outlines)[outline(item)]
    if face.mode == BYPASS and not item.chosen:
        pen = QPen(pen)
        pen.setDashPattern(made.bypass_pen.dashPattern())
    if face.repeat:
        painter.setPen(made.card_pen)
        painter.setBrush(made.stack)
        painter.drawRoundedRect(rect.translated(8, 8), CORNER, CORNER)
        painter.drawRoundedRect(rect.translated(4, 4), CORNER, CORNER)
    painter.setPen(pen)
    painter.setBrush(made.base if face.mode == BYPASS else made.stack if face.mode == MUTE else made.card)
    painter.drawRoundedRect(rect, CORNER, CORNER)
    strip = QColor(made.quiet if face.mode == MUTE else made.family(face.family))
    if face.mode == BYPASS:
        strip.setAlphaF(FAINT)
    painter.fillPath(edge_path(rect.height()).translated(rect.topLeft()), strip)
    through = _through(item) if face.mode == BYPASS else None
    if through is not None:
        path = QPainterPath(QPointF(0, through[0]))
        middle = rect.width() / 2
        path.cubicTo(
            QPointF(middle, through[0]), QPointF(middle, through[1]), QPointF(rect.width(), through[1])
        )
        painter.setPen(made.wire_pens[through[2]])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setOpacity(0.7 * opacity(item))
        painter.drawPath(path)
        painter.setOpacity(opacity(item))
    if titled:
        _paint_big_title(painter, item, made)
    elif not far:
        _paint_marks(painter, item, made)
        if face.mode == MUTE:
            middle = HEAD / 2 if face.collapsed else 15.5
            painter.setPen(QPen(made.dim, 1.25))
            end = min(item.card.width - _RIGHT, _LEFT + made.width("title", face.title) + 2)
            painter.drawLine(QPointF(_LEFT - 2, middle), QPointF(end, middle))


def _paint_big_title(painter: QPainter, item: NodeItem, made: Style) -> None:
    """The title as it stands at a low zoom: large, over two lines where it must."""
    title, room = item.face.title, item.card.width - _LEFT - 4
    longest = max(title.split(" "), key=len, default="")
    share = 18 / 13
    fits = made.width("title", longest) * share <= room
    large = fits and not item.face.collapsed and made.width("title", title) * share < 1.8 * room
    font = made.big_fonts[0 if large else 1]
    rect = QRectF(_LEFT, item.card.top, room, item.card.height)
    if item.face.repeat:
        rect = _paint_big_mark(painter, item, made, rect, font)
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    wrap = Qt.TextFlag.TextWordWrap if not item.face.collapsed else Qt.TextFlag.TextSingleLine
    quiet = item.face.mode in (BYPASS, MUTE)
    font = QFont(font)
    font.setStrikeOut(item.face.mode == MUTE)
    painter.setFont(font)
    painter.setPen(made.quiet if quiet else made.text)
    painter.setClipRect(item.card.rect)
    painter.drawText(rect, int(flags) | int(wrap), title)
    painter.setClipping(False)


def _paint_big_mark(painter: QPainter, item: NodeItem, made: Style, rect: QRectF, font: QFont) -> QRectF:
    """How often it repeats, or that it is a loop, at the card's lower right; gives the room of the title then."""
    mark = item.face.repeat
    small = made.big_fonts[0 if len(mark) == 1 else 1]  # the arrow of a loop is a small sign
    width = QFontMetricsF(small).horizontalAdvance(mark)
    painter.setFont(small)
    painter.setPen(made.accent)
    painter.drawText(QPointF(item.card.width - 6 - width, item.card.rect.bottom() - 6), mark)
    lines = 2 if QFontMetricsF(font).horizontalAdvance(item.face.title) > rect.width() else 1
    high = (rect.height() + lines * QFontMetricsF(font).height()) / 2
    return rect if high < rect.height() - 14 else rect.adjusted(0, 0, 0, -12)


def _paint_marks(painter: QPainter, item: NodeItem, made: Style) -> None:
    """How often it repeats, whose weights it shares, that it is pinned."""
    face = item.face
    right, drop = item.card.width - _RIGHT, item.card.top
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if face.repeat:
        painter.setFont(made.line_font)
        painter.setPen(made.accent)
        right -= made.width("line", face.repeat)
        painter.drawText(QPointF(right, 20 + drop), face.repeat)
        right -= 8
    if face.tie:
        painter.setPen(QPen(made.accent, 1.25))
        painter.drawPath(tie_path().translated(right - 13, 11 + drop))
        right -= 20
    if face.pinned:
        painter.setPen(QPen(made.dim, 1.25))
        painter.drawPath(pin_path().translated(right - 8, 10 + drop))


def paint_texts(painter: QPainter, items: Sequence[NodeItem]) -> None:
    """Title, line, names of ports and badges of cards that do not overlap, in the scene."""
    made = style()
    pens = {"title": made.text, "line": made.dim, "port": made.dim, "badge": made.dim}
    rest: list[tuple[NodeItem, Texts]] = []
    for role, font in ((0, made.title_font), (1, made.line_font)):
        painter.setFont(font)
        painter.setPen(pens["title"] if role == 0 else pens["line"])
        for item in items:
            texts = item.texts or _lay_out(item)
            usual = not item.face.mode and not item.faded and not item.face.level
            if usual and len(texts) > role and texts[role][2] is font:
                x, y = item.at
                place = texts[role][0]
                painter.drawStaticText(QPointF(x + place.x(), y + place.y()), texts[role][1])
            else:
                rest.append((item, texts[role : role + 1]))
            if role == 1 and len(texts) > 2:
                rest.append((item, texts[2:]))
    for item, texts in rest:
        colors = _colors(item)
        x, y = item.at
        painter.setOpacity(opacity(item))
        for place, text, font, kind in texts:
            if kind == "badge":  # a wire that runs below the card must not strike it out
                painter.fillRect(QRectF(QPointF(x + place.x(), y + place.y()), text.size()), made.plate)
            painter.setFont(font)
            painter.setPen(colors[kind])
            painter.drawStaticText(QPointF(x + place.x(), y + place.y()), text)
    painter.setOpacity(1.0)


def _colors(item: NodeItem) -> dict[str, QColor]:
    made, face = style(), item.face
    if face.mode in (BYPASS, MUTE):
        return {"title": made.quiet, "line": made.quiet, "port": made.quiet, "badge": made.dim}
    line = {"error": made.err, "warning": made.warn}.get(face.level, made.dim)
    return {"title": made.text, "line": line, "port": made.dim, "badge": made.dim}


def _lay_out(item: NodeItem) -> Texts:
    made, face, card = style(), item.face, item.card
    badge = made.width("line", face.repeat) + 8 if face.repeat else 0.0
    badge += 20 if face.tie else 0
    badge += 16 if face.pinned else 0
    room = card.width - _LEFT - _RIGHT
    font, title = made.title_fitting(face.title, room - badge)
    shown = _static(title, font)
    if face.collapsed:
        drop = card.top + (card.height - shown.size().height()) / 2
        item.texts = [(QPointF(_LEFT, drop), shown, font, "title")]
    else:
        problem = "" if face.family == UNKNOWN else face.problem
        line = problem or face.line
        if face.brief and not problem and made.width("line", line) > room:
            line = face.brief
        line = made.line_metrics.elidedText(line, Qt.TextElideMode.ElideRight, room)
        item.texts = [
            (QPointF(_LEFT, 7), shown, font, "title"),
            (QPointF(_LEFT, 26), _static(line, made.line_font), made.line_font, "line"),
        ]
        for ports, right in ((card.inputs, False), (card.outputs, True)):
            for name, place in ports.items() if len(ports) > 1 else ():
                text = _static(name, made.port_font)
                x = card.width - _LEFT - text.size().width() if right else _LEFT
                at = QPointF(x, place.y() - text.size().height() / 2)
                item.texts.append((at, text, made.port_font, "port"))
    drop = card.rect.bottom() + 4 + (8 if face.repeat else 0)
    for row, badges in enumerate(item.rows):
        x = 4.0
        for words in badges:
            text = _static(words, made.label_font)
            item.texts.append((QPointF(x, drop + row * BADGE_ROW), text, made.label_font, "badge"))
            x += made.width("label", words) + BADGE_GAP
    return item.texts


def _static(text: str, font: QFont) -> QStaticText:
    made = QStaticText(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    made.prepare(QTransform(), font)
    return made


def port_looks(item: NodeItem) -> list[tuple[QPointF, str]]:
    """Where the ports of a card are, from its node's place, and the kind of wire of each; "-" for an open one."""
    if item.ports is not None:
        return item.ports
    found: list[tuple[QPointF, str]] = []
    for side, ports in (("in:", item.card.inputs), ("out:", item.card.outputs)):
        for name, place in ports.items():
            key = side + name
            kind = item.kinds.get(key, "")
            found.append((place, kind if key in item.linked or (kind and side == "out:") else "-"))
    item.ports = found
    return found


def paint_port(painter: QPainter, place: QPointF, kind: str) -> None:
    """One port, filled with the colour of its wire, or open."""
    made = style()
    if kind == "-":
        painter.setPen(QPen(made.port, 1.5))
        painter.setBrush(made.card)
    else:
        painter.setPen(made.ring)
        painter.setBrush(made.wires[kind] if kind else made.port)
    painter.drawEllipse(place, PORT, PORT)
