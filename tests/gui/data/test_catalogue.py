"""The page of public sets, against a server on this machine; what is fetched is read by the feigned process."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.jobs.site import Site, gives, served, status
from workbench.core.errors import DataError
from workbench.gui.data.view import DataView
from workbench.gui.session import Session

ROWS = b"x,label\n" + b"1,a\n2,b\n" * 20
WAIT = 20_000


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as site:
        yield site


@pytest.fixture
def catalogue(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, view: DataView, qtbot: QtBot
) -> DataView:
    """The page with a list of two sets, the second of which is nowhere to be had."""
    monkeypatch.setenv("WORKBENCH_DOWNLOADS", str(tmp_path / "downloads"))
    known = {"licence": "MIT", "citation": "Nobody, 2020.", "page": "https://example.org/", "kind": "table"}
    digest = f"sha256:{hashlib.sha256(ROWS).hexdigest()}"
    sets = [
        {**known, "id": id, "title": title, "items": "40 rows", "description": "Letters.", "mirrors": [site.url],
         "files": [{"name": f"{id}.csv", "bytes": len(ROWS), "hash": digest}], "reader": "table"}
        for id, title in (("letters", "Letters"), ("gone", "Gone letters"))
    ]  # fmt: skip
    file = tmp_path / "catalogue.json"
    file.write_text(json.dumps({"format": 1, "sets": sets}), encoding="utf-8")
    view.catalogue.catalogue = file
    site.on("/letters.csv", gives(ROWS))
    site.on("/gone.csv", status(404))
    QTest.mouseClick(view.public, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.catalogue.list.current() == "letters", timeout=WAIT)
    return view


def test_a_public_set_is_told_fetched_and_added(
    qtbot: QtBot, catalogue: DataView, session: Session, site: Site
) -> None:
    page = catalogue.catalogue
    assert page.title.text() == "Letters" and not site.asked, "nothing is fetched by looking"
    QTest.mouseClick(page.fetch, Qt.MouseButton.LeftButton)
    assert page.cancel.isVisible() and not page.fetch.isEnabled()
    qtbot.waitUntil(lambda: catalogue.chosen() == "letters", timeout=WAIT)
    assert session.schemas["letters"].items == 20
    QTest.mouseClick(catalogue.public, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.offers["letters"].state == "here", timeout=WAIT)
    assert page.fetch.text() == "Add" and not page.own.isVisible()


def test_why_a_set_did_not_come_is_told(qtbot: QtBot, catalogue: DataView, session: Session) -> None:
    page = catalogue.catalogue
    QTest.keyClicks(page.search, "gone")
    page.list.setFocus()
    QTest.keyClick(page.list, Qt.Key.Key_Down)
    assert page.title.text() == "Gone letters"
    QTest.mouseClick(page.fetch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.fetching is None, timeout=WAIT)
    assert page.status.text().startswith("Gone letters: ") and "404" in page.status.text()
    assert page.fetch.isEnabled() and not page.cancel.isVisible() and "gone" not in session.schemas


def test_a_workspace_that_is_left_takes_its_fetching_along(
    qtbot: QtBot, catalogue: DataView, session: Session, tmp_path: Path
) -> None:
    page = catalogue.catalogue
    QTest.mouseClick(page.fetch, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.switch(tmp_path / "other.db")
    assert page.fetching is None and page.status.text() == "Letters: Cancelled; what has come is kept."


def test_another_set_can_be_fetched_after_one_whose_classes_got_no_names(
    qtbot: QtBot, catalogue: DataView, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DataError("the table is locked.")

    monkeypatch.setattr("workbench.gui.data.fetching.named_classes", refuse)
    page = catalogue.catalogue
    QTest.mouseClick(page.fetch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.fetching is None, timeout=WAIT)
    assert page.status.text() == "Letters: It is added, but its classes have no names: the table is locked."
    assert page.fetch.isEnabled() and not page.cancel.isVisible()


def test_fetching_is_cancelled(qtbot: QtBot, catalogue: DataView, session: Session) -> None:
    page = catalogue.catalogue
    QTest.mouseClick(page.fetch, Qt.MouseButton.LeftButton)
    QTest.mouseClick(page.cancel, Qt.MouseButton.LeftButton)
    assert page.fetching is None and page.status.text() == "Letters: Cancelled; what has come is kept."
    assert page.fetch.isEnabled() and "letters" not in session.schemas
