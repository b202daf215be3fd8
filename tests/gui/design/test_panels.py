"""Palette, search, problems, code, summary and updates."""

import ast
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from workbench.catalog.spec import node_types
from workbench.catalog.templates import load, templates
from workbench.core.document import Block, Document, Graph, Node, Port
from workbench.core.history import History
from workbench.core.names import check_id
from workbench.gui import theme
from workbench.gui.design.bottom import CODE, PROBLEMS, SUMMARY, UPDATES
from workbench.gui.design.naming import free_id, id_for_type
from workbench.gui.design.offers import offers, ranked
from workbench.gui.session import OpenModel
from workbench.gui.widgets.series import Series
from workbench.store.records import RunRecord

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

LEFT = Qt.MouseButton.LeftButton


def show(driver: "CanvasDriver", document: Document) -> None:
    driver.view.session._open(OpenModel(History(document)))
    QApplication.processEvents()


def clash() -> Document:
    """Images into a Linear: a Flatten is missing. The cards stand so close that it needs room."""
    nodes = [
        Node("digits", "Dataset"),
        Node("fc", "Linear", params={"out_features": "= classes"}, at=(200, 0)),
        Node("loss", "CrossEntropyLoss", at=(400, 0)),
    ]
    links = {
        Port("fc", "x"): Port("digits", "image"),
        Port("loss", "input"): Port("fc", "y"),
        Port("loss", "target"): Port("digits", "label"),
    }
    return Document("clash", graph=Graph({node.id: node for node in nodes}, links))


def test_search_ranks_titles_before_aliases() -> None:
    found = offers(Document())
    assert ranked(found, "conv")[0].name == "Conv2d"
    assert ranked(found, "dense")[0].name == "Linear"
    assert ranked(found, "maxpool")[0].name.startswith("MaxPool")
    assert ranked(found, "crossent")[0].name == "CrossEntropyLoss"
    assert ranked(found, "dice")[0].name == "DiceLoss"
    inside = offers(Document(blocks={"Cell": Block()}), "Cell")
    assert {"Input", "Output"} <= {offer.name for offer in ranked(inside, "loop")[:5]}
    assert ranked(found, "zzzz") == []
    assert [offer.name for offer in ranked(found, " ")] == [offer.name for offer in found]


def test_blocks_are_offered_but_not_inside_themselves() -> None:
    outer = Block({}, Graph({"inner": Node("inner", block="Inner")}))
    document = Document(blocks={"Inner": Block(), "Outer": outer})
    assert {"block:Inner", "block:Outer"} <= {offer.key for offer in offers(document)}
    inside = {offer.key for offer in offers(document, "Inner")}
    assert "block:Inner" not in inside and "block:Outer" not in inside and "type:Input" in inside


def test_every_type_has_a_name_for_its_first_node() -> None:
    for type in node_types():
        check_id(id_for_type(Graph(), type))
    graph = Graph({id: Node(id, "Conv2d") for id in ("conv1", "judge", "fc_3")})
    assert id_for_type(graph, "Conv2d") == "conv2"
    assert [free_id(graph, id) for id in ("conv1", "judge", "fc_3", "new")] == [
        "conv2",
        "judge2",
        "fc4",
        "new",
    ]


def test_palette_search_and_keys(canvas_driver: "CanvasDriver") -> None:
    palette = canvas_driver.view.palette_panel
    assert "Convolution" in palette.shown()
    palette.field.setFocus()
    QTest.keyClicks(palette.field, "dense")
    assert palette.shown()[0] == "Linear"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert set(canvas_driver.document.graph.nodes) == {"linear1"}
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert palette.field.text() == "" and not palette.nothing.isVisible()
    QTest.keyClicks(palette.field, "zzzz")
    assert palette.nothing.isVisible() and "“zzzz”" in palette.nothing.text()
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.nothing.isVisible()
    often = palette.shown()[:3]
    assert often == [
        "Dataset",
        "Convolution",
        "Batch normalisation",
    ]  # once more in front, and in their families
    assert set(palette.shown()) == {offer.title for offer in offers(canvas_driver.document)}
    palette.tree.expandAll()
    index = palette._rows.index(0, 0, palette._rows.index(0, 0))
    palette.tree.scrollTo(index)
    at = palette.tree.visualRect(index).center()
    QTest.mouseClick(palette.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseDClick(palette.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
    assert "dataset" in canvas_driver.document.graph.nodes


def test_palette_rows_carry_their_offer(canvas_driver: "CanvasDriver") -> None:
    palette = canvas_driver.view.palette_panel
    parent = palette._rows.index(0, 0)
    data = palette._rows.mimeData([palette._rows.index(0, 0, parent)])
    assert data.text() == "Dataset"
    assert data.hasFormat("application/x-workbench-node")


def test_a_problem_leads_to_its_node_and_its_fix_mends_it(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, clash())
    bottom = canvas_driver.view.bottom
    assert bottom.tabs.tabText(PROBLEMS) == "Problems (1)"
    (row,) = bottom.problems.shown
    QTest.mouseClick(row, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(40, 10))
    assert canvas_driver.canvas.drawing.selection == ["fc"]
    assert canvas_driver.canvas.drawing.nodes["fc"].face.level == "error"
    assert canvas_driver.canvas.drawing.links[Port("fc", "x")].wrong
    (fix,) = row.buttons
    assert fix.text() == "Insert Flatten"
    QTest.mouseClick(fix, LEFT)
    canvas_driver.settle()
    assert canvas_driver.view.session.analysis.problems == ()
    assert bottom.tabs.tabText(PROBLEMS) == "Problems"
    drawing = canvas_driver.canvas.drawing
    rects = [item.scene_rect() for item in drawing.nodes.values()]
    assert len(rects) == 4
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[:i])
    assert len(canvas_driver.view.session.history.steps()) == 1
    canvas_driver.canvas.setFocus()
    canvas_driver.undo_all()
    assert canvas_driver.document == clash()


def test_the_form_offers_the_fix_too(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, clash())
    canvas_driver.select("fc")
    form = canvas_driver.view.form.node
    (box,) = form._problems.findChildren(type(canvas_driver.view.bottom.problems.shown[0].buttons[0]))
    QTest.mouseClick(box, LEFT)
    canvas_driver.settle()
    assert "flatten" in canvas_driver.document.graph.nodes


def test_code_follows_the_drawing(canvas_driver: "CanvasDriver", tmp_path: Path) -> None:
    session = canvas_driver.view.session
    show(canvas_driver, load("mlp"))
    panel = canvas_driver.view.bottom.code
    canvas_driver.view.bottom.tabs.setCurrentIndex(CODE)
    before = panel.text.toPlainText()
    ast.parse(before)
    (first, *_) = [id for id, node in canvas_driver.document.graph.nodes.items() if node.type == "Linear"]
    canvas_driver.set_field(first, "out_features", "77")
    after = panel.text.toPlainText()
    assert "out_features=77" in after and "out_features=77" not in before
    assert panel.text.extraSelections()
    QTest.mouseClick(panel.buttons[0], LEFT)
    assert QGuiApplication.clipboard().text() == after
    canvas_driver.select(first)
    canvas_driver.key(Qt.Key.Key_Delete)
    canvas_driver.settle()
    assert "has problems" in panel._note.full_text()
    assert panel.text.toPlainText() == after
    session.undo()
    canvas_driver.settle()
    assert panel._note.full_text() == ""


def test_code_is_highlighted_in_the_theme(canvas_driver: "CanvasDriver", qapp: QApplication) -> None:
    show(canvas_driver, load("mlp"))
    canvas_driver.view.bottom.tabs.setCurrentIndex(CODE)
    for mode in ("light", "dark"):
        theme.apply(qapp, mode)
        block = canvas_driver.view.bottom.code.text.document().begin()
        colors = set()
        while block.isValid():
            formats = block.layout().formats()
            colors |= {entry.format.foreground().color().name() for entry in formats}
            block = block.next()
        assert {theme.color(token).name() for token in ("family:activation", "ok", "accent")} <= colors


def test_summary_counts_and_leads_to_nodes(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, load("gan"))
    canvas_driver.view.bottom.tabs.setCurrentIndex(SUMMARY)
    panel = canvas_driver.view.bottom.summary
    rows = panel._rows.rows
    assert f"{canvas_driver.view.session.analysis.parameters:,} parameters" in panel.total.text()
    inner = next(index for index, row in enumerate(rows) if row.trail == ("judge", "fc1"))
    panel.table.scrollTo(panel._rows.index(inner, 0))
    at = panel.table.visualRect(panel._rows.index(inner, 0)).center()
    QTest.mouseClick(panel.table.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
    assert canvas_driver.canvas.place.trail == ("judge",)
    assert canvas_driver.canvas.drawing.selection == ["fc1"]


def test_updates_are_listed_ordered_and_removed(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, load("gan"))
    canvas_driver.view.bottom.tabs.setCurrentIndex(UPDATES)
    QApplication.processEvents()
    panel = canvas_driver.view.bottom.updates
    assert [panel.list.item(row).text() for row in range(panel.list.count())] == [
        "discriminator",
        "generator",
    ]
    QTest.mouseClick(panel.buttons["down"], LEFT)
    assert [update.name for update in canvas_driver.document.training.updates] == [
        "generator",
        "discriminator",
    ]
    canvas_driver.pick(panel.form.editors["optimizer.type"].focusProxy(), "SGD")  # type: ignore[arg-type]  # a QComboBox
    assert canvas_driver.document.training.updates[1].optimizer == {"type": "SGD", "lr": 0.0004}
    canvas_driver.settle()
    assert "optimizer.momentum" in panel.form.editors
    QTest.mouseClick(panel.buttons["remove"], LEFT)
    assert [update.name for update in canvas_driver.document.training.updates] == ["generator"]


def test_an_update_must_train_something(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, load("gan"))
    canvas_driver.view.bottom.tabs.setCurrentIndex(UPDATES)
    QApplication.processEvents()
    form = canvas_driver.view.bottom.updates.form
    before = canvas_driver.document
    box = form.parts.lines["judge"].trained
    QTest.mouseClick(box, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(8, box.height() // 2))
    assert canvas_driver.document is before
    assert form.parts._nothing.isVisible()


def test_the_latest_run_is_plotted(canvas_driver: "CanvasDriver", monkeypatch: pytest.MonkeyPatch) -> None:
    session = canvas_driver.view.session
    live = canvas_driver.view.bottom.live
    assert not live.isVisible()
    run = run_record(id=7, name="lenet5", state="running")
    monkeypatch.setattr(session, "latest_run", lambda: run)
    session.runs_changed.emit([run], {})
    assert live.isVisible() and live.plot is not None and live._points is not None
    assert live.plot.title == "loss of lenet5 #7"
    assert live.plot._empty == "The run has not recorded a loss yet"
    session.runs_changed.emit([], {})
    monkeypatch.setattr(session, "latest_run", lambda: replace(run, state="failed"))
    session.runs_changed.emit([], {})
    assert live.plot._empty == "The run ended before it recorded a loss"
    live._points.series = {
        "train/loss": Series([1, 2, 3], [2.0, 1.5, 1.0]),
        "validation/loss": Series([3], [1.2]),
    }
    live._points.came.emit()
    assert [(curve.name, curve.style) for curve in live.plot.curves] == [
        ("train", "solid"),
        ("validation", "dash"),
    ]
    monkeypatch.setattr(session, "latest_run", lambda: None)
    session.runs_changed.emit([], {})
    assert not live.isVisible()


def run_record(**given: object) -> RunRecord:
    """A run of which only the given fields matter."""
    empty = {"str": "", "int": 0, "float": 0.0}
    values = {entry.name: empty.get(str(entry.type), "") for entry in fields(RunRecord)}
    return RunRecord(**{**values, **given})  # type: ignore[arg-type]  # the values fit what a test looks at


def test_every_template_opens_without_overlaps(canvas_driver: "CanvasDriver") -> None:
    drawing = canvas_driver.canvas.drawing
    for template in templates():
        show(canvas_driver, load(template.id))
        assert canvas_driver.view.session.analysis.ok, template.id
        rects = {id: item.scene_rect() for id, item in drawing.nodes.items()}
        crossing = [(a, b) for a in rects for b in rects if a < b and rects[a].intersects(rects[b])]
        assert crossing == [], template.id
        canvas_driver.canvas.look_at(drawing.bounds().center(), 0.6)
        canvas_driver.canvas.viewport().grab()
        labels = [label.rect for label in drawing.labels._of_link.values()]
        assert labels, template.id
        among = [(a, b) for i, a in enumerate(labels) for b in labels[:i] if a.intersects(b)]
        over = [(label, id) for label in labels for id, rect in rects.items() if label.intersects(rect)]
        assert (among, over) == ([], []), template.id


def test_the_window_never_needs_torch() -> None:
    code = "import sys, workbench.gui.design.view; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
