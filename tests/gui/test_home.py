"""Home: templates as cards with pictures, filters, keyboard, and the table of recent models."""

from dataclasses import replace
from functools import partial

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.catalog.templates import load, templates
from workbench.core.document import Document
from workbench.core.files import dumps
from workbench.gui import progress
from workbench.gui.home.recent import rows_of
from workbench.gui.home.view import RECENT, HomeView
from workbench.gui.session import Session
from workbench.gui.widgets.graph_picture import GraphPicture, boxes
from workbench.gui.window import MainWindow
from workbench.store.records import ModelRecord, Point, RunRecord, Summary
from workbench.store.store import Store

KEY = Qt.Key


@pytest.fixture
def home(window: MainWindow) -> HomeView:
    view = window.views["home"]
    assert isinstance(view, HomeView)
    return view


def test_every_template_has_a_card_with_its_figures(qtbot: QtBot, home: HomeView) -> None:
    assert [card.accessibleName() for card in home.cards] == [template.title for template in templates()]
    qtbot.waitUntil(lambda: all("parameters" in card.line.full_text() for card in home.cards), timeout=10_000)
    lenet = next(card for card in home.cards if card.accessibleName() == "LeNet-5")
    assert lenet.line.full_text() == "Handwritten digits · 61.7 k parameters"


def test_a_filter_shows_its_kind_and_the_empty_canvas(home: HomeView) -> None:
    home.chips.choose("Generative")
    shown = {card.category for card in home.cards if card.isVisible()}
    assert shown == {"Generative"} and home.empty_card.isVisible()
    home.chips.choose("")
    assert all(card.isVisible() for card in home.cards)


def test_landmarks_stand_below_the_small_models(qtbot: QtBot, home: HomeView) -> None:
    below = {card.accessibleName() for card in home.cards if card.parent() is home.landmarks}
    assert below == {template.title for template in templates() if template.landmark}
    assert home.landmarks.y() > home.grid.geometry().bottom() and home.recent.isHidden()
    home.chips.choose("Graphs")
    assert not home.landmarks.isVisible()
    home.chips.choose("Images")
    assert {card.category for card in home.cards if card.isVisible()} == {"Images"}
    assert home.landmarks.isVisible()


def test_what_is_not_seen_is_not_read_before_the_window_is_there(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(id: str) -> Document:
        read.append(id)
        return load(id)

    monkeypatch.setattr("workbench.gui.home.view.load", noted)
    view = HomeView(session)
    assert not read
    view.cards[0].picture.grab()
    assert not read, "painting does not wait for reading"
    qtbot.waitUntil(lambda: read == [templates()[0].id], timeout=3000)
    view.deleteLater()


def test_a_click_opens_a_template(qtbot: QtBot, window: MainWindow, home: HomeView, session: Session) -> None:
    card = next(card for card in home.cards if card.accessibleName() == "LeNet-5")
    QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    assert window.current == "design" and session.document.name == "lenet5"


def test_cards_work_by_keyboard(qtbot: QtBot, window: MainWindow, home: HomeView, session: Session) -> None:
    home.cards[0].setFocus()
    QTest.keyClick(home.cards[0], KEY.Key_Right)
    assert home.cards[1].hasFocus()
    QTest.keyClick(home.cards[1], KEY.Key_Down)
    below = home.cards[1 + home.grid.columns()]
    assert below.hasFocus() and below.x() == home.cards[1].x()
    QTest.keyClick(below, KEY.Key_Return)
    assert session.document.graph.nodes and window.current == "design"


def test_the_empty_canvas_is_empty(qtbot: QtBot, home: HomeView, session: Session) -> None:
    session.open_template("mlp")
    QTest.mouseClick(home.empty_card, Qt.MouseButton.LeftButton)
    assert not session.document.graph.nodes


@pytest.mark.parametrize(("width", "columns"), [(1280, 4), (1600, 5)])
def test_the_grid_fills_the_width(
    qtbot: QtBot, window: MainWindow, home: HomeView, width: int, columns: int
) -> None:
    window.resize(width, 900)
    qtbot.waitUntil(lambda: home.grid.columns() == columns, timeout=2000)
    rights = [card.geometry().right() for card in home.cards[:columns]]
    assert rights[-1] == home.grid.width() - 1
    assert home.cards[columns].x() == 0
    assert home.grid.height() == home.empty_card.geometry().bottom() + 1


@pytest.mark.parametrize("template", [template.id for template in templates()])
def test_pictures_keep_their_boxes_apart_and_inside(template: str) -> None:
    graph = load(template).graph
    area = QRectF(0, 0, 230, 84)
    placed = boxes(graph, area)
    assert placed.keys() == graph.nodes.keys()
    assert all(area.contains(box) for box in placed.values())
    pairs = [(a, b) for a in placed for b in placed if a < b and placed[a].intersects(placed[b])]
    assert not pairs


def test_a_graph_without_places_is_laid_out() -> None:
    graph = load("mlp").graph
    heap = replace(graph, nodes={id: replace(node, at=(0.0, 0.0)) for id, node in graph.nodes.items()})
    placed = boxes(heap, QRectF(0, 0, 230, 84))
    assert len({(box.x(), box.y()) for box in placed.values()}) == len(placed)
    for target, source in heap.links.items():
        assert placed[source.node].x() < placed[target.node].x()


def test_a_picture_shows_the_families(qtbot: QtBot) -> None:
    picture = GraphPicture(load("gan"))
    qtbot.addWidget(picture)
    picture.resize(230, 84)
    image: QImage = picture.grab().toImage()
    colors = {image.pixelColor(x, y).name() for x in range(230) for y in range(84)}
    assert {"#5aa9a4", "#f47c7f", "#7fb2ff"} <= colors


def fill(store: Store) -> None:
    store.save_model(None, dumps(Document(name="old-net")))
    mine = store.save_model(None, dumps(Document(name="my-net")))
    for accuracy in (0.91, 0.97):
        run = store.add_run(
            "my-net", "my-net", dumps(Document()), "", device="auto", seed=0, epochs=3, parameters=7,
            dataset="digits", params={"accuracy.type": "Accuracy"}, model_id=mine.id,
        )  # fmt: skip
        store.claim(run.id, "cpu")
        store.set_state(run.id, "running")
        store.progress(run.id, 3, 30, 30)
        store.log_points(run.id, [Point("validation/accuracy", 30, 3, accuracy, 0.0)])
        store.set_state(run.id, "completed")


def test_recent_models_with_their_best_result(qtbot: QtBot, home: HomeView, session: Session) -> None:
    assert home.table.isHidden()
    session.call(fill)
    qtbot.waitUntil(lambda: len(home.table.lines.rows) == 2, timeout=3000)
    model = home.table.lines
    first = [model.index(0, column).data() for column in range(model.columnCount())]
    assert first == ["my-net", "completed · 3 epochs", "accuracy 0.9700", "just now", "Handwritten digits"]
    assert model.index(1, 1).data() == "not trained yet"
    assert home.table.isVisible()


def test_models_of_ones_own_stand_first_and_the_older_fold_away(
    qtbot: QtBot, home: HomeView, session: Session
) -> None:
    for number in range(RECENT + 2):
        model = dumps(Document(name=f"net-{number}"))
        session.call(partial(Store.save_model, model=None, document_text=model))
    qtbot.waitUntil(lambda: home.more.isVisible() and "2 more" in home.more.text(), timeout=3000)
    assert len(home.table.lines.rows) == RECENT
    assert home.recent.geometry().bottom() < home.chips.y() < home.grid.y()
    QTest.mouseClick(home.more, Qt.MouseButton.LeftButton)
    assert len(home.table.lines.rows) == RECENT + 2 and home.more.text() == "Show fewer"
    QTest.mouseClick(home.more, Qt.MouseButton.LeftButton)
    assert len(home.table.lines.rows) == RECENT


def test_the_description_of_a_recent_model_is_its_tooltip(
    qtbot: QtBot, home: HomeView, session: Session
) -> None:
    about = "For digits.\nSmall."
    session.call(lambda store: store.save_model(None, dumps(Document(name="my-net", description=about))))
    qtbot.waitUntil(lambda: len(home.table.lines.rows) == 1, timeout=3000)
    cell = home.table.lines.index(0, 0)
    tip = Qt.ItemDataRole.ToolTipRole
    qtbot.waitUntil(lambda: cell.data(tip) == f"my-net\n{about}", timeout=3000)
    assert cell.data() == "my-net"


def test_enter_opens_a_recent_model(
    qtbot: QtBot, window: MainWindow, home: HomeView, session: Session
) -> None:
    session.call(fill)
    qtbot.waitUntil(lambda: home.table.isVisible(), timeout=3000)
    home.table.setFocus()
    home.table.selectRow(1)
    QTest.keyClick(home.table, KEY.Key_Return)
    qtbot.waitUntil(lambda: session.document.name == "old-net", timeout=3000)
    assert window.current == "design"


def test_a_deleted_model_can_be_taken_back(
    qtbot: QtBot, window: MainWindow, home: HomeView, session: Session
) -> None:
    session.call(fill)
    qtbot.waitUntil(lambda: len(home.table.lines.rows) == 2, timeout=3000)
    home.table.selectRow(0)
    QTest.keyClick(home.table, KEY.Key_Delete)
    qtbot.waitUntil(lambda: len(home.table.lines.rows) == 1, timeout=3000)
    assert "my-net" in window.messages.text()
    window.messages.button.click()
    qtbot.waitUntil(lambda: len(home.table.lines.rows) == 2, timeout=3000)


def summary(metric: str, least: float, most: float) -> dict[str, Summary]:
    type = {"accuracy": "Accuracy", "noise": "PSNR", "error": "MeanSquaredError"}.get(
        metric.partition("/")[2], ""
    )
    return {metric: Summary(metric, most, 9, least, 1, most, 9, 9, type)}


def test_the_best_result_is_the_accuracy_or_else_the_loss() -> None:
    loss, accuracy = summary("validation/loss", 0.1, 2.0), summary("validation/accuracy", 0.5, 0.9)
    assert progress.best(loss | accuracy) == ("accuracy", 0.9, True)
    assert progress.best(accuracy | summary("test/accuracy", 0.8, 0.8)) == ("accuracy", 0.8, True)
    assert progress.best(loss | summary("validation/noise", 20.0, 30.0)) == ("noise", 30.0, True)
    assert progress.best(loss | summary("validation/error", 2.0, 3.0)) == ("error", 2.0, False)
    assert progress.best(loss) == ("loss", 0.1, False)
    assert progress.best(summary("validation/mse", 0.1, 2.0)) == ("mse", 0.1, False)
    assert progress.best(summary("validation/fake", 0.1, 2.0) | summary("validation/fool", 0.1, 2.0)) is None
    assert progress.best({}) is None


def test_the_newest_run_of_a_model_stands_in_its_row(session: Session) -> None:
    run = RunRecord(
        id=2, name="n", model="n", state="running", cause="", device="auto", used_device="cpu", seed=0, created=2,
        started=100, ended=0, epoch=12, epochs=30, step=40, steps=100, parameters=1, dataset="mine", request="",
        pid=1, process_started=0, heartbeat=0, message="", resumed_from=0, model_id=1,
    )  # fmt: skip
    older = replace(run, id=1, state="completed")
    models = [ModelRecord(1, "n", 1, 5.0, 0.0), ModelRecord(2, "m", 1, 9.0, 0.0)]
    rows = rows_of(models, [run, older], {}, {"mine": "My data"})
    assert [row.model.name for row in rows] == ["m", "n"]
    assert rows[1].run is run and rows[1].data == "My data"
    assert progress.progress(run) == "running · epoch 12 of 30"
    assert progress.time_left(run, now=140) == pytest.approx(60)
    assert progress.time_left(older, now=140) is None
