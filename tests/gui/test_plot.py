"""The plot, as a person sees and moves it."""

import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench.gui import theme
from workbench.gui.widgets.axes import XAxis
from workbench.gui.widgets.curves import Curve, Style
from workbench.gui.widgets.plot import MetricPlot
from workbench.gui.widgets.plot_clock import CLOCK
from workbench.gui.widgets.plot_grid import PlotControls, PlotGrid
from workbench.gui.widgets.series import Series


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> Iterator[MetricPlot]:
    theme.apply(qapp, "dark")
    made = MetricPlot("loss")
    qtbot.addWidget(made)
    made.resize(600, 300)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    theme.apply(qapp, "dark")


def image(plot: MetricPlot) -> QImage:
    return plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def count(plot: MetricPlot, color: QColor) -> int:
    """Pixels of exactly this colour."""
    picture = image(plot)
    pixels = np.frombuffer(picture.constBits(), np.uint32).reshape(picture.height(), -1)
    return int(np.count_nonzero(pixels & 0xFFFFFF == color.rgb() & 0xFFFFFF))


def breaks(plot: MetricPlot) -> int:
    """Columns of pixels in which the first curve's colour does not touch that of the next column."""
    picture, frame = image(plot), plot.frame
    assert frame is not None
    pixels = np.frombuffer(picture.constBits(), np.uint32).reshape(picture.height(), -1).astype(int)
    inside = pixels[int(frame.top) : int(frame.bottom), int(frame.left) + 4 : int(frame.right) - 4]
    blue = (inside & 0xFF) - (inside >> 16 & 0xFF) > 30
    top = np.where(blue.any(axis=0), blue.argmax(axis=0), 10_000)
    bottom = np.where(blue.any(axis=0), len(blue) - blue[::-1].argmax(axis=0), -10_000)
    touch = (top[1:] <= bottom[:-1] + 1) & (top[:-1] <= bottom[1:] + 1)
    return int(np.count_nonzero(~touch))


def show(plot: MetricPlot, *curves: Curve) -> None:
    plot.set_curves(curves)
    plot.redraw()


def turn(widget: MetricPlot, at: QPoint, clicks: int, modifiers: Qt.KeyboardModifier) -> bool:
    event = QWheelEvent(
        QPointF(at), QPointF(widget.mapToGlobal(at)), QPoint(0, 0), QPoint(0, 120 * clicks),
        Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


NONE = Qt.KeyboardModifier.NoModifier


def test_an_empty_plot_says_so_and_a_filled_one_shows_its_curve(plot: MetricPlot) -> None:
    before = plot.frame, count(plot, theme.curve_color(3))
    show(plot, Curve("train", Series(range(2000), np.tile([2.0, 0.0], 1000)), 3))
    assert before == (None, 0)
    assert count(plot, theme.curve_color(3)) > 100
    assert plot.frame is not None and (plot.frame.x0, plot.frame.x1) == (0, 1999)
    assert plot.accessibleDescription() == "train 0"


def test_what_is_painted_before_the_clock_ticks_is_measured(plot: MetricPlot) -> None:
    plot.set_curves([Curve("train", Series([1, 2], [1.0, 2.0]))])
    assert count(plot, theme.curve_color(0)) > 100 and plot.frame is not None


def test_a_spike_among_a_million_points_is_painted(plot: MetricPlot) -> None:
    y = np.zeros(1_000_000)
    y[654_321] = 9.0
    show(plot, Curve("train", Series(np.arange(1_000_000), y), 0))
    at = plot.position_of(654_321, 9.0)
    picture = image(plot)
    colors = {picture.pixelColor(at.x() + dx, at.y() + 8).name() for dx in range(-3, 4)}
    assert theme.curve_color(0).name() in colors


@pytest.mark.parametrize(
    ("count", "style"), [(300, "solid"), (1_500, "solid"), (40_000, "solid"), (40_000, "dash")]
)
def test_a_noisy_curve_is_one_line(plot: MetricPlot, count: int, style: Style) -> None:
    y = 5 + np.random.default_rng(0).normal(size=count)
    show(plot, Curve("train", Series(range(count), y), 0, style))
    assert breaks(plot) == 0


@pytest.mark.parametrize("count", [4_000, 40_000])
def test_columns_that_do_not_reach_each_other_are_joined_and_a_gap_stays(
    plot: MetricPlot, count: int
) -> None:
    y = np.arange(count) // (count // 100) % 2 * 5.0 + np.tile([0.0, 1.0], count // 2)
    show(plot, *(Curve("train", Series(range(count), y), 0) for _ in range(12)))
    assert breaks(plot) == 0
    y[count // 3 : count // 2] = np.nan
    show(plot, *(Curve("train", Series(range(count), y), 0) for _ in range(12)))
    assert 60 < breaks(plot) < 120


def test_a_narrow_plot_has_its_legend_below_the_title(plot: MetricPlot) -> None:
    curves = [
        Curve(name, Series(range(9), range(9)), index) for index, name in enumerate(("train", "validation"))
    ]
    show(plot, *curves)
    assert plot.frame is not None
    beside = plot.frame.top
    plot.resize(224, 220)
    assert plot.frame.top > beside
    legend = image(plot).copy(0, int(beside) - 8, 224, int(plot.frame.top - beside))
    seen = {legend.pixel(x, y) for x in range(legend.width()) for y in range(legend.height())}
    assert {curve.rgb() for curve in map(theme.curve_color, (0, 1))} <= seen


def test_one_point_is_a_dot_and_gaps_are_gaps(plot: MetricPlot) -> None:
    show(plot, Curve("test", Series([100], [0.97]), 2))
    assert image(plot).pixelColor(plot.position_of(100, 0.97)) == theme.curve_color(2)
    show(plot, Curve("train", Series(range(5), [1.0, 1.0, float("nan"), 1.0, 1.0]), 0))
    picture = image(plot)
    line, gap = (picture.pixelColor(plot.position_of(x, 1.0)) for x in (0.5, 2.0))
    assert line.blue() - line.red() > 80
    assert abs(gap.blue() - gap.red()) < 40


def test_a_metric_that_is_only_nan_says_what_that_means(plot: MetricPlot) -> None:
    nan = float("nan")
    show(plot, Curve("train", Series([1, 2, 3], [nan, float("inf"), nan]), 0))
    assert plot.frame is None
    words = count(plot, theme.color("dim"))
    show(plot)
    assert words > count(plot, theme.color("dim"))  # a longer sentence than that of an empty plot


def test_points_that_come_in_are_drawn_by_the_clock(qtbot: QtBot, plot: MetricPlot) -> None:
    series = Series([0, 1], [1.0, 2.0])
    show(plot, Curve("train", series))
    series.extend([2, 3], [3.0, 8.0])
    plot.refresh()
    qtbot.waitUntil(lambda: plot.frame is not None and plot.frame.x1 == 3, timeout=2_000)
    assert "8.000" in plot.accessibleDescription()


def test_a_hidden_plot_costs_nothing_and_the_clock_stops(qtbot: QtBot, plot: MetricPlot) -> None:
    series = Series([0, 1], [1.0, 2.0])
    show(plot, Curve("train", series))
    plot.hide()
    series.extend([2], [3.0])
    plot.refresh()
    timer = CLOCK._timer
    assert timer is not None
    qtbot.waitUntil(lambda: not timer.isActive(), timeout=2_000)
    assert plot.frame is not None and plot.frame.x1 == 1
    plot.show()
    qtbot.waitUntil(lambda: plot.frame is not None and plot.frame.x1 == 2, timeout=2_000)


def test_a_plot_that_was_painted_when_it_came_into_sight_is_not_drawn_twice(
    qtbot: QtBot, plot: MetricPlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[MetricPlot] = []
    measure = MetricPlot._measure

    def counted(plot: MetricPlot) -> None:
        measured.append(plot)
        measure(plot)

    monkeypatch.setattr(MetricPlot, "_measure", counted)
    plot.set_curves([Curve("train", Series([0, 1], [1.0, 2.0]))])
    plot.repaint()
    timer = CLOCK._timer
    assert timer is not None and measured == [plot]
    qtbot.waitUntil(lambda: not timer.isActive(), timeout=2_000)
    assert measured == [plot]


def test_the_wheel_zooms_about_the_pointer_and_a_double_click_shows_all(plot: MetricPlot) -> None:
    show(plot, Curve("train", Series(range(1001), np.linspace(10, 0, 1001))))
    at = plot.position_of(250, 7.5)
    assert turn(plot, at, 5, NONE)
    frame = plot.frame
    assert frame is not None
    assert frame.x1 - frame.x0 == pytest.approx(1000 / 1.2**5, rel=0.02)
    assert frame.x_at(at.x()) == pytest.approx(250, abs=3)
    assert frame.y1 - frame.y0 < 6  # the values fill the height again
    QTest.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=at)
    assert plot.frame is not None and (plot.frame.x0, plot.frame.x1) == (0, 1000)
    before = plot.frame.y1 - plot.frame.y0
    turn(plot, at, -3, Qt.KeyboardModifier.ShiftModifier)
    assert plot.frame.y1 - plot.frame.y0 == pytest.approx(before * 1.2**3)


def test_dragging_moves_what_is_zoomed(plot: MetricPlot) -> None:
    show(plot, Curve("train", Series(range(1001), np.linspace(10, 0, 1001))))
    turn(plot, plot.position_of(500, 5), 8, NONE)
    assert plot.frame is not None
    x0 = plot.frame.x0
    at = QPoint(300, 150)
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(plot, at + QPoint(-60, 0))
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=at + QPoint(-60, 0))
    assert plot.frame.x0 > x0 + 10


def test_the_crosshair_follows_the_pointer_and_tells_where_it_is(qtbot: QtBot, plot: MetricPlot) -> None:
    show(plot, Curve("train", Series(range(101), np.linspace(1, 0, 101))))
    with qtbot.waitSignal(plot.cursor_moved) as told:
        QTest.mouseMove(plot, plot.position_of(40, 0.6))
    assert told.args is not None and told.args[0] == pytest.approx(40, abs=0.3)
    still = image(plot)
    plot.show_cursor(None)
    assert image(plot) != still


def test_keys(qtbot: QtBot, plot: MetricPlot) -> None:
    show(plot, Curve("train", Series(range(1, 101), np.linspace(1, 0.01, 100))))
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_L)
    assert plot.is_log and plot.frame is not None and plot.frame.log
    QTest.keyClick(plot, Qt.Key.Key_Plus)
    assert plot.frame.x1 - plot.frame.x0 < 99
    QTest.keyClick(plot, Qt.Key.Key_Home)
    assert plot.frame.x1 - plot.frame.x0 == 99
    with qtbot.waitSignal(plot.cursor_moved):
        QTest.keyClick(plot, Qt.Key.Key_Right)


def test_steps_in_powers_of_ten(plot: MetricPlot) -> None:
    show(plot, Curve("train", Series([0, 1, 10, 100, 1000], [5.0, 4.0, 3.0, 2.0, 1.0]), scale=10.0))
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    frame = plot.frame
    assert frame is not None and (frame.x0, frame.x1) == (10, 10_000), "zero has no place"
    assert frame.across(1000) - frame.across(100) == pytest.approx(frame.width / 3)
    assert [tick.text for tick in plot.axis.ticks(10, 10_000, 6)] == ["10", "100", "1,000", "10,000"]
    for x, y in ((100, 3.0), (10_000, 1.0)):
        assert image(plot).pixelColor(plot.position_of(x, y)) == theme.curve_color(0)
    assert turn(plot, plot.position_of(1000, 2.0), 4, NONE)
    assert plot.frame is not None and plot.frame.across(1000) == pytest.approx(frame.across(1000), abs=1)
    x0, at = plot.frame.x0, QPoint(300, 150)
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(plot, at + QPoint(-60, 0))
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=at + QPoint(-60, 0))
    assert plot.frame.x0 > x0 and plot.frame.x1 <= 10_000
    QTest.keyClick(plot, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    assert plot.frame.x0 == 0
    plot.set_axis(XAxis("time", "clock").logarithmic(True))
    assert not plot.axis.log, "points in time have no logarithm"


def test_a_logarithmic_axis_without_positive_values_says_so(plot: MetricPlot) -> None:
    show(plot, Curve("train", Series(range(3), [0.0, -1.0, -2.0])))
    QTest.mouseClick(plot.log_button, Qt.MouseButton.LeftButton)
    assert plot.frame is None
    QTest.mouseClick(plot.log_button, Qt.MouseButton.LeftButton)
    assert plot.frame is not None


def test_smoothing_leaves_the_points_faintly_visible(plot: MetricPlot) -> None:
    rng = np.random.default_rng(0)
    show(plot, Curve("train", Series(range(400), rng.normal(size=400))))
    raw = count(plot, theme.curve_color(0))
    plot.set_smoothing(0.95)
    assert 0 < count(plot, theme.curve_color(0)) < raw / 2
    assert plot.frame is not None and plot.frame.y1 > 2  # the range is that of the points


def test_the_theme_changes_live(qapp: QApplication, plot: MetricPlot) -> None:
    show(plot, Curve("train", Series(range(100), range(100))))
    dark = image(plot).pixelColor(3, 3)
    theme.apply(qapp, "light")
    assert dark.lightness() < 60
    assert image(plot).pixelColor(3, 3).lightness() > 240


def test_epochs_are_steps_stretched(plot: MetricPlot) -> None:
    curve = Curve("train", Series([45, 90], [2.0, 1.0]), scale=1 / 45)
    show(plot, curve)
    assert plot.frame is not None and (plot.frame.x0, plot.frame.x1) == (1, 2)
    assert curve.nearest(1.9) == (2, 1.0)
    assert curve.nearest(2.5) is None  # the curve does not reach that far


def test_in_a_page_that_scrolls_the_wheel_scrolls_the_page(qtbot: QtBot, qapp: QApplication) -> None:
    area = QScrollArea()
    qtbot.addWidget(area)
    page = QWidget()
    column = QVBoxLayout(page)
    plots = [MetricPlot(f"metric {number}") for number in range(4)]
    for one in plots:
        one.setFixedHeight(200)
        column.addWidget(one)
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.resize(400, 300)
    with qtbot.waitExposed(area):
        area.show()
    show(plots[0], Curve("train", Series(range(10), range(10))))
    plots[1].setFocus()
    assert not turn(plots[0], QPoint(200, 100), 1, NONE)
    assert turn(plots[0], QPoint(200, 100), 1, Qt.KeyboardModifier.ControlModifier)


def test_the_grid_fills_its_room_links_crosshairs_and_keeps_plots(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    grid = PlotGrid("Curves")
    qtbot.addWidget(grid)
    grid.resize(1000, 500)
    with qtbot.waitExposed(grid):
        grid.show()
    grid.show_metrics(["loss", "accuracy", "f1"])
    for one in grid.plots.values():
        show(one, Curve("train", Series(range(10), range(10))))
    kept = grid.plots["loss"]
    QTest.mouseMove(kept, kept.position_of(5, 5))
    pointed = [one._cursor for one in grid.plots.values()]
    assert pointed[0] is not None and len(set(pointed)) == 1
    grid.show_metrics(["loss"])
    assert grid.plots == {"loss": kept}
    assert kept.width() > 990 and kept.height() > 490
    grid.show_metrics([f"m{number}" for number in range(12)])
    assert grid.verticalScrollBar().maximum() > 0


def test_the_controls_steer_all_plots(qtbot: QtBot) -> None:
    grid, controls = PlotGrid("Curves"), PlotControls(0.5)
    qtbot.addWidget(grid)
    qtbot.addWidget(controls)
    grid.show_metrics(["loss"])
    controls.join(grid)
    assert grid.plots["loss"].smoothing == (0.5, "mean")
    controls.slider.setFocus()
    QTest.keyClick(controls.slider, Qt.Key.Key_End)
    assert grid.plots["loss"].smoothing == (0.99, "mean")
    grid.show_metrics(["loss", "accuracy"])
    assert grid.plots["accuracy"].smoothing == (0.99, "mean")


def test_neither_numpy_nor_pyqtgraph_load_with_an_empty_plot() -> None:
    code = (
        "import sys; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from workbench.gui.widgets.plot_grid import PlotGrid; grid = PlotGrid('x'); grid.show_metrics(['loss']);"
        "grid.grab(); print(sorted({'numpy', 'pyqtgraph', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.stdout.strip() == "[]", done.stderr
