"""Items are drawn by kind, asked for only as they come into sight, and told in words."""

import base64
import io
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.gui import theme
from workbench.gui.data.items import ItemsGrid
from workbench.gui.data.items_painting import brief, node_count, paint_parts, spoken, tile_size


def png(colour: tuple[int, int, int], side: int = 4) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def picture(place: int = 0, colour: tuple[int, int, int] = (255, 0, 0)) -> dict[str, Any]:
    return {
        "place": place,
        "label": "red",
        "parts": [{"name": "image", "kind": "image", "png": png(colour)}],
    }


def row(place: int = 0) -> dict[str, Any]:
    part = {"name": "features", "kind": "row", "values": [1.5, None, "sunny"], "names": ["a", "b", "sky"]}
    return {"place": place, "label": "yes", "parts": [part]}


def one(**part: Any) -> dict[str, Any]:
    return {"place": 3, "label": "", "parts": [{"name": "x", **part}]}


PARTS: dict[str, dict[str, Any]] = {
    "text": {"kind": "text", "text": "a b\nc", "tokens": ["a", " b", "\n", "c"]},
    "curve": {"kind": "curve", "channels": [[0.0, 1.0, float("nan"), 2.0], [3.0]], "rate": 8000},
    "graph": {"kind": "graph", "x": [[1], [2], [3]], "edges": [[0, 1], [1, 2]], "labels": [0, 1, -1]},
    "volume": {"kind": "volume", "slices": [png((0, 0, 255)), png((0, 255, 0))]},
    "spectrogram": {"kind": "spectrogram", "png": png((9, 9, 9))},
    "empty curve": {"kind": "curve", "channels": []},
    "empty graph": {"kind": "graph", "edges": [[], []]},
    "damaged": {"kind": "image", "png": "no picture"},
}


@pytest.fixture
def grid(qtbot: QtBot, qapp: QApplication) -> ItemsGrid:
    theme.apply(qapp, "dark")
    made = ItemsGrid()
    qtbot.addWidget(made)
    made.resize(700, 420)
    made.show()
    qtbot.waitExposed(made)
    return made


def colours(grid: ItemsGrid) -> set[str]:
    image = grid.tiles.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    places = [(x, y) for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)]
    return {QColor(image.pixel(x, y)).name() for x, y in places}


def test_pictures_stand_in_tiles_with_their_pixels(grid: ItemsGrid) -> None:
    grid.show_items([picture(0), picture(1, (0, 255, 0))])
    assert not grid.is_table
    assert {"#ff0000", "#00ff00"} <= colours(grid)


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("mode", ["dark", "light"])
def test_each_kind_is_painted(grid: ItemsGrid, qapp: QApplication, kind: str, mode: str) -> None:
    theme.apply(qapp, mode)
    grid.show_items([])
    before = grid.tiles.viewport().grab().toImage()
    grid.show_items([one(**PARTS[kind])])
    assert not grid.is_table
    assert grid.tiles.viewport().grab().toImage() != before
    assert spoken(one(**PARTS[kind])).startswith("Item 4; x: ")


def test_rows_stand_in_a_table_under_the_names_of_their_columns(grid: ItemsGrid) -> None:
    grid.show_items([row(0), row(1)])
    assert grid.is_table
    model = grid.model
    assert model.columns == ["Item", "Label", "a", "b", "sky"]
    assert [model.index(1, column).data() for column in range(5)] == ["2", "yes", "1.500", "", "sunny"]


def test_cells_of_a_file_stand_as_they_are(grid: ItemsGrid) -> None:
    part = {"name": "features", "kind": "row", "cells": ["22.0", "Mrs. Brown"], "columns": ["Age", "Name"]}
    grid.show_items([{"place": 0, "label": "1", "parts": [part]}])
    model = grid.model
    assert model.columns == ["Item", "Label", "Age", "Name"]
    assert [model.index(0, column).data() for column in (2, 3)] == ["22.0", "Mrs. Brown"]
    right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    alignments = [model.index(0, column).data(Qt.ItemDataRole.TextAlignmentRole) for column in (2, 3)]
    assert [alignment == right for alignment in alignments] == [True, False]


def test_a_spectrogram_is_as_wide_as_the_wave_below_it(grid: ItemsGrid) -> None:
    wave = {"name": "wave", "kind": "curve", "channels": [[0.0, 1.0, 0.0]]}
    grid.show_items([{"place": 0, "label": "", "parts": [{"name": "mel", **PARTS["spectrogram"]}, wave]}])
    image = grid.tiles.viewport().grab(grid.tiles.area(0)).toImage()
    wide = sum(QColor(image.pixel(x, image.height() // 3)).name() == "#090909" for x in range(image.width()))
    assert wide > image.width() - 30


def test_short_texts_have_low_tiles() -> None:
    short, long = ({"parts": [{"name": "t", "kind": "text", "text": "word " * count}]} for count in (3, 90))
    assert tile_size([short]).height() < tile_size([short, long]).height() - 60


def test_wide_tiles_of_texts_are_lower() -> None:
    item = {"parts": [{"name": "t", "kind": "text", "text": "word " * 40}]}
    assert tile_size([item], 900).height() < tile_size([item]).height()


def test_both_sentences_of_a_pair_have_room_in_their_tile(qtbot: QtBot) -> None:
    pair = {
        "parts": [
            {"name": name, "kind": "text", "text": "Zwei junge Leute", "tokens": ["Zwei", "junge", "Leute"]}
            for name in ("source", "target")
        ]
    }
    size = tile_size([pair])
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(theme.color("card"))
    painter = QPainter(image)
    paint_parts(painter, QRectF(0, 0, size.width(), size.height()), pair, 0.5)
    painter.end()
    half, ink = size.height() // 2, theme.color("text")
    inked = [
        sum(image.pixelColor(x, y) == ink for x in range(160) for y in range(top, top + half))
        for top in (0, half)
    ]
    assert min(inked) > 10 and min(inked) > max(inked) / 2


def test_items_without_labels_have_no_column_for_them(grid: ItemsGrid) -> None:
    grid.show_items([{**row(), "label": ""}])
    assert grid.table.isColumnHidden(1)
    grid.show_items([row()])
    assert not grid.table.isColumnHidden(1)


def test_of_many_only_those_in_sight_are_asked_for(grid: ItemsGrid, qtbot: QtBot) -> None:
    asked: list[tuple[int, int]] = []
    grid.wanted.connect(lambda first, end: asked.append((first, end)))
    grid.show_count(70_000)
    qtbot.waitUntil(lambda: bool(asked))
    first, end = asked[0]
    assert first == 0
    assert end <= 120
    grid.give(0, [picture(place) for place in range(first, end)])
    assert "#ff0000" in colours(grid)
    grid.tiles.verticalScrollBar().setValue(grid.tiles.verticalScrollBar().maximum())
    qtbot.waitUntil(lambda: len(asked) == 2)
    assert asked[1][1] == 70_000
    assert asked[1][0] > 69_800


def test_fast_scrolling_asks_for_where_it_ends(grid: ItemsGrid, qtbot: QtBot) -> None:
    asked: list[tuple[int, int]] = []
    grid.wanted.connect(lambda first, end: asked.append((first, end)))
    grid.show_count(70_000)
    qtbot.waitUntil(lambda: len(asked) == 1)
    bar = grid.tiles.verticalScrollBar()
    for step in range(1, 41):  # while the first question waits for its answer
        bar.setValue(bar.maximum() * step // 40)
        grid.tiles.viewport().grab()
        QApplication.processEvents()
    assert len(asked) == 1
    grid.give(*(0, [picture(place) for place in range(asked[0][1])]))
    qtbot.waitUntil(lambda: len(asked) == 2)
    assert asked[1][1] == 70_000
    assert asked[1][1] - asked[1][0] <= 120


def test_what_is_kept_has_a_limit(grid: ItemsGrid) -> None:
    grid.show_count(70_000)
    for first in range(0, 6_000, 100):
        grid.give(first, [picture(place) for place in range(first, first + 100)])
    assert len(grid.model.items) == 2_000
    assert grid.model.item(5_999) is not None


def test_a_refused_question_may_be_asked_again(grid: ItemsGrid, qtbot: QtBot) -> None:
    asked: list[tuple[int, int]] = []
    grid.wanted.connect(lambda first, end: asked.append((first, end)))
    grid.show_count(50)
    qtbot.waitUntil(lambda: len(asked) == 1)
    grid.refuse()
    grid.tiles.viewport().grab()
    qtbot.waitUntil(lambda: len(asked) == 2)


def test_the_slider_goes_through_the_slices_of_a_volume(grid: ItemsGrid) -> None:
    grid.show_items([picture()])
    assert not grid.through.isVisible()
    grid.show_items([one(**PARTS["volume"])])
    assert grid.through.isVisible()
    grid.slider.setFocus()
    QTest.keyClick(grid.slider, Qt.Key.Key_Home)
    assert "#0000ff" in colours(grid)
    assert grid.counter.text() == "1 of 2"
    QTest.keyClick(grid.slider, Qt.Key.Key_End)
    assert "#00ff00" in colours(grid)
    assert grid.slider.accessibleDescription() == "2 of 2"


def test_keys_choose_and_open_an_item(grid: ItemsGrid, qtbot: QtBot) -> None:
    grid.show_items([picture(place) for place in range(9)])
    chosen: list[Any] = []
    opened: list[Any] = []
    grid.chosen.connect(chosen.append)
    grid.opened.connect(opened.append)
    grid.setFocus()
    QTest.keyClick(grid.tiles, Qt.Key.Key_Right)
    QTest.keyClick(grid.tiles, Qt.Key.Key_Right)
    QTest.keyClick(grid.tiles, Qt.Key.Key_Return)
    assert chosen[-1]["place"] in (1, 2)
    assert opened == [chosen[-1]]
    assert grid.current() == chosen[-1]


def test_a_click_chooses_an_item(grid: ItemsGrid) -> None:
    grid.show_items([picture(place) for place in range(9)])
    chosen: list[Any] = []
    grid.chosen.connect(chosen.append)
    at = grid.tiles.area(3).center()
    QTest.mouseClick(grid.tiles.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at.x(), at.y()))
    assert [item["place"] for item in chosen] == [3]


def test_strips_fill_the_width(grid: ItemsGrid) -> None:
    grid.show_items([one(**PARTS["curve"]) for _ in range(4)])
    room = grid.tiles.viewport().width()
    assert grid.tiles.area(0).width() == room // 2 - 8
    assert grid.tiles.area(0).topLeft() == QPoint(8, 8)
    grid.resize(400, 420)
    QApplication.processEvents()
    assert grid.tiles.area(0).width() == grid.tiles.viewport().width() - 8


def test_the_bar_is_seen_only_where_there_is_more(grid: ItemsGrid) -> None:
    bar = grid.tiles.verticalScrollBar()
    bar.setRange(0, 0)
    assert not bar.isEnabled()
    bar.setRange(0, 40)
    assert bar.isEnabled()


def test_keys_go_through_the_rows_of_tiles(grid: ItemsGrid) -> None:
    grid.show_items([picture(place) for place in range(9)])
    columns = grid.tiles.rows.columns
    assert 1 < columns < 9
    grid.choose(columns - 1)
    QTest.keyClick(grid.tiles, Qt.Key.Key_Right)
    assert (found := grid.current()) is not None and found["place"] == columns
    QTest.keyClick(grid.tiles, Qt.Key.Key_End)
    assert (found := grid.current()) is not None and found["place"] == 8
    QTest.keyClick(grid.tiles, Qt.Key.Key_Down)
    assert (found := grid.current()) is not None and found["place"] == 8
    QTest.keyClick(grid.tiles, Qt.Key.Key_Home)
    QTest.keyClick(grid.tiles, Qt.Key.Key_Down)
    assert (found := grid.current()) is not None and found["place"] == columns


def test_the_choice_stays_when_the_window_is_made_narrower(grid: ItemsGrid) -> None:
    grid.show_items([picture(place) for place in range(9)])
    grid.choose(5)
    grid.resize(360, 420)
    QApplication.processEvents()
    assert (found := grid.current()) is not None and found["place"] == 5


def test_a_screen_reader_hears_label_and_values(grid: ItemsGrid) -> None:
    grid.show_items([row(6)])
    said = grid.model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Item 7; yes; features: 1.500, , sunny"
    assert grid.tiles.accessibleName()
    assert grid.table.accessibleName()


def test_brief_tells_sizes() -> None:
    assert brief({"kind": "row", "values": list(range(20))}).endswith("(20 values)")
    assert brief(PARTS["curve"]) == "2 curves of 4 points"
    assert brief(PARTS["graph"]) == "a graph of 3 nodes and 2 links"
    assert brief(PARTS["volume"]) == "2 slices"
    assert node_count({"kind": "graph", "nodes": 7, "edges": [[0], [1]]}) == 7


def test_pictures_stand_beside_one_another() -> None:
    part = {"name": "image", "kind": "image", "png": ""}
    alone = tile_size([{"parts": [part]}])
    pair = tile_size([{"parts": [part, {**part, "name": "mask"}]}])
    assert pair.width() > 1.8 * alone.width() - 20
    assert pair.height() < 1.5 * alone.height()
