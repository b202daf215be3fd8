"""Runs that trained different drawings, for the tests of Compare."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pytestqt.qtbot import QtBot

from tests.drawing import CLASSIFIER, block, draw
from workbench.core.document import Document, Node, Port
from workbench.core.edits import AddNodes, Connect, RemoveNodes, SetParam
from workbench.core.files import dumps
from workbench.gui.compare.view import CompareView
from workbench.gui.session import Session
from workbench.store.records import State
from workbench.store.store import Store

WAIT = 8_000


def before() -> Document:
    return arranged(draw(CLASSIFIER, name="lenet"))


def after() -> Document:
    """A wider layer, a Dropout in place of the ReLU, no metric."""
    document: Document = SetParam("fc1", "out_features", 32).apply(before())
    document = AddNodes(
        (Node("drop", "Dropout", at=(500, 300)),), {Port("drop", "x"): Port("fc1", "y")}
    ).apply(document)
    document = Connect(Port("drop", "y"), Port("fc2", "x")).apply(document)
    return RemoveNodes(("relu", "accuracy")).apply(document)


def with_block(width: int) -> Document:
    blocks = {"Res": block(f"x Input\nfc Linear out_features={width} < x\ny Output < fc")}
    text = CLASSIFIER.replace("relu ReLU < fc1", "res @Res < fc1").replace("< relu", "< res")
    return arranged(draw(text, blocks=blocks, name="lenet"))


def arranged(document: Document) -> Document:
    for where in ("", *document.blocks):
        graph = document.graph_of(where)
        ids = list(graph.order()[0])
        nodes = {id: replace(node, at=(220.0 * ids.index(id), 0.0)) for id, node in graph.nodes.items()}
        document = document.with_graph(where, replace(graph, nodes=nodes))
    return document


def do(qtbot: QtBot, session: Session, *work: Callable[[Store], object]) -> None:
    """Work on the store in its thread, all of it between two looks for news, and wait for it."""
    done: list[object] = []
    session.call(lambda store: [one(store) for one in work], done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=WAIT)


def add(
    store: Store,
    document: str | Document,
    program: str = "",
    *,
    seed: int = 0,
    state: State = "completed",
    **kept: Any,
) -> int:
    """A run as a trainer would leave it; gives its id."""
    found = document if isinstance(document, str) else dumps(document)
    facts = {"model_id": 1, "parameters": 10, "dataset": "digits", "params": {"training.epochs": 3}, **kept}
    run = store.add_run("lenet", "lenet", found, program, device="auto", seed=seed, epochs=3, **facts).id
    store.claim(run, "cpu")
    store.set_state(run, "running")
    if state != "running":
        store.set_state(run, state)
    return run


def tick(qtbot: QtBot, view: CompareView, session: Session, runs: Sequence[Callable[[Store], int]]) -> None:
    """Add these runs and tick them."""
    do(qtbot, session, *runs)
    qtbot.waitUntil(lambda: view.model.total == len(runs), timeout=WAIT)
    view.reveal(list(range(1, len(runs) + 1)))
