"""Finding nodes on the canvas, and the add-node box that learns what a person uses."""

import time
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from tests.drawing import block, draw
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.core.document import Block, Document, Graph, Node, Port
from workbench.core.history import History
from workbench.gui.design.faces import Place
from workbench.gui.design.finding import MOST, Found, everything, fitting
from workbench.gui.design.offers import offers, ranked
from workbench.gui.design.search import Habits
from workbench.gui.design.style import DETAIL
from workbench.gui.session import OpenModel
from workbench.gui.settings.preferences import Preferences

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

CTRL = Qt.KeyboardModifier.ControlModifier
KEY = Qt.Key


def model() -> Document:
    stage = block(
        """
        x Input
        conv1 Conv2d out_channels='= width' kernel_size=3 < x
        act ReLU < conv1
        y Output < act
        """,
        width=16,
    )
    return draw(
        """
        digits Dataset
        stem Conv2d out_channels=8 kernel_size=[5,5] < digits.image
        stack @Stage width=32 < stem
        pool MaxPool2d < stack
        flat Flatten < pool
        head Linear out_features='= classes' < flat
        loss CrossEntropyLoss < head digits.label
        """,
        blocks={"Stage": stage},
        variables={},
    )


def search(document: Document, query: str) -> list[Found]:
    return fitting(query, everything(document, analyse(document, SAMPLES)))


def paths(query: str) -> list[str]:
    return [found.known.path for found in search(model(), query)]


def test_nodes_are_found_by_name_and_title() -> None:
    assert paths("stem")[0] == "stem"
    assert paths("conv1")[0] == "stack/conv1"
    titled = model()
    nodes = {**titled.graph.nodes, "head": replace(titled.graph.nodes["head"], title="Voting booth")}
    found = search(replace(titled, graph=replace(titled.graph, nodes=nodes)), "voting")
    assert [each.known.path for each in found] == ["head"]


def test_nodes_are_found_by_type_and_alias() -> None:
    assert set(paths("Conv2d")[:2]) == {"stem", "stack/conv1"}
    assert paths("dense")[0] == "head"
    assert paths("fully connected")[0] == "head"
    assert paths("Stage")[0] == "stack"


@pytest.mark.parametrize(
    ("query", "first", "why"),
    [
        ("kernel_size=3", "stack/conv1", "kernel_size = 3"),
        ("kernel=5", "stem", "kernel_size = 5×5"),
        ("kernel 3", "stack/conv1", "kernel_size = 3"),
        ("out_channels: 8", "stem", "out_channels = 8"),
        ("32", "stack", "width = 32"),
        ("out_channels=32", "stack/conv1", "out_channels = 32  = width"),
        ("classes", "head", "out_features = 10  = classes"),
        ("5x5", "stem", "kernel_size = 5×5"),
        ("dataset=digits", "digits", "dataset = digits"),
    ],
)
def test_nodes_are_found_by_values(query: str, first: str, why: str) -> None:
    found = search(model(), query)[0]
    assert (found.known.path, found.why) == (first, why)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("N×8×4×4", ["stem", "stack/x"]),
        ("8x4x4", ["stem", "stack/x"]),
        ("(8, 4, 4)", ["stem", "stack/x"]),
        ("n x 8 x 4 x 4", ["stem", "stack/x"]),
        ("*x4x4", ["stem", "stack/x"]),
        ("32x?x2", ["stack", "stack/conv1", "stack/act"]),
        ("N×10", ["head"]),
        ("7x7x7", []),
    ],
)
def test_nodes_are_found_by_shape(query: str, expected: list[str]) -> None:
    assert paths(query) == expected
    if expected:
        assert "×" in search(model(), query)[0].why


def test_what_fits_nothing_finds_nothing() -> None:
    for query in ("zzzz", "kernel_size=99", "kernel_size=", "= = =", "1e999", "nan", "x" * 5000, "((", "*"):
        assert paths(query) == [], query
    assert len(paths("")) == 11


def test_a_block_that_holds_itself_and_one_without_an_analysis() -> None:
    own = Block({}, Graph({"again": Node("again", block="Own"), "lost": Node("lost", block="Gone")}))
    document = Document("m", graph=Graph({"a": Node("a", block="Own")}), blocks={"Own": own})
    assert [found.known.path for found in search(document, "again")] == ["a/again"]
    assert [found.known.path for found in search(document, "lost")] == ["a/lost"]


def test_blocks_in_blocks_without_end_are_searched_in_part() -> None:
    blocks = {}
    for depth in range(8):
        inner = f"B{depth + 1}" if depth < 7 else ""
        nodes = {f"n{i}": Node(f"n{i}", block=inner) if inner else Node(f"n{i}", "ReLU") for i in range(10)}
        blocks[f"B{depth}"] = Block({}, Graph(nodes))
    document = Document("m", graph=Graph({"a": Node("a", block="B0")}), blocks=blocks)
    empty = analyse(Document(), SAMPLES)
    assert len(everything(document, empty)) == MOST


def test_two_thousand_nodes_are_searched_in_an_instant() -> None:
    nodes = {f"layer{i}": Node(f"layer{i}", "Linear", params={"out_features": i}) for i in range(2000)}
    links = {Port(f"layer{i}", "x"): Port(f"layer{i - 1}", "y") for i in range(1, 2000)}
    document = Document("m", graph=Graph(nodes, links))
    analysis = analyse(document, SAMPLES)
    began = time.process_time()
    known = everything(document, analysis)
    for query in ("layer1999", "1998", "out_features=7", "N×64", "dense", "linear"):
        assert fitting(query, known) or query == "N×64"
    assert time.process_time() - began < 0.8  # measured: 0.1 s for all six


# ------------------------------------------------------------- the box


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    canvas_driver.view.session._open(OpenModel(History(model())))
    canvas_driver.settle()
    canvas_driver.canvas.setFocus()
    return canvas_driver


def test_ctrl_f_enter_goes_to_a_node_inside_a_block(driver: "CanvasDriver") -> None:
    before = driver.document
    driver.key(KEY.Key_F, CTRL)
    box = driver.view.find_box
    assert box.isVisible() and box.field.hasFocus()
    assert [row.title for row in box._model.rows][:3] == ["digits", "stem", "stack"]
    QTest.keyClicks(box.field, "kernel 3")
    assert [row.title for row in box._model.rows] == ["stack/conv1"]
    assert box.list.isVisible()
    driver.key(KEY.Key_Return, widget=box.field)
    assert not box.isVisible() and driver.canvas.hasFocus()
    assert driver.canvas.place == Place("Stage", ("stack",))
    assert driver.canvas.drawing.selection == ["conv1"]
    assert driver.document is before
    seen = driver.canvas.mapToScene(driver.canvas.viewport().rect()).boundingRect()
    assert seen.contains(driver.canvas.drawing.nodes["conv1"].scene_rect())


def test_what_is_in_sight_but_too_small_to_read_comes_closer(driver: "CanvasDriver") -> None:
    driver.canvas.look_at(QPointF(0, 0), 0.08)
    driver.key(KEY.Key_F, CTRL)
    box = driver.view.find_box
    QTest.keyClicks(box.field, "pool")
    driver.key(KEY.Key_Return, widget=box.field)
    assert driver.canvas.zoom >= DETAIL
    seen = driver.canvas.mapToScene(driver.canvas.viewport().rect()).boundingRect()
    assert seen.contains(driver.canvas.drawing.nodes["pool"].scene_rect())


def test_arrows_choose_and_escape_closes(driver: "CanvasDriver") -> None:
    driver.canvas.drawing.select(("pool",))
    driver.key(KEY.Key_F, CTRL)
    box = driver.view.find_box
    QTest.keyClicks(box.field, "conv")
    rows = [row.title for row in box._model.rows]
    driver.key(KEY.Key_Down, widget=box.field)
    assert box.list.currentIndex().row() == 1
    driver.key(KEY.Key_Escape, widget=box.field)
    assert not box.isVisible() and driver.canvas.hasFocus()
    assert driver.canvas.drawing.selection == ["pool"]
    driver.key(KEY.Key_F, CTRL)
    assert box.field.text() == ""
    QTest.keyClicks(box.field, "conv")
    driver.key(KEY.Key_Down, widget=box.field)
    driver.key(KEY.Key_Return, widget=box.field)
    assert driver.canvas.drawing.selection == [rows[1].rpartition("/")[2]]


def test_a_click_chooses_and_nothing_found_says_what_can_be_typed(driver: "CanvasDriver") -> None:
    driver.key(KEY.Key_F, CTRL)
    box = driver.view.find_box
    QTest.keyClicks(box.field, "qqqq")
    assert not box.list.isVisible() and "kernel_size=3" in box._note.text()
    driver.key(KEY.Key_Return, widget=box.field)
    assert box.isVisible()
    box.field.clear()
    QTest.keyClicks(box.field, "head")
    place = box.list.visualRect(box._model.index(0, 0)).center()
    QTest.mouseClick(box.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert driver.canvas.drawing.selection == ["head"]


# ------------------------------------------------------------- adding what is used


def test_the_box_puts_first_what_is_used_often(driver: "CanvasDriver") -> None:
    def first(query: str) -> str:
        driver.canvas.drawing.select(())
        driver.key(KEY.Key_Tab)
        QTest.keyClicks(driver.view.search.field, query)
        title = driver.view.search._model.rows[0].title
        driver.key(KEY.Key_Escape, widget=driver.view.search.field)
        return title

    assert first("l") != "Layer normalisation"
    for _ in range(4):
        driver.canvas.drawing.select(())
        driver.key(KEY.Key_Tab)
        driver.choose("layer norm")
    assert first("l") == "Layer normalisation"
    assert first("") == "Layer normalisation"
    assert first("linear") == "Linear"
    assert driver.view.session.preferences.used["type:LayerNorm"] > 3


def test_every_way_to_open_the_add_node_box(driver: "CanvasDriver") -> None:
    driver.canvas.drawing.select(())
    for key in (KEY.Key_Tab, KEY.Key_Space):
        driver.key(key)
        assert driver.view.search.isVisible()
        driver.key(KEY.Key_Escape, widget=driver.view.search.field)
    driver.show(-3000, -3000)
    QTest.mouseDClick(driver.canvas.viewport(), Qt.MouseButton.LeftButton, pos=driver.at(-3000, -3000))
    assert driver.choose("batch norm 2d").startswith("batch_norm")


def test_habits_fade_and_bear_what_people_write_into_the_file() -> None:
    told: list[int] = []
    used = {"type:ReLU": nan, "type:GELU": "much", "type:Tanh": -3.0, "type:Add": 0.01}
    habits = Habits(used, lambda: told.append(1))  # type: ignore[arg-type]  # a broken file
    assert [habits.weight(key) for key in (*used, "type:Never")] == [0.0] * 5
    for _ in range(3):
        habits.note("type:Linear")
    once = habits.weight("type:Linear")
    for _ in range(200):
        habits.note("type:Conv2d")
    assert habits.weight("type:Linear") < 0.01 < once < habits.weight("type:Conv2d") < 1
    assert len(told) == 203
    assert set(used) <= {"type:Linear", "type:Conv2d"}


def test_habits_are_remembered(tmp_path: Path) -> None:
    preferences = Preferences(tmp_path / "window.json")
    Habits(preferences.used, preferences.save).note("type:LSTM")
    assert Preferences.load(preferences.path).used == {"type:LSTM": 1.0}
    preferences.path.write_text('{"used": ["LSTM"]}')
    assert Preferences.load(preferences.path).used == {}


def test_habit_never_beats_what_was_typed() -> None:
    found = offers(Document())
    best = ranked(found, "conv2d", lambda key: 1.0 if key == "type:ConvTranspose2d" else 0.0)
    assert best[0].name == "Conv2d"
