"""The menu of a chart, and the box in which one chooses how large its picture shall be.  Imports Qt and widgets."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAction, QGuiApplication, QImage, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QHBoxLayout, QMenu, QWidget

from workbench.core import text
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import Choice, NumberField
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.plot_export import INCH, SCREEN, Export, Paper, png, svg, values

if TYPE_CHECKING:
    from workbench.gui.widgets.plot import MetricPlot

_KINDS: Final = (("png", "PNG (pixels)"), ("svg", "SVG (lines)"))
_COPIED: Final = 192


class PlotMenu(QMenu):
    """What can be done with one chart."""

    def __init__(self, plot: "MetricPlot", *, exports: bool) -> None:
        super().__init__("Chart", plot)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setToolTipsVisible(True)
        self._plot = plot
        self._add("Show everything\tHome", "Undo zooming and moving", plot.reset, on=plot.zoomed)
        self._add(
            "Show all curves\tH",
            "Bring hidden curves back",
            lambda: plot.legend.hide(()),
            on=bool(plot.legend.hidden),
        )
        log = self._add("Logarithmic values\tL", "Powers of ten at equal distances", plot.log_button.toggle)
        log.setCheckable(True)
        log.setChecked(plot.is_log)
        log_x = self._add(
            f"Logarithmic {text.one_line(plot.axis.label, 40)}\tShift+L",
            "Powers of ten at equal distances, on all charts; what is not above zero is left out",
            lambda: plot.log_x_asked.emit(not plot.axis.log),
            on=plot.axis.kind != "clock",
        )
        log_x.setCheckable(True)
        log_x.setChecked(plot.axis.log)
        clip = self._add(
            "Cut outliers off",
            "The axis holds 99 of 100 values at either end; what lies beyond is out of the picture",
            lambda: plot.clip_asked.emit(not plot.clip),
        )
        clip.setCheckable(True)
        clip.setChecked(plot.clip)
        self.addSeparator()
        there = plot.frame is not None
        self._add("Copy picture", "Put a picture of the chart on the clipboard", self._copy, on=there)
        if exports:
            self._add(
                "Export picture…",
                "Write the chart as PNG or SVG, as large as you like",
                self._ask_size,
                on=there,
            )
            self._add(
                "Export values as CSV…", "Write what is seen, every point a row", self._ask_csv, on=there
            )

    def _add(self, title: str, about: str, do: Callable[[], object], *, on: bool = True) -> QAction:
        action = self.addAction(title)
        action.setToolTip(about)
        action.setEnabled(on)
        action.triggered.connect(lambda _=False: do())
        return action

    def _copy(self) -> None:
        plot = self._plot
        width, height = (round(side / SCREEN * INCH) for side in (plot.width(), plot.height()))
        packed = png(plot, Paper(width, height, _COPIED, light=False))()
        QGuiApplication.clipboard().setImage(QImage.fromData(packed))

    def _ask_size(self) -> None:
        PaperBox(self._plot).open_over()

    def _ask_csv(self) -> None:
        plot = self._plot
        ask_file(
            plot, "csv", "Comma-separated values (*.csv)", lambda path: Export(path, values(plot), "values")
        )


class PaperBox(QFrame):
    """How large a picture of a chart shall be; Enter goes on to the file, Escape closes."""

    def __init__(self, plot: "MetricPlot") -> None:
        super().__init__(plot.window())
        self._plot = plot
        self.setProperty("box", "popup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Export picture")
        self.kind = Choice("Format", "PNG for any program, SVG where lines shall stay lines", _KINDS)
        self.width_mm = NumberField("Width", "Width on paper in millimetres", 40, 1000)
        self.height_mm = NumberField("Height", "Height on paper in millimetres", 25, 1000)
        self.dpi = NumberField("Resolution", "Dots to the inch; 300 is usual in print", 72, 600)
        self.colors = Choice(
            "Colours", "Light colours suit paper", [("light", "For paper"), ("shown", "As on the screen")]
        )
        for field, suffix, value in (
            (self.width_mm, " mm", 160),
            (self.height_mm, " mm", max(25, round(160 * plot.height() / max(1, plot.width())))),
            (self.dpi, " dpi", 300),
        ):
            field.setSuffix(suffix)
            field.setValue(value)
            field.valueChanged.connect(lambda _: self._tell())
        self.told = Label("", "small")
        self.go = Button("Choose file…", "Go on to where the picture is written", kind="primary")
        self.leave = Button("Cancel", "Close this box")
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 12, 12)
        grid.setSpacing(8)
        grid.addWidget(Label("Export picture", "strong"), 0, 0, 1, 2)
        rows: tuple[tuple[str, QWidget], ...] = (
            ("Format", self.kind), ("Width", self.width_mm), ("Height", self.height_mm), ("Resolution", self.dpi),
            ("Colours", self.colors),
        )  # fmt: skip
        for row, (name, widget) in enumerate(rows, start=1):
            grid.addWidget(Label(name, "dim"), row, 0)
            grid.addWidget(widget, row, 1)
        grid.addWidget(self.told, len(rows) + 1, 0, 1, 2)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.leave)
        foot.addWidget(self.go)
        grid.addLayout(foot, len(rows) + 2, 0, 1, 2)
        self.go.clicked.connect(self._ask)
        self.leave.clicked.connect(self.close)
        self.kind.picked.connect(lambda _: self._tell())
        self._tell()

    @property
    def paper(self) -> Paper:
        """What was chosen."""
        light = self.colors.currentData() == "light"
        return Paper(self.width_mm.value(), self.height_mm.value(), self.dpi.value(), light)

    def open_over(self) -> None:
        """Open over the chart."""
        window = self._plot.window()
        self.adjustSize()
        at = self._plot.mapTo(window, QPoint(40, 36))
        room = window.size() - self.size() - QSize(8, 8)
        self.move(max(8, min(at.x(), room.width())), max(8, min(at.y(), room.height())))
        self.show()
        self.raise_()
        self.width_mm.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            self._plot.setFocus()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._ask()
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        size = self.paper.size * (self.dpi.value() / SCREEN)
        pixels = self.kind.currentData() == "png"
        said = f"{text.whole(size.width())} × {text.whole(size.height())} pixels"
        self.told.setText(said if pixels else "Lines stay sharp at any size")

    def _ask(self) -> None:
        plot, paper, kind = self._plot, self.paper, str(self.kind.currentData())
        make = png if kind == "png" else svg
        filter = "PNG (*.png)" if kind == "png" else "SVG (*.svg)"
        self.close()
        ask_file(plot, kind, filter, lambda path: Export(path, make(plot, paper), "picture"))


def ask_file(plot: "MetricPlot", suffix: str, filter: str, made: Callable[[Path], Export]) -> None:
    """Let a person choose the file; then it is told what to write there."""
    dialog = QFileDialog(plot.window(), f"Export {text.one_line(plot.title, 60)}", str(Path.cwd()), filter)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", plot.title)[:60].strip("_") or "chart"
    dialog.selectFile(f"{name}.{suffix}")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(partial(_write, plot, made))
    dialog.show()


def _write(plot: "MetricPlot", made: Callable[[Path], Export], chosen: str) -> None:
    plot.writing.emit(made(Path(chosen)))
