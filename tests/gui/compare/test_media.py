"""Records of several runs side by side, aligned by one slider."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from tests.gui.compare.drawings import WAIT, do
from tests.gui.conftest import Record
from tests.jobs.test_seeds import RUN
from workbench.core.errors import StoreError
from workbench.gui.compare.media import Recordings
from workbench.gui.compare.view import CompareView
from workbench.gui.session import Session
from workbench.store.records import Media, RunRecord
from workbench.store.store import Store


def matrix(right: int) -> bytes:
    return json.dumps({"labels": ["cat", "dog"], "counts": [[right, 1], [1, right]]}).encode()


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session, record: Record) -> CompareView:
    made = alone(CompareView, qtbot, session)
    made.resize(1400, 800)

    def fill(store: Store) -> None:
        for every, epochs in ((10, (1, 2, 3)), (100, (1, 3))):  # different steps in an epoch
            run = record(store)
            for epoch in epochs:
                store.add_media(
                    run, "confusion", "matrix", epoch * every, epoch, matrix(epoch), f"epoch {epoch}"
                )
        store.add_media(2, "notes", "text", 100, 1, b"hello", "")
        record(store, "a\n🎨" + "x" * 300)

    do(qtbot, session, fill)
    with qtbot.waitExposed(made):
        made.show()
    qtbot.waitUntil(lambda: made.model.total == 3, timeout=WAIT)
    made.reveal([1, 2, 3])
    made.tabs.setCurrentWidget(made.media)
    qtbot.waitUntil(lambda: len(made.media.recordings.media) == 3, timeout=WAIT)
    return made


def shown(view: CompareView) -> list[float]:
    """What the matrices show; 0 for a tile without one."""
    found = []
    for tile in view.media.tiles:
        given = tile.views.matrix.matrix
        seen = given is not None and tile.views.matrix.isVisible()
        found.append(given.counts[0][0] if seen and given is not None else 0.0)
    return found


def test_one_slider_goes_through_all_runs(qtbot: QtBot, session: Session, view: CompareView) -> None:
    page = view.media
    assert shown(view) == [3, 3, 0] and page.place.text() == "epoch 3"
    assert (
        page.tiles[2].nothing.text() == "This run has no such probe"
        and "\n" not in page.tiles[2].title.full_text()
    )
    page.slider.setFocus()
    QTest.keyClick(page.slider, Qt.Key.Key_Left)
    assert shown(view) == [2, 1, 0] and page.place.text() == "epoch 2"
    assert page.tiles[1].caption.full_text() == "epoch 1, step 100 · 50.0 % right"
    page.align.show_value("step")
    page.align.picked.emit("step")
    assert page.slider.maximum() == 4  # 10, 20, 30, 100, 300
    QTest.keyClick(page.slider, Qt.Key.Key_Home)
    assert shown(view) == [1, 0, 0] and page.tiles[1].nothing.text() == "Nothing recorded until here"
    page.probe.show_value("notes")
    page.probe.picked.emit("notes")
    assert page.tiles[1].views.text.toPlainText() == "hello" and not page.slider.isEnabled()
    do(qtbot, session, lambda store: store.add_media(1, "later", "text", 1, 1, b"new", ""))
    view.model.tick_all([3])
    assert page.currentWidget() is page.nothing and len(page.tiles) == 1

    def foreign(store: Store) -> None:  # other programs know no epochs
        for step in (5, 10):
            store.add_media(3, "said", "text", step, 0, b"hi", "")

    do(qtbot, session, foreign)
    view.model.tick_all([1])
    view.model.tick_all([3])
    qtbot.waitUntil(lambda: page.slider.maximum() == 1, timeout=WAIT)
    assert page.place.text() == "step 10" and page.tiles[0].caption.full_text() == "step 10"


class Slow(QObject):
    """A session that answers when it is told to, about a run that has recorded a number of pictures."""

    closing = Signal()

    def __init__(self, recorded: int) -> None:
        super().__init__()
        self.recorded, self._waiting = recorded, list[Callable[[], object]]()

    def media(self, run: int, after: int) -> list[Media]:
        return [Media(id, run, "probe", "text", id, 1, b"", "") for id in range(after + 1, self.recorded + 1)]

    def call(
        self, work: Callable[[object], object], then: Callable[[object], object], failed: object
    ) -> None:
        found = work(self)
        self._waiting.append(lambda: then(found))

    def answer(self) -> None:
        while self._waiting:
            self._waiting.pop(0)()


def test_what_was_recorded_is_whole_whatever_was_ticked_while_it_was_read(qapp: object) -> None:
    session = Slow(3)
    recordings = Recordings(cast(Session, session))
    alive = replace(RUN, id=1, state="running")
    ended = replace(alive, state="completed")

    def look(*runs: RunRecord) -> int:
        recordings.look(runs)
        return len(recordings.media.get(1, ()))

    look(alive)
    session.answer()
    assert look(alive) == 3, "and it asks for what is new"
    look()
    session.answer()
    look(ended)
    session.answer()
    assert look(ended) == 3
    look()
    look(alive)
    session.answer()
    look(alive)
    look()
    session.recorded = 4
    look(alive)
    look(ended)
    session.answer()
    assert look(ended) == 4, "with what came between the last look and the end"


class Damaged(QObject):
    """A session whose workspace cannot be read."""

    closing = Signal()
    message = Signal(str, str)

    def call(self, work: object, then: object, failed: Callable[[Exception], object]) -> None:
        failed(StoreError("it is damaged"))


def test_what_cannot_be_read_is_told_once(qapp: object) -> None:
    session = Damaged()
    recordings = Recordings(cast(Session, session))
    told: list[str] = []
    session.message.connect(lambda words, _: told.append(words))
    ended, alive = replace(RUN, id=1, state="completed"), replace(RUN, id=2, state="running")
    for _ in range(3):
        recordings.look([ended, alive])
    assert told == [f"What run {id} recorded cannot be read: it is damaged" for id in (1, 2)]
    recordings.look([])
    recordings.look([ended])
    assert len(told) == 3, "chosen anew it is tried anew"
