"""What the canvas paints: pictures of the stage are compared, pixel by pixel or by what stands where."""

from dataclasses import replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.drawing import draw
from tests.gui.pixels import colors
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load, templates
from workbench.core.document import BYPASS, COLLAPSED, MUTE, PINNED, WIRELESS, Document, Graph, Node, Port
from workbench.core.edits import Edit, SetParam
from workbench.core.files import dumps, loads
from workbench.core.history import History
from workbench.core.looks import SetBends, SetLook, SetMode
from workbench.gui.design.faces import IDLE, Knowledge, Place
from workbench.gui.design.geometry import runs_through
from workbench.gui.design.items import LinkItem
from workbench.gui.design.scene import DesignScene
from workbench.gui.session import OpenModel

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

PLACES = {"digits": (0, 0), "flat": (240, 0), "fc1": (480, 0), "fc2": (720, 0)}


def row() -> Document:
    """digits → flat → fc1 → fc2, in one row."""
    document = draw("""
        digits Dataset
        flat Flatten < digits.image
        fc1 Linear out_features=16 < flat
        fc2 Linear out_features=10 < fc1
    """)
    nodes = {id: replace(node, at=PLACES[id]) for id, node in document.graph.nodes.items()}
    return replace(document, graph=replace(document.graph, nodes=nodes))


def show(driver: "CanvasDriver", document: Document) -> None:
    driver.view.session._open(OpenModel(History(document)))
    driver.settle()


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    show(canvas_driver, row())
    canvas_driver.show(432, 0)
    return canvas_driver


def picture(driver: "CanvasDriver", rect: QRectF) -> QImage:
    """What the screen shows of a rectangle of the scene."""
    QApplication.processEvents()
    return driver.canvas.viewport().grab(driver.canvas.mapFromScene(rect).boundingRect()).toImage()


def under(driver: "CanvasDriver", id: str) -> QRectF:
    """The strip under a card."""
    rect = driver.canvas.drawing.nodes[id].scene_rect()
    return QRectF(rect.left(), rect.bottom() + 2, rect.width(), 32)


def thickness(driver: "CanvasDriver", x: float, y: float) -> int:
    """How many pixels of a column around a place are not background."""
    column = picture(driver, QRectF(x, y - 8, 1, 16))
    return sum(column.pixelColor(0, at) != column.pixelColor(0, 0) for at in range(column.height()))


def test_layers_paint_over_the_drawing_in_places_of_the_scene(driver: "CanvasDriver") -> None:
    place = QRectF(500, 10, 20, 20)
    before = picture(driver, place)
    seen: list[QRectF] = []

    def layer(painter: QPainter, rect: QRectF) -> None:
        seen.append(rect)
        painter.fillRect(place, "#12ff34")

    driver.canvas.layers.append(layer)
    driver.canvas.viewport().update()
    after = picture(driver, place)
    assert after.pixelColor(10, 10).name() == "#12ff34" != before.pixelColor(10, 10).name()
    assert any(rect.intersects(place) for rect in seen)


def test_badges_stand_under_their_cards_and_go_again(driver: "CanvasDriver") -> None:
    drawing = driver.canvas.drawing
    empty = [picture(driver, under(driver, id)) for id in ("fc1", "fc2")]
    drawing.set_badges({"fc1": ("mean 0.12", "dead 3 %", "12 ms"), "nothing": ("lost",)})
    shown = [picture(driver, under(driver, id)) for id in ("fc1", "fc2")]
    assert shown[0] != empty[0] and shown[1] == empty[1]
    drawing.set_badges({"fc2": ("mean 0.5",)})
    moved = [picture(driver, under(driver, id)) for id in ("fc1", "fc2")]
    assert moved[0] == empty[0] and moved[1] != empty[1]


def test_a_wire_below_a_card_does_not_strike_its_badges_out(driver: "CanvasDriver") -> None:
    strip = under(driver, "fc1")
    middle = strip.center().y() - 8
    driver.canvas.do(SetBends(Port("fc2", "x"), ((strip.left(), middle), (strip.right(), middle))))
    driver.settle()
    driver.canvas.drawing.set_badges({"fc1": ("mean 0.12 and dead 3 %",)})
    plated = wire_pixels(picture(driver, strip))
    driver.canvas.drawing.set_badges({})
    assert plated + 10 < wire_pixels(picture(driver, strip))


def wire_pixels(image: QImage) -> int:
    """How many pixels have the colour of a wire, which texts have not."""
    found = ((QColor(name), count) for name, count in colors(image).items())
    return sum(n for color, n in found if color.lightness() > 100 and color.hslSaturation() > 120)


def test_badges_stay_with_a_card_that_is_made_again(driver: "CanvasDriver") -> None:
    drawing, know = driver.canvas.drawing, driver.canvas.drawing.know
    assert know is not None
    drawing.set_badges({"fc2": ("mean 0.5",)})
    shown = picture(driver, under(driver, "fc2"))
    graph = know.document.graph
    nodes = {id: node for id, node in graph.nodes.items() if id != "fc2"}
    links = {port: source for port, source in graph.links.items() if port.node != "fc2"}
    drawing.show(
        replace(know, document=know.document.with_graph("", replace(graph, nodes=nodes, links=links)))
    )
    assert "fc2" not in drawing.nodes
    drawing.show(know)
    assert picture(driver, under(driver, "fc2")) == shown


def test_wires_get_the_thickness_of_their_weights(driver: "CanvasDriver") -> None:
    drawing, target = driver.canvas.drawing, Port("fc2", "x")
    x, y = 672.0, 24.0
    usual = thickness(driver, x, y)
    drawing.set_weights({target: 1.0})
    thick = thickness(driver, x, y)
    drawing.set_weights({target: 0.0})
    thin = thickness(driver, x, y)
    drawing.set_weights({})
    assert thin <= usual < thick and thickness(driver, x, y) == usual


def test_a_dot_of_a_link_is_found_by_its_place(driver: "CanvasDriver") -> None:
    drawing, target = driver.canvas.drawing, Port("fc2", "x")
    assert driver.view.session.do(SetBends(target, ((650, 120), (680, -80))))
    assert drawing.bend_at(QPointF(652, 118), 10) == (target, 0)
    assert drawing.bend_at(QPointF(681, -79), 10) == (target, 1)
    assert drawing.bend_at(QPointF(665, 20), 10) is None
    assert drawing.link_at(QPointF(650, 120), 3) is drawing.links[target]
    driver.view.session.undo()
    assert drawing.bend_at(QPointF(652, 118), 10) is None
    assert drawing.link_at(QPointF(650, 120), 3) is None


def test_a_link_shows_dots_before_they_are_in_the_document(driver: "CanvasDriver") -> None:
    drawing, target = driver.canvas.drawing, Port("fc2", "x")
    drawing.show_bends(target, ((650, 120),))
    assert drawing.link_at(QPointF(650, 120), 3) is drawing.links[target]
    assert driver.document.graph.bends == {}
    drawing.show_bends(target, ())
    drawing.settle()
    assert drawing.link_at(QPointF(650, 120), 3) is None
    assert drawing.link_at(QPointF(672, 24), 3) is drawing.links[target]


# ---------------------------------------------------------------- modes, looks, unknown types


def card(driver: "CanvasDriver", id: str) -> QImage:
    return picture(driver, driver.canvas.drawing.nodes[id].sceneBoundingRect())


def done(driver: "CanvasDriver", *edits: Edit) -> None:
    for edit in edits:
        assert driver.view.session.do(edit)
    driver.settle()


def test_bypassed_muted_and_faded_cards_all_look_different(driver: "CanvasDriver") -> None:
    drawing = driver.canvas.drawing
    looks = [card(driver, "fc1")]
    drawing.fade(["fc1"])
    looks.append(card(driver, "fc1"))
    drawing.fade(())
    for mode in (BYPASS, MUTE):
        done(driver, SetMode(("fc1",), mode))
        looks.append(card(driver, "fc1"))
    areas = [look.copy(0, 0, 150, 60) for look in looks]
    assert all(one != other for index, one in enumerate(areas) for other in areas[:index])
    assert drawing.nodes["fc1"].rows == [["muted"]]
    done(driver, SetMode(("fc1",), BYPASS))
    assert drawing.nodes["fc1"].rows == [["bypassed"]]
    done(driver, SetMode(("fc1",), ""))
    assert card(driver, "fc1") == looks[0] and drawing.nodes["fc1"].rows == []


def test_a_bypassed_node_hands_on_what_flows_into_it(driver: "CanvasDriver") -> None:
    done(driver, SetMode(("flat",), BYPASS))
    links = driver.canvas.drawing.links
    assert links[Port("flat", "x")].kind == links[Port("fc1", "x")].kind == "image"
    assert not links[Port("fc1", "x")].idle


def test_what_a_muted_node_feeds_is_faint_and_so_are_the_wires(driver: "CanvasDriver") -> None:
    drawing = driver.canvas.drawing
    usual = card(driver, "fc2")
    done(driver, SetMode(("fc1",), MUTE))
    assert [drawing.nodes[id].face.mode for id in ("flat", "fc1", "fc2")] == ["", MUTE, IDLE]
    assert card(driver, "fc2") != usual
    assert [drawing.links[Port(id, "x")].idle for id in ("flat", "fc1", "fc2")] == [False, True, True]
    driver.view.session.undo()
    driver.settle()
    assert drawing.nodes["fc2"].face.mode == ""
    assert not any(link.idle for link in drawing.links.values())


def test_a_pin_stands_on_the_card_of_a_pinned_node(driver: "CanvasDriver") -> None:
    usual = card(driver, "fc1")
    done(driver, SetLook(("fc1",), PINNED, True))
    assert card(driver, "fc1") != usual
    done(driver, SetLook(("fc1",), PINNED, False))
    assert card(driver, "fc1") == usual


@pytest.mark.parametrize(("template", "id"), [("lstm-gates", "lstm"), ("transformer", "encoder")])
def test_a_card_says_from_afar_that_it_repeats(driver: "CanvasDriver", template: str, id: str) -> None:
    show(driver, load(template))
    driver.canvas.look_at(driver.canvas.drawing.nodes[id].scene_rect().center(), 0.48)

    def marked() -> int:
        """Pixels in the colour of the mark, in the lower right of the card."""
        rect = driver.canvas.drawing.nodes[id].scene_rect()
        part = picture(driver, QRectF(rect.center().x(), rect.bottom() - 24, rect.width() / 2 - 4, 20))
        found = ((QColor(name), count) for name, count in colors(part).items())
        return sum(count for color, count in found if color.blue() - color.red() > 60)

    assert marked() > 4
    face = driver.canvas.drawing.nodes[id].face
    driver.canvas.drawing.nodes[id].set_face(replace(face, repeat=""))
    assert marked() == 0


def test_a_collapsed_card_is_its_title_and_can_still_be_linked(driver: "CanvasDriver") -> None:
    document = draw("""
        digits Dataset
        conv Conv2d out_channels=1 padding=1 < digits.image
        add Add < digits.image
    """)
    nodes = {"digits": (0, 0), "conv": (240, 0), "add": (560, 0)}
    graph = document.graph
    placed = {id: replace(graph.nodes[id], at=at) for id, at in nodes.items()}
    show(driver, replace(document, graph=replace(graph, nodes=placed)))
    driver.show(400, 40)
    item = driver.canvas.drawing.nodes["add"]
    tall = item.scene_rect().height()
    done(driver, SetLook(("add",), COLLAPSED, True))
    assert item.scene_rect().height() < tall / 2
    assert item.port_place("a", output=False) == item.port_place("b", output=False) == QPointF(560, 24)
    driver.link("conv.y", "add.a")
    assert driver.document.graph.links[Port("add", "a")] == Port("digits", "image")
    assert driver.document.graph.links[Port("add", "b")] == Port("conv", "y")


def test_links_of_a_wireless_node_show_only_while_it_is_looked_at(driver: "CanvasDriver") -> None:
    drawing, middle = driver.canvas.drawing, QRectF(664, 16, 16, 16)
    shown = picture(driver, middle)
    done(driver, SetLook(("fc2",), WIRELESS, True))
    link = drawing.links[Port("fc2", "x")]
    hidden = picture(driver, middle)
    assert link.hidden and hidden != shown and thickness(driver, 712, 24) > 0
    assert drawing.link_at(QPointF(672, 24), 6) is None
    assert drawing.link_at(QPointF(710, 24), 6) is link
    QTest.mouseMove(driver.canvas.viewport(), driver.at(790, 14))
    assert picture(driver, middle) != hidden
    QTest.mouseMove(driver.canvas.viewport(), driver.at(672, 120))
    assert picture(driver, middle) == hidden
    driver.select("fc2")
    driver.show(432, 0)
    assert picture(driver, middle) != hidden


def test_dots_of_a_link_are_painted_and_larger_under_the_pointer(driver: "CanvasDriver") -> None:
    drawing, target, dot = driver.canvas.drawing, Port("fc2", "x"), QRectF(662, 72, 16, 16)
    done(driver, SetBends(target, ((670, 80),)))
    still = picture(driver, dot)
    drawing.hover(drawing.links[target])
    assert picture(driver, dot) != still
    drawing.hover(None)
    assert picture(driver, dot) == still
    driver.canvas.look_at(QPointF(432, 0), 0.4)
    picture(driver, dot)
    done(driver, SetBends(target, ()))
    assert drawing.links[target].bends == ()


def test_a_node_of_an_unknown_type_is_shown_with_its_links_and_saved_untouched(
    driver: "CanvasDriver",
) -> None:
    document = row()
    odd = replace(document.graph.nodes["fc1"], type="FancyMixer", params={"knob": 3})
    links = {**document.graph.links, Port("fc1", "side"): Port("digits", "image")}
    graph = replace(document.graph, nodes={**document.graph.nodes, "fc1": odd}, links=links)
    document = replace(document, graph=graph)
    text = dumps(document)
    show(driver, loads(text))
    face = driver.canvas.drawing.nodes["fc1"].face
    assert (face.title, face.line, face.level) == ("FancyMixer", "unknown type · fc1", "error")
    assert (face.inputs, face.outputs) == (("x", "side"), ("y",))
    assert dumps(driver.document) == text
    driver.select("fc1")
    driver.key(Qt.Key.Key_Right)
    assert driver.node("fc1").params == {"knob": 3} and driver.node("fc1").type == "FancyMixer"
    driver.view.session.undo()
    assert dumps(driver.document) == text


def test_an_unknown_block_is_shown_with_its_links(driver: "CanvasDriver") -> None:
    document = row()
    odd = replace(document.graph.nodes["fc1"], type="", block="Lost", params={})
    nodes = {**document.graph.nodes, "fc1": odd}
    show(driver, replace(document, graph=replace(document.graph, nodes=nodes)))
    face = driver.canvas.drawing.nodes["fc1"].face
    assert (face.title, face.line, face.inputs, face.outputs) == (
        "Lost",
        "unknown block · fc1",
        ("x",),
        ("y",),
    )


# ---------------------------------------------------------------- only what changed


def test_an_edit_touches_only_the_cards_that_it_concerns(driver: "CanvasDriver") -> None:
    drawing = driver.canvas.drawing
    kept = {id: item.face for id, item in drawing.nodes.items()}
    done(driver, SetParam("fc2", "out_features", 7))
    assert [id for id, item in drawing.nodes.items() if item.face is not kept[id]] == ["fc2"]
    assert drawing.nodes["fc2"].face.line == "fc2 · 7 outputs"
    label = drawing.labels.of(drawing.links[Port("fc2", "x")])
    assert label is not None and label.text == "N×16"
    done(driver, SetParam("fc1", "out_features", 32))
    label = drawing.labels.of(drawing.links[Port("fc2", "x")])
    assert label is not None and label.text == "N×32"


def test_a_picture_on_the_screen_and_one_in_a_file_say_the_same(driver: "CanvasDriver") -> None:
    rect = QRectF(470, -10, 410, 70)
    seen = picture(driver, rect)
    file = QImage(seen.size(), QImage.Format.Format_RGB32)
    file.fill(seen.pixelColor(1, 1))
    painter = QPainter(file)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    driver.canvas.drawing.render(painter, QRectF(file.rect()), rect)
    painter.end()
    size = (seen.width(), seen.height())
    far = sum(
        abs(seen.pixelColor(x, y).lightness() - file.pixelColor(x, y).lightness()) > 60
        for x in range(0, size[0], 2)
        for y in range(0, size[1], 2)
    )
    assert far < 0.03 * size[0] * size[1] / 4


def test_many_shapes_find_their_places_in_several_paintings(driver: "CanvasDriver") -> None:
    nodes = {"noise": Node("noise", "Noise", at=(0, 0))}
    links: dict[Port, Port] = {}
    before = Port("noise", "z")
    for index in range(1, 100):
        at = (200.0 * (index % 10), 100.0 * (index // 10))
        nodes[f"fc{index}"] = Node(f"fc{index}", "Linear", params={"out_features": 8}, at=at)
        links[Port(f"fc{index}", "x")] = before
        before = Port(f"fc{index}", "y")
    show(driver, Document("chain", graph=Graph(nodes, links)))
    driver.canvas.look_at(QPointF(1000, 450), 0.55)
    drawing = driver.canvas.drawing
    driver.qtbot.waitUntil(
        lambda: drawing.labels.near(drawing.bounds().adjusted(-99, -99, 99, 99)) == set(links), timeout=5000
    )


def test_a_shape_never_stands_where_it_would_be_read_as_that_of_another_wire(driver: "CanvasDriver") -> None:
    """Shapes stand beside their own wires; one that a wire comes near to finds another place, or goes."""
    drawing = driver.canvas.drawing
    done(driver, SetBends(Port("fc2", "x"), ((690.0, 160.0),)))
    link = drawing.links[Port("fc2", "x")]
    label = drawing.labels.of(link)
    assert label is not None
    x, y = label.rect.center().toTuple()
    done(driver, SetBends(Port("fc1", "x"), ((x - 30.0, y), (x + 30.0, y))))
    other = drawing.links[Port("fc1", "x")]
    near = label.rect.adjusted(-8, -8, 8, 8)
    assert other.runs_through(near)
    label = drawing.labels.of(link)
    assert label is None or not other.runs_through(label.rect.adjusted(-8, -8, 8, 8))
    done(driver, SetBends(Port("fc1", "x"), ()))
    assert not other.runs_through(near)


@pytest.mark.parametrize(
    ("points", "through"),
    [
        ([(0, 5), (20, 5)], True),
        ([(0, 15), (20, 15)], False),
        ([(8, -5), (8, 30)], True),
        ([(-10, -10), (30, 30)], True),
        ([(-10, 8), (8, 30)], False),  # past the corner
        ([(0, 30), (0, 11), (30, 11)], False),
        ([(-30, 40), (2, 2)], True),
    ],
)
def test_whether_a_line_comes_into_a_rectangle(points: list[tuple[float, float]], through: bool) -> None:
    assert runs_through(points, 2, 2, 10, 10) is through


def stretches(link: LinkItem) -> set[tuple[int, int]]:
    """Where a wire runs level: steps of 8 along its way, each at its height."""
    points = [(point.x(), point.y()) for part in link.course.toSubpathPolygons() for point in part.toList()]
    level = [(*sorted((a, b)), y) for (a, y), (b, end) in pairwise(points) if abs(end - y) < 1]
    return {(step, round(y)) for left, right, y in level for step in range(int(left) // 8, int(right) // 8)}


def test_no_link_of_a_ready_model_hides_another_one(driver: "CanvasDriver") -> None:
    found = []
    for template in templates():
        document = load(template.id)
        analysis = analyse(document, SAMPLES)
        for where in ("", *document.blocks):
            scene = DesignScene()
            scene.show(Knowledge(document, analysis, SAMPLES, Place(where)))
            links = [(link, stretches(link)) for link in scene.links.values()]
            found += [
                f"{template.id}: {one.source} → {one.target} on {other.source} → {other.target}"
                for (one, along), (other, beside) in combinations(links, 2)
                if one.source != other.source and len(along & beside) > 12
            ]
    assert not found
