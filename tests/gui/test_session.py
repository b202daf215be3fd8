"""The session: models are opened, edited, checked, deleted and brought back."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from tests.gui.sessions import RELU, messages_of, saved
from workbench.catalog.check import analyse
from workbench.core.document import Document, Port
from workbench.core.edits import Connect, SetName, SetParam
from workbench.core.files import dumps, write
from workbench.core.variables import SetVariable
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.store.store import Store


def test_the_last_model_comes_back_at_the_next_start(qtbot: QtBot, session: Session) -> None:
    session.do(RELU)
    session.do(SetName("mine"))
    session.close()
    again = Session(session.path, Preferences(session.path.with_name("window.json")))
    with qtbot.waitSignal(again.model_opened, timeout=10_000):
        again.start()
    assert again.document == session.document
    assert again.is_saved and again.model_id == session.model_id
    again.close()


def test_undo_and_redo_tell_before_and_after(session: Session) -> None:
    seen: list[tuple[Document, Document]] = []
    session.document_changed.connect(lambda before, after: seen.append((before, after)))
    start = session.document
    session.do(RELU)
    session.undo()
    session.redo()
    assert seen[1] == (seen[0][1], start)
    assert "relu1" in session.document.graph.nodes


def test_an_edit_that_does_not_fit_is_a_message(session: Session) -> None:
    said = messages_of(session)
    before = session.document
    assert session.do(Connect(Port("a", "y"), Port("b", "x"))) is False
    assert session.document is before
    assert said[0][1] == "error" and "a" in said[0][0]


def test_the_analysis_follows_the_document(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.analysed, timeout=2000):
        session.do(RELU)
    assert any(problem.node == "relu1" for problem in session.analysis.problems)


def test_the_analysis_is_that_of_the_whole_document(qtbot: QtBot, session: Session) -> None:
    session.open_template("lenet5")
    session.do(SetParam("conv1", "out_channels", 7))
    kept = session.analyse_now()
    assert kept.parameters == analyse(session.document, session.schemas).parameters != 61706
    session.undo()
    assert session.analyse_now().parameters == 61706


def test_a_template_opens_as_a_copy_with_a_free_name(qtbot: QtBot, session: Session) -> None:
    went: list[str] = []
    session.went.connect(lambda view, what: went.append(view))
    session.open_template("mlp")
    assert session.document.graph.nodes and went == ["design"]
    name = session.document.name
    assert session.model_id == 0 and session.is_saved
    session.do(SetVariable("width", 8))
    session.save()
    saved(qtbot, session)
    qtbot.waitUntil(lambda: len(session.models) == 1, timeout=3000)
    session.open_template("mlp")
    assert session.document.name == f"{name}-2"


def test_a_model_file_opens_as_a_new_model(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    write(path, Document(name="from-file", variables={"width": 3}))
    before = path.read_bytes()
    session.open_file(path)
    qtbot.waitUntil(lambda: session.document.name == "from-file" and session.model_id > 0, timeout=5000)
    assert path.read_bytes() == before


def test_a_corrupt_file_is_named_and_nothing_is_lost(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    said = messages_of(session)
    path = tmp_path / "broken.json"
    path.write_text('{"format": 1, "name": "x", "graph": {"nodes": [', encoding="utf-8")
    session.do(RELU)
    before = session.document
    session.open_file(path)
    qtbot.waitUntil(lambda: bool(said), timeout=3000)
    assert "broken.json" in said[0][0] and said[0][1] == "error"
    assert session.document is before


def test_a_damaged_model_leaves_the_others_usable(qtbot: QtBot, session: Session) -> None:
    said = messages_of(session)
    ids: list[int] = []

    def fill(store: Store) -> list[int]:
        good = store.save_model(None, dumps(Document(name="good"))).id
        return [good, store.save_model(None, '{"format": 1, "name": "bad", "graph": 7}').id]

    session.call(fill, ids.extend)
    qtbot.waitUntil(lambda: len(session.models) == 2, timeout=3000)
    session.open_model(ids[1])
    qtbot.waitUntil(lambda: bool(said), timeout=3000)
    assert "bad" in said[0][0]
    session.open_model(ids[0])
    qtbot.waitUntil(lambda: session.document.name == "good", timeout=3000)


def test_a_deleted_model_comes_back(qtbot: QtBot, session: Session) -> None:
    session.do(RELU)
    session.do(SetName("mine"))
    session.save()
    qtbot.waitUntil(lambda: len(session.models) == 1, timeout=3000)
    with qtbot.waitSignal(session.offered, timeout=3000) as offered:
        session.delete_model(session.models[0])
    qtbot.waitUntil(lambda: not session.models, timeout=3000)
    assert session.model_id == 0 and not session.document.graph.nodes
    assert offered.args is not None
    offered.args[2]()
    qtbot.waitUntil(lambda: bool(session.models) and session.document.name == "mine", timeout=3000)
    assert "relu1" in session.document.graph.nodes


def test_another_workspace_can_be_opened(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    session.do(SetName("first"))
    session.switch(tmp_path / "other.db")
    qtbot.waitUntil(lambda: session.is_open, timeout=10_000)
    assert session.models == [] and session.model_id == 0
    session.switch(tmp_path / "experiments.db")
    qtbot.waitUntil(lambda: session.document.name == "first", timeout=10_000)
