"""The legend, used with mouse and keys: in a plot, and as a list beside several."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.gui import theme
from workbench.gui.widgets.curves import Band, Curve
from workbench.gui.widgets.legend import LegendList
from workbench.gui.widgets.plot import MetricPlot
from workbench.gui.widgets.plot_painting import Mark
from workbench.gui.widgets.series import Series

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> MetricPlot:
    theme.apply(qapp, "dark")
    made = MetricPlot("loss")
    qtbot.addWidget(made)
    made.resize(700, 300)
    with qtbot.waitExposed(made):
        made.show()
    made.set_curves(
        [
            Curve(name, Series(range(100), np.sin(np.arange(100)) + 3.0 * place), place + 1)
            for place, name in enumerate("abc")
        ]
    )
    made.redraw()
    made.grab()
    return made


def seen(plot: MetricPlot, color: QColor) -> int:
    """Pixels of the curves that have a colour, about."""
    frame = plot.frame
    picture = plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    if frame is None:
        return 0
    pixels = np.frombuffer(picture.constBits(), np.uint32).reshape(picture.height(), -1)
    inside = pixels[int(frame.top) : int(frame.bottom), int(frame.left) : int(frame.right)].astype(int)
    parts = [(inside >> shift & 0xFF) for shift in (16, 8, 0)]
    wanted = (color.red(), color.green(), color.blue())
    return int(np.all([abs(part - one) < 30 for part, one in zip(parts, wanted, strict=True)], axis=0).sum())


def name(plot: MetricPlot, place: int) -> QPoint:
    return plot._names[place][0].center().toPoint()


def shown(plot: MetricPlot) -> str:
    return "".join(curve.name for curve in plot.shown_curves)


def test_a_click_on_a_name_hides_its_curve_and_shift_leaves_it_alone(plot: MetricPlot) -> None:
    QTest.mouseClick(plot, LEFT, NONE, name(plot, 0))
    assert shown(plot) == "bc" and plot.frame is not None and plot.frame.y0 > 1.5, (
        "the range is that of the others"
    )
    assert not seen(plot, theme.curve_color(1)) and seen(plot, theme.curve_color(2))
    QTest.mouseClick(plot, LEFT, SHIFT, name(plot, 2))
    assert shown(plot) == "c"
    QTest.mouseClick(plot, LEFT, ALT, name(plot, 2))
    assert shown(plot) == "abc", "alone already: all come back"
    for place in range(3):
        QTest.mouseClick(plot, LEFT, NONE, name(plot, place))
    assert shown(plot) == "" and not plot.shown_curves
    QTest.keyClick(plot, Qt.Key.Key_H)
    assert shown(plot) == "abc"
    QTest.keyClick(plot, Qt.Key.Key_2)
    assert shown(plot) == "ac"
    QTest.keyClick(plot, Qt.Key.Key_2, ALT)
    assert shown(plot) == "b"


def test_pointing_at_a_name_makes_the_others_fade(plot: MetricPlot) -> None:
    before = [seen(plot, theme.curve_color(place)) for place in (1, 2, 3)]
    QTest.mouseMove(plot, name(plot, 1))
    assert plot.legend.at == "b"
    after = [seen(plot, theme.curve_color(place)) for place in (1, 2, 3)]
    assert min(before) > 100 and after[0] == after[2] == 0 and after[1] >= before[1]
    QTest.mouseMove(plot, QPoint(5, 5))
    assert [seen(plot, theme.curve_color(place)) for place in (1, 2, 3)] == before


def test_the_list_hides_highlights_and_takes_keys(qtbot: QtBot, plot: MetricPlot) -> None:
    rows = LegendList(plot.legend)
    qtbot.addWidget(rows)
    rows.show_curves([*plot.curves, Curve("a\n🎨" + "x" * 500, Series(), key="d")])
    rows.resize(200, 200)
    rows.show()
    assert rows.ids == ["a", "b", "c", "d"] and "\n" not in rows.item(3).text()
    viewport = rows.viewport()
    QTest.mouseMove(viewport, rows.visualItemRect(rows.item(1)).center())
    QTest.mouseClick(viewport, LEFT, NONE, rows.visualItemRect(rows.item(0)).center())
    assert shown(plot) == "bc" and rows.item(0).font().strikeOut() and not rows.item(1).font().strikeOut()
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_Down)
    assert plot.legend.at == "b"
    QTest.keyClick(rows, Qt.Key.Key_Space, SHIFT)
    assert shown(plot) == "b"
    QTest.keyClick(rows, Qt.Key.Key_H)
    assert shown(plot) == "abc"


def test_outliers_are_cut_off_and_the_axis_says_so(plot: MetricPlot) -> None:
    y = np.tile([1.0, 2.0], 500)
    y[3] = 1000.0
    plot.set_curves([Curve("train", Series(range(1000), y))])
    plot.redraw()
    assert plot.frame is not None and plot.frame.y1 > 1000
    before = seen(plot, theme.color("warn"))
    plot.clip_asked.emit(True)
    low_and_high = plot.frame.y0, plot.frame.y1
    assert max(low_and_high) < 3
    assert seen(plot, theme.color("warn")) > before


def test_a_band_is_painted_and_told(plot: MetricPlot) -> None:
    x = np.arange(50.0)
    band = Band(x, np.full(50, 1.0), np.full(50, 3.0))
    plot.set_curves([Curve("mean", Series(x, np.full(50, 2.0)), 0, band=band)])
    plot.redraw()
    assert plot.frame is not None and plot.frame.y0 < 1 and plot.frame.y1 > 3
    assert plot.accessibleDescription() == "mean 2.000 ± 1.0"
    picture = plot.grab().toImage()
    inside, outside = (picture.pixelColor(plot.position_of(20.5, y)) for y in (2.6, 3.05))
    assert inside.blue() - inside.red() > 20 > outside.blue() - outside.red()


def test_marks_stand_where_something_happened(plot: MetricPlot) -> None:
    plot.set_curves([Curve("train", Series(range(100), range(100)))])
    plot.set_marks([Mark(50, "Best checkpoint, epoch 3", "ok"), Mark(500, "beyond", "err")])
    plot.redraw()
    assert seen(plot, theme.color("ok")) > 10 and not seen(plot, theme.color("err"))
    still = plot.grab().toImage()
    QTest.mouseMove(plot, plot.position_of(50, 50))
    assert plot.grab().toImage() != still
