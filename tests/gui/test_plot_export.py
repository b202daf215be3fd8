"""A chart as a file: what is in it, at which size, in which colours."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench.gui import theme
from workbench.gui.widgets.axes import XAxis
from workbench.gui.widgets.curves import Band, Curve
from workbench.gui.widgets.plot import MetricPlot
from workbench.gui.widgets.plot_export import Export, Paper, png, svg, values
from workbench.gui.widgets.plot_menu import PaperBox, PlotMenu
from workbench.gui.widgets.series import Series


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> Iterator[MetricPlot]:
    theme.apply(qapp, "dark")
    window = QWidget()
    qtbot.addWidget(window)
    made = MetricPlot("loss\n🎨", axis=XAxis("epoch", "number"))
    made.exports = True
    QVBoxLayout(window).addWidget(made)
    window.resize(900, 600)
    with qtbot.waitExposed(window):
        window.show()
    nan = float("nan")
    made.set_curves(
        [
            Curve("train", Series(range(20_000), np.sin(np.arange(20_000) / 500)), 0, scale=0.5),
            Curve("validation", Series([0, 100, 200], [1.0, nan, 0.1234567890123]), 1),
        ]
    )
    made.redraw()
    yield made
    window.close()


def test_a_png_has_the_size_of_the_paper_and_its_colours(plot: MetricPlot) -> None:
    picture = QImage.fromData(png(plot, Paper(100, 50, 300))())
    assert (picture.width(), picture.height()) == pytest.approx((100 / 25.4 * 300, 50 / 25.4 * 300), abs=4)
    assert picture.dotsPerMeterX() == pytest.approx(300 / 0.0254, abs=2)
    assert picture.pixelColor(3, 3).name() == theme.LIGHT.panel and theme.current() is theme.DARK
    names = {
        picture.pixelColor(x, y).name() for x in range(0, picture.width(), 2) for y in range(100, 560, 3)
    }
    assert set(theme.LIGHT.curves[:2]) <= names
    shown = QImage.fromData(png(plot, Paper(100, 50, 96, light=False))())
    assert shown.pixelColor(3, 3).name() == theme.DARK.panel


def test_an_svg_has_all_names_as_text(plot: MetricPlot) -> None:
    made = svg(plot, Paper(160, 90))().decode()
    assert re.search(r'width="16\d\.\d+mm"', made) or 'width="160' in made
    assert {"train", "validation", "epoch"} <= set(re.findall(r">([^<>\n]+)</text>", made))
    assert theme.LIGHT.curves[1] in made


def test_values_are_those_that_are_seen_with_all_their_digits(plot: MetricPlot) -> None:
    plot.legend.hide(["train"])
    rows = list(csv.reader(io.StringIO(values(plot)().decode())))
    assert rows[0] == ["curve", "epoch", "loss 🎨"]
    assert rows[1:] == [
        ["validation", "0", "1.0"], ["validation", "100", "nan"], ["validation", "200", "0.1234567890123"],
    ]  # fmt: skip
    plot.legend.hide([])
    plot.zoom(0.5, around=0)
    assert plot.frame is not None
    rows = list(csv.reader(io.StringIO(values(plot)().decode())))
    assert max(float(row[1]) for row in rows[1:]) <= plot.frame.x1 < 9_000
    x = np.arange(2.0)
    plot.set_curves([Curve("mean", Series(x, x), band=Band(x, x - 1, x + 1))])
    plot.reset()
    assert values(plot)().decode().splitlines()[1:] == ["mean,0,0.0,-1.0,1.0", "mean,1,1.0,0.0,2.0"]


def test_the_menu_leads_to_a_box_and_from_there_to_a_file(
    qtbot: QtBot, plot: MetricPlot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "show", lambda dialog: dialog.fileSelected.emit(str(tmp_path / "a.png")))
    told: list[Export] = []
    plot.writing.connect(told.append)
    at = plot.rect().center()
    QApplication.sendEvent(plot, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, plot.mapToGlobal(at)))
    menu = plot.findChild(PlotMenu)
    assert menu is not None
    actions = {action.text().partition("\t")[0]: action for action in menu.actions()}
    actions["Export picture…"].trigger()
    menu.close()
    box = plot.window().findChild(PaperBox)
    assert box is not None and box.isVisible()
    box.width_mm.setValue(80)
    assert box.paper.size.width() == 302 and "944 ×" in box.told.text()
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert told[0].path == tmp_path / "a.png" and QImage.fromData(told[0].make()).width() == 944
    actions["Export values as CSV…"].trigger()
    assert told[1].make().startswith(b"curve,epoch,")
    actions["Copy picture"].trigger()
    assert QGuiApplication.clipboard().image().width() > 2 * plot.width() - 20
    actions["Cut outliers off"].trigger()
    assert plot.clip
    plain = PlotMenu(plot, exports=False)
    assert not any("Export" in action.text() for action in plain.actions())
    plain.close()
