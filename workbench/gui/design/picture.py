"""The drawing as a picture: an SVG, a PNG that holds the model, or on the clipboard.

It is painted from a scene of its own, so that what is selected or zoomed on the screen plays no part.
Imports Qt, core, canvas and items.
"""

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog

from workbench.core.document import BOOKMARK
from workbench.core.errors import DocumentError
from workbench.core.files import dumps, write_atomically
from workbench.core.pictures import KEYWORD
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands
from workbench.gui.design.faces import Knowledge
from workbench.gui.design.remark_items import item_of
from workbench.gui.design.scene import DesignScene
from workbench.gui.design.style import style

PNG, SVG = "PNG that holds the model (*.png)", "SVG drawing (*.svg)"
SHARP = 2.0
MOST_PIXELS = 32_000_000
LONGEST_SIDE, LONGEST_PAGE = 30_000, 1_000_000
"""Larger pictures are scaled down: most programs would refuse them."""
_FAST = 80
"""Of a PNG this is how much is packed: a little larger than need be in two thirds of the time."""
_MARGIN = 24.0
_DOTS_PER_METRE = 3780  # 96 dots per inch


class Picture:
    """A drawing that can be painted."""

    def __init__(self, know: Knowledge) -> None:
        self.scene = DesignScene()
        self.scene.show(know)
        shown = [remark for remark in self.scene.graph.remarks.values() if remark.kind != BOOKMARK]
        self._remarks = [item_of(remark) for remark in shown]
        for item in self._remarks:
            self.scene.addItem(item)

    @property
    def area(self) -> QRectF:
        """What is drawn, with a margin; null if nothing is."""
        rect = self.scene.bounds()
        for link in self.scene.links.values():
            rect = rect.united(link.sceneBoundingRect())
        for item in self._remarks:
            rect = rect.united(item.scene_rect())
        return rect.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN) if not rect.isNull() else rect

    def paint(self, painter: QPainter, area: QRectF, size: QSize) -> None:
        """Fill a page of that size with an area of the drawing."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        page = QRectF(0, 0, size.width(), size.height())
        painter.fillRect(page, style().base)
        self.scene.render(painter, page, area)
        painter.scale(size.width() / area.width(), size.height() / area.height())
        painter.translate(-area.topLeft())
        self.scene.labels.paint(painter, self.scene.links_near(area))

    def image(self) -> QImage:
        """The drawing in dots, twice as many as on the screen unless it is too large for that."""
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
        self.paint(painter, area, size)
        painter.end()
        return made

    def svg(self, title: str) -> bytes:
        """The drawing in shapes and letters."""
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
        self.paint(painter, area, size)
        painter.end()
        return bytes(buffer.data().data())


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
        dialog.show()

    def write(self, path: Path) -> None:
        """Write the picture to a file: an SVG if it is named so, else a PNG with the whole model in it."""
        if self._nothing():
            return
        session, document = self.canvas.session, self.canvas.session.document
        picture = self._picture()
        drawn: bytes | QImage
        if path.suffix.lower() == ".svg":
            drawn, said = picture.svg(document.name), f"The drawing was written to {path}."
        else:
            path = path if path.suffix else path.with_suffix(".png")
            drawn = picture.image()
            said = f"The drawing was written to {path}; drop it on Workbench to open the model again."

        def work(_: object) -> None:
            content = drawn if isinstance(drawn, bytes) else png(drawn, dumps(document))
            try:
                write_atomically(path, content)
            except OSError as error:
                raise DocumentError(f"{path} cannot be written: {error.strerror or error}.") from error

        session.call(work, lambda _: session.message.emit(said, "ok"))

    def copy(self) -> None:
        """Put the picture on the clipboard."""
        if not self._nothing():
            QGuiApplication.clipboard().setImage(self._picture().image())
            self.canvas.session.message.emit("The drawing is on the clipboard as a picture.", "ok")

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
