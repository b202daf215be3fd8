"""The drawing as a picture: an SVG, a PNG that holds the model, or on the clipboard.

It is painted from a scene of its own, so that what is selected or zoomed on the screen plays no part.
Imports Qt, core, canvas and items.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from PySide6.QtCore import QBuffer, QIODevice, QObject, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QGraphicsScene

from workbench.core.document import BOOKMARK
from workbench.core.errors import DocumentError
from workbench.core.files import dumps, write_atomically
from workbench.core.pictures import KEYWORD
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands
from workbench.gui.design.faces import Knowledge
from workbench.gui.design.remark_items import RemarkItem, item_of
from workbench.gui.design.scene import MOST_ROUTED, DesignScene
from workbench.gui.design.sheet import SheetItem
from workbench.gui.design.style import style

PNG, SVG = "PNG that holds the model (*.png)", "SVG drawing (*.svg)"
SHARP = 2.0
MOST_PIXELS = 32_000_000
LONGEST_SIDE, LONGEST_PAGE = 30_000, 1_000_000
"""Larger pictures are scaled down: most programs would refuse them."""
_FAST = 80
"""Of a PNG this is how much is packed: a little larger than need be in two thirds of the time."""
T = TypeVar("T")
Pieces = Generator[None, None, T]
_AT_ONCE, _FEW = 100, 30
"""How many cards or wires make a piece."""
_SLICE = 0.02
"""Seconds for which pieces are drawn before the window has its turn."""
_MARGIN = 24.0
_DOTS_PER_METRE = 3780  # 96 dots per inch


class Picture:
    """A drawing that can be painted, in pieces: between them the window can answer."""

    def __init__(self, know: Knowledge) -> None:
        self._know = know
        self._built = False
        self.scene = DesignScene()
        self._sheet = SheetItem(self.scene.nodes, self.scene.links)
        self._ground = QGraphicsScene()
        """Frames and notes, which lie under all else."""
        self._remarks: list[RemarkItem] = []

    def _build(self) -> Pieces[None]:
        """Make the cards and wires, some at a time."""
        if self._built:
            return
        know = self._know
        whole = know.document.graph_of(know.place.where)
        nodes = list(whole.nodes)
        for end in range(_AT_ONCE, len(nodes), _AT_ONCE) if len(nodes) > MOST_ROUTED else ():
            some = {id: whole.nodes[id] for id in nodes[:end]}
            links = {
                target: source
                for target, source in whole.links.items()
                if target.node in some and source.node in some
            }
            part = know.document.with_graph(know.place.where, replace(whole, nodes=some, links=links))
            self.scene.show(replace(know, document=part))
            yield
        self.scene.show(know)
        yield
        shown = [remark for remark in whole.remarks.values() if remark.kind != BOOKMARK]
        self._remarks = [item_of(remark) for remark in shown]
        for item in self._remarks:
            self._ground.addItem(item)
        self._built = True
        yield

    @property
    def area(self) -> QRectF:
        """What is drawn, with a margin; null if nothing is."""
        _finished(self._build())
        rect = self.scene.bounds()
        for link in self.scene.links.values():
            rect = rect.united(link.sceneBoundingRect())
        for item in self._remarks:
            rect = rect.united(item.scene_rect())
        return rect.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN) if not rect.isNull() else rect

    def _paint(self, painter: QPainter, area: QRectF, size: QSize) -> Pieces[None]:
        """Fill a page of that size with an area of the drawing: remarks, wires, cards, shapes beside the wires."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        page = QRectF(0, 0, size.width(), size.height())
        scene, strips = self.scene, 8 if len(self.scene.nodes) > MOST_ROUTED else 1
        for top in range(0, size.height(), -(-size.height() // strips)):
            strip = QRectF(0, top, size.width(), -(-size.height() // strips))
            painter.fillRect(strip & page, style().base)
            yield
        self._ground.render(painter, page, area)
        yield
        painter.scale(size.width() / area.width(), size.height() / area.height())
        painter.translate(-area.topLeft())
        links, world = list(scene.links.values()), painter.transform()
        for some in batched(links, _AT_ONCE):
            self._sheet.draw(painter, (), some)
            yield
        for cards in batched(list(scene.nodes.values()), _FEW):
            self._sheet.draw(painter, cards, ())
            painter.setTransform(world)
            yield
        for some in batched(links, _FEW):  # not more than find a place in one call
            scene.labels.paint(painter, some)
            yield

    def image(self) -> QImage:
        """The drawing in dots, twice as many as on the screen unless it is too large for that."""
        return _finished(self.image_pieces())

    def image_pieces(self) -> Pieces[QImage]:
        """The same, in pieces."""
        yield from self._build()
        area = self.area
        scale = min(
            SHARP,
            (MOST_PIXELS / (area.width() * area.height())) ** 0.5,
            LONGEST_SIDE / max(area.width(), area.height()),
        )
        size = QSize(max(1, round(area.width() * scale)), max(1, round(area.height() * scale)))
        made = QImage(size, QImage.Format.Format_RGB32)
        made.setDotsPerMeterX(round(_DOTS_PER_METRE * scale))
        made.setDotsPerMeterY(round(_DOTS_PER_METRE * scale))
        painter = QPainter(made)
        try:
            yield from self._paint(painter, area, size)
        finally:
            painter.end()
        return made

    def svg(self, title: str) -> bytes:
        """The drawing in shapes and letters."""
        return _finished(self.svg_pieces(title))

    def svg_pieces(self, title: str) -> Pieces[bytes]:
        """The same, in pieces."""
        yield from self._build()
        area = self.area
        scale = min(1.0, LONGEST_PAGE / max(area.width(), area.height()))
        size = QSize(max(1, round(area.width() * scale)), max(1, round(area.height() * scale)))
        buffer = QBuffer()
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(size)
        generator.setViewBox(QRect(0, 0, size.width(), size.height()))
        generator.setResolution(96)
        generator.setTitle(title)
        painter = QPainter(generator)
        try:
            yield from self._paint(painter, area, size)
        finally:
            painter.end()
        return bytes(buffer.data().data())


def batched(items: Sequence[T], count: int) -> Iterator[Sequence[T]]:
    """The items, so many at a time."""
    return (items[start : start + count] for start in range(0, len(items), count))


def _finished(pieces: Pieces[T]) -> T:
    """All pieces at once."""
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            made: T = end.value
            return made


class Drawing(QObject):
    """Draws piece by piece and hands over what was made; the window answers in between."""

    def __init__(self, pieces: Pieces[Any], then: Callable[[Any], object], parent: QObject) -> None:
        super().__init__(parent)
        self._pieces, self._then = pieces, then
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._draw)
        self._timer.start()
        self._draw()

    def _draw(self) -> None:
        until = monotonic() + _SLICE
        try:
            while monotonic() < until:
                next(self._pieces)
        except StopIteration as end:
            self._timer.stop()
            self.deleteLater()
            self._then(end.value)
        except BaseException:
            self._timer.stop()  # else the same would be tried for ever
            self.deleteLater()
            raise


def png(image: QImage, text: str) -> bytes:
    """The file of an image that holds a model."""
    image.setText(KEYWORD, text)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG", _FAST):  # type: ignore[call-overload]  # takes a format as text
        raise DocumentError("The picture is too large to be written.")
    return bytes(buffer.data().data())


class Pictures:
    """Writes pictures of what a canvas shows."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def bind(self, commands: Commands) -> None:
        """Offer to export and to copy."""
        commands.offer({"export_picture": self.ask, "copy_picture": self.copy})

    def ask(self) -> None:
        """Let a person choose where the picture goes; the window stays usable meanwhile."""
        if self._nothing():
            return
        name = f"{self.canvas.session.document.name}.png"
        dialog = QFileDialog(self.canvas.window(), "Export the drawing", str(Path.cwd()), f"{PNG};;{SVG}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix("png")
        dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix("svg" if kind == SVG else "png"))
        dialog.selectFile(name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.write(Path(chosen)))
        self.canvas.session.model_opened.connect(dialog.reject)
        dialog.show()

    def write(self, path: Path) -> None:
        """Write the picture to a file: an SVG if it is named so, else a PNG with the whole model in it."""
        if self._nothing():
            return
        session, document = self.canvas.session, self.canvas.session.document
        picture = self._picture()
        pieces: Pieces[Any]
        if path.suffix.lower() == ".svg":
            pieces, said = picture.svg_pieces(document.name), f"The drawing was written to {path}."
        else:
            path = path if path.suffix else path.with_suffix(".png")
            pieces = picture.image_pieces()
            said = f"The drawing was written to {path}; drop it on Workbench to open the model again."

        def write(drawn: bytes | QImage) -> None:
            def work(_: object) -> None:
                content = drawn if isinstance(drawn, bytes) else png(drawn, dumps(document))
                try:
                    write_atomically(path, content)
                except OSError as error:
                    raise DocumentError(f"{path} cannot be written: {error.strerror or error}.") from error

            session.call(work, lambda _: session.message.emit(said, "ok"))

        Drawing(pieces, write, self.canvas)

    def copy(self) -> None:
        """Put the picture on the clipboard."""
        if self._nothing():
            return

        def put(image: QImage) -> None:
            QGuiApplication.clipboard().setImage(image)
            self.canvas.session.message.emit("The drawing is on the clipboard as a picture.", "ok")

        Drawing(self._picture().image_pieces(), put, self.canvas)

    def _picture(self) -> Picture:
        know = self.canvas.drawing.know
        assert know is not None
        return Picture(know)

    def _nothing(self) -> bool:
        graph = self.canvas.drawing.graph
        empty = not graph.nodes and all(remark.kind == BOOKMARK for remark in graph.remarks.values())
        if empty:
            self.canvas.tell("Nothing is drawn yet: there is no picture of it.")
        return empty
