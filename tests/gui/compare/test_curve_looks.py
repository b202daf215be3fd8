"""Curves of compared runs: groups with bands, colours by a setting, other axes; how they look is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from tests.gui.compare.drawings import WAIT, do
from tests.gui.conftest import Record
from workbench.gui.compare.curves import LOOK, CurvesPage
from workbench.gui.compare.view import CompareView
from workbench.gui.runs.chart_look import ChartLook
from workbench.gui.session import Session
from workbench.gui.widgets.plot_export import Export
from workbench.store.store import Store


@pytest.fixture
def page(qtbot: QtBot, no_jobs: None, session: Session, record: Record) -> Iterator[CurvesPage]:
    view = alone(CompareView, qtbot, session)
    view.resize(1400, 800)

    def fill(store: Store) -> None:
        for lr, seed, last in ((0.1, 0, 1.0), (0.1, 1, 3.0), (0.01, 0, 0.5)):
            record(
                store,
                curves={
                    "train/loss": [4, 3, last],
                    "validation/loss": [4, last],
                    "validation/accuracy": [0.1, 0.2],
                },
                params={"training.lr": lr, "training.seed": seed},
            )

    do(qtbot, session, fill)
    with qtbot.waitExposed(view):
        view.show()
    qtbot.waitUntil(lambda: view.model.total == 3, timeout=WAIT)
    view.reveal([1, 2, 3])
    qtbot.waitUntil(lambda: len(curves(view.curves)) == 6 and bool(view.curves._params), timeout=WAIT)
    yield view.curves
    view.hide()


def curves(page: CurvesPage, name: str = "loss") -> list[str]:
    return [curve.name for curve in page.grid.plots[name].curves] if name in page.grid.plots else []


def choose(menu: QMenu, title: str) -> None:
    next(action for action in menu.actions() if action.text() == title).trigger()


def test_curves_are_grouped_coloured_and_laid_out_as_was_chosen(
    qtbot: QtBot, session: Session, page: CurvesPage, tmp_path: Path
) -> None:
    choose(page.look.parts["group"], "Seeds: all else equal")
    qtbot.waitUntil(lambda: "lenet5 · 2 seeds (#1 #2) · train" in curves(page), timeout=WAIT)
    mean = next(curve for curve in page.grid.plots["loss"].curves if "2 seeds" in curve.name)
    assert mean.series.y.tolist() == [4, 3, 2] and mean.band is not None
    choose(page.look.parts["band"], "Smallest to largest")
    qtbot.waitUntil(
        lambda: any(c.band and c.band.at(3) == (1, 3) for c in page.grid.plots["loss"].curves), timeout=WAIT
    )
    choose(page.look.parts["group"], "training.lr")
    qtbot.waitUntil(lambda: "lr 0.1 · 2 runs · train" in curves(page), timeout=WAIT)

    choose(page.look.parts["group"], "No groups")
    choose(page.look.parts["color"], "training.lr")
    choose(page.look.parts["dash"], "training.seed")
    found = {curve.name: curve for curve in page.grid.plots["loss"].curves}
    name = "#{} lenet5 · lr {} · seed {} · validation"
    looks = [found[name.format(*run)] for run in ((1, 0.1, 0), (2, 0.1, 1), (3, 0.01, 0))]
    assert [curve.color for curve in looks] == [1, 1, 0]
    assert [curve.style for curve in looks] == ["solid", "dash", "solid"]
    choose(page.look.parts["panel"], "training.lr")
    assert {"loss · lr 0.1", "loss · lr 0.01"} <= set(page.grid.plots)
    choose(page.look.parts["panel"], "No panels")

    page.controls.axis.picked.emit("metric:loss")
    assert list(page.grid.plots) == ["accuracy"], "a metric over itself tells nothing"
    against = next(c.series for c in page.grid.plots["accuracy"].curves if c.name.startswith("#1 "))
    assert against.x.tolist() == [4, 1] and against.y.tolist() == [0.1, 0.2]
    page.controls.axis.picked.emit("relative")
    timed = next(c.series for c in page.grid.plots["loss"].curves if c.name.startswith("#1 "))
    run = page._model.run(1)
    assert run is not None and page.grid.plots["loss"].axis.kind == "duration"
    assert timed.x.tolist() == [1.0 - run.started] * 3, "points of the test are from 1970"
    page.controls.axis.picked.emit("step")

    page.grid.plots["loss"].writing.emit(Export(tmp_path / "loss.csv", lambda: b"a", "values"))
    qtbot.waitUntil((tmp_path / "loss.csv").exists, timeout=WAIT)
    page.grid.legend.hide(["1/train"])
    page.grid.plots["loss"].log_button.click()
    page.looks.save()
    kept: list[object] = []
    session.call(lambda store: store.setting(LOOK), kept.append)
    qtbot.waitUntil(lambda: bool(kept), timeout=WAIT)
    look = ChartLook.from_json(kept[0])
    assert (look.hidden, look.logs, look.color) == (("1/train",), ("loss",), "param:training.lr")
    again = CurvesPage(session, page._model)
    qtbot.addWidget(again)
    qtbot.waitUntil(lambda: again.chosen == look, timeout=WAIT)
    assert again.grid.legend.hidden == {"1/train"} and again.grid.logs == {"loss"}


def test_means_of_groups_stand_over_the_mean_of_another_metric(qtbot: QtBot, page: CurvesPage) -> None:
    page.change(group="seeds")
    page.change(axis="metric:loss")
    plot = page.grid.plots["accuracy"]
    qtbot.waitUntil(lambda: [c.series.x.tolist() for c in plot.curves] == [[4, 2], [4, 0.5]], timeout=WAIT)
    assert [c.series.y.tolist() for c in plot.curves] == [[0.1, 0.2], [0.1, 0.2]]
    assert not page.look.parts["band"].isEnabled()
    page.change(axis="step")
    qtbot.waitUntil(lambda: any(c.band for c in page.grid.plots["accuracy"].curves), timeout=WAIT)
    assert page.look.parts["band"].isEnabled()


@pytest.mark.parametrize(
    "given", [None, 3, {"axis": 4, "smoothing": "x", "logs": [1, "a"], "clip": "yes"}, {"hidden": "abc"}]
)
def test_a_damaged_look_is_as_usual(given: object) -> None:
    look = ChartLook.from_json(given)
    assert (look.axis, look.smoothing, look.clip, look.hidden) == ("step", 0.8, False, ())
    assert ChartLook.from_json(look.as_json()) == look
