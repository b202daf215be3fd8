"""Figures are painted in the theme, and their values can be read by pointer, keys and screen reader."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from workbench.gui import theme
from workbench.gui.data.charts import Bars, Chart, Figures, Histogram, say
from workbench.gui.widgets.labels import Label

NUMBERS = {"title": "Examples", "kind": "numbers", "names": ["items", "train"], "values": ["60,000", 50000]}
BARS = {"title": "Classes", "kind": "bars", "names": ["cat", "dog"], "values": [1, 3]}
HISTOGRAM = {"title": "Lengths", "kind": "histogram", "values": [2, 5, 1], "edges": [0, 10, 20, 30]}


@pytest.fixture
def figures(qtbot: QtBot, qapp: QApplication) -> Figures:
    theme.apply(qapp, "dark")
    made = Figures()
    qtbot.addWidget(made)
    made.resize(320, 420)
    made.show_figures([NUMBERS, BARS, HISTOGRAM])
    made.show()
    qtbot.waitExposed(made)
    return made


def bars(figures: Figures) -> Chart:
    return next(chart for chart in figures.charts if isinstance(chart, Bars))


def histogram(figures: Figures) -> Chart:
    return next(chart for chart in figures.charts if isinstance(chart, Histogram))


def test_titles_and_numbers_are_words(figures: Figures) -> None:
    said = {label.text() for label in figures.findChildren(Label)}
    assert {"Examples", "Classes", "Lengths", "60,000", "50,000"} <= said


def test_the_longest_bar_is_the_largest_value(figures: Figures) -> None:
    chart = bars(figures)
    image = chart.grab().toImage()
    accent = theme.color("accent").name()

    def length(place: int) -> int:
        return sum(image.pixelColor(x, 12 + 20 * place).name() == accent for x in range(image.width()))

    assert 0 < length(0) < length(1)
    assert length(1) == pytest.approx(3 * length(0), abs=6)


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_histograms_follow_the_theme(figures: Figures, qapp: QApplication, mode: str) -> None:
    theme.apply(qapp, mode)
    image = histogram(figures).grab().toImage()
    middle = image.pixelColor(image.width() // 2, image.height() - 40).name()
    assert middle == theme.color("accent").name()


def test_a_pointer_reads_a_value(figures: Figures) -> None:
    chart = bars(figures)
    QTest.mouseMove(chart, QPoint(50, 30))
    assert chart.at == 1
    event = QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(50, 30), chart.mapToGlobal(QPoint(50, 30)))
    QApplication.sendEvent(chart, event)
    assert QToolTip.text() == "dog: 3 (75.0 %)"
    QToolTip.hideText()
    hist = histogram(figures)
    QTest.mouseMove(hist, QPoint(160, 60))
    assert hist.at == 1


def test_keys_read_values(figures: Figures) -> None:
    chart = histogram(figures)
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.accessibleName() == "Lengths: 0 to 10.00: 2"
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.at == 1
    QTest.keyClick(chart, Qt.Key.Key_Left)
    QTest.keyClick(chart, Qt.Key.Key_Left)
    assert chart.at == 0


def test_a_screen_reader_hears_all_values(figures: Figures) -> None:
    assert bars(figures).accessibleName() == "Classes"
    assert bars(figures).accessibleDescription() == "cat: 1 (25.0 %); dog: 3 (75.0 %)"
    assert histogram(figures).accessibleDescription().startswith("0 to 30.00, 3 columns; 0 to 10.00: 2")


def test_other_figures_replace_the_first(figures: Figures) -> None:
    figures.show_figures([BARS])
    assert len(figures.charts) == 1
    figures.show_figures([])
    assert figures.charts == []


@pytest.mark.parametrize(
    "figure",
    [
        {"title": "Empty", "kind": "bars", "names": [], "values": []},
        {"title": "Empty", "kind": "histogram", "values": [], "edges": []},
        {"title": "All zero", "kind": "bars", "names": ["a"], "values": [0]},
        {"title": "One place", "kind": "histogram", "values": [3], "edges": [2, 2]},
        {"title": "Odd", "kind": "histogram", "values": [3.0, float("nan")], "edges": [1]},
    ],
)
def test_odd_figures_are_painted_all_the_same(figures: Figures, figure: dict[str, object]) -> None:
    figures.show_figures([figure])
    assert figures.grab().toImage().size().height() == figures.height()
    assert figures.charts[0].accessibleName()


def test_values_read_well() -> None:
    assert [say(value) for value in (60000, 0.25, "many", 3.0)] == ["60,000", "0.2500", "many", "3"]


def test_what_is_long_to_say_stands_below_its_name_in_full(qtbot: QtBot) -> None:
    made = Figures()
    qtbot.addWidget(made)
    long = "number · 11.03 to 14.83, mean 13.0, 177 missing"
    figure = {"title": "Columns", "kind": "numbers", "names": ["alcohol", "sex"], "values": [long, "text"]}
    made.show_figures([figure])
    made.resize(200, 300)
    made.show()
    at = {label.text(): label.mapTo(made, QPoint()) for label in made.findChildren(Label)}
    assert at["alcohol"].y() < at[long].y() < at["sex"].y() < at["text"].y()
    assert at["alcohol"].x() == at[long].x() == at["text"].x()
