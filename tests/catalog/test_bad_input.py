"""Files that nobody drew: refused with one sentence that names the place, or read, checked and kept as they are."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.drawing import CLASSIFIER, block, draw
from workbench.catalog.check import Analysis, analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.walk import DEEPEST
from workbench.cli import entry
from workbench.core.definitions import AddBlock
from workbench.core.document import Block, Document, Graph, Node, Port
from workbench.core.edits import AddNode, MoveNodes
from workbench.core.errors import DocumentError, EditError
from workbench.core.files import dumps, loads
from workbench.core.values import MOST_BLOCKS
from workbench.store.store import Store

MILLION = "x" * 1_000_000


def file(change: Callable[[dict[str, Any]], object]) -> str:
    """The classifier's file, changed."""
    data = json.loads(dumps(draw(CLASSIFIER)))
    change(data)
    return json.dumps(data)


def chain(levels: int) -> dict[str, Block]:
    """Blocks, each of which holds the next."""
    ports = {"x": Node("x", "Input"), "y": Node("y", "Output")}
    links = {Port("deep", "x"): Port("x", "x"), Port("y", "x"): Port("deep", "y")}
    inner = [Node("deep", block=f"B{level}") for level in range(1, levels)]
    return {
        f"B{level}": Block(graph=Graph({**ports, "deep": node}, links))
        for level, node in enumerate([*inner, Node("deep", "ReLU")])
    }


def deep(levels: int) -> Document:
    document = draw(
        "data Dataset dataset=iris\nbody @B0 < data\nfc Linear out_features=3 < body\n"
        "loss CrossEntropyLoss < fc data.label",
        blocks={"B0": block("x Input\ny Output < x")},
    )
    return replace(document, blocks=chain(levels))


def node(index: int, **values: Any) -> Callable[[dict[str, Any]], object]:
    return lambda data: data["graph"]["nodes"][index].update(values)


REFUSED: dict[str, tuple[str, str]] = {
    "a hundred thousand lists": ('{"format": 2, "graph": ' + "[" * 100_000, "nested too deeply"),
    "a hundred thousand objects": ('{"format": 2, "graph": ' + '{"a": ' * 100_000, "nested too deeply"),
    "a hundred thousand blocks": (
        '{"format": 2, "blocks": {' + ", ".join(f'"B{n}": {{}}' for n in range(100_000)) + "}}",
        "blocks: there are 100,000; a model has 10,000 at most",
    ),
    "two nodes of one name": (file(node(1, id="digits")), "there are two nodes “digits”"),
    "two blocks of one name": ('{"format": 2, "blocks": {"A": {}, "A": {}}}', "“A” twice in one place"),
    "a position that is no number": (
        dumps(draw(CLASSIFIER)).replace('"at": [0, 0]', '"at": [NaN, 0]', 1),
        "NaN is not a number",
    ),
    "a position beyond all": (file(node(1, at=[1e300, 0])), "node “flat”, at: a position is two numbers"),
    "an id of a million characters": (file(node(1, id=MILLION)), "has 1,000,000 characters"),
    "a title of a million characters": (
        file(node(1, title=MILLION)),
        "node “flat”, title: the text has 1,000,000",
    ),
    "a type of a million characters": (
        file(node(1, type=MILLION)),
        "node “flat”, type: the text has 1,000,000",
    ),
    "a name of a million characters": (
        file(lambda data: data.update(name=MILLION)),
        "name: the text has 1,000,000 characters",
    ),
    "a block's name of a million characters": (
        file(lambda data: data.update(blocks={MILLION: {}})),
        "a name here has 64 at most",
    ),
    "a variable of a million characters": (
        file(lambda data: data.update(variables={MILLION: 1})),
        "has 1,000,000 characters",
    ),
    "a link from a node that is not there": (
        file(lambda data: data["graph"]["links"].append(["ghost.y", "fc1.x"])),
        "it names node “ghost”, which does not exist",
    ),
    "a link to a node that is not there": (
        file(lambda data: data["graph"]["links"].append(["flat.y", "ghost.x"])),
        "it names node “ghost”, which does not exist",
    ),
    "two links to one input": (
        file(lambda data: data["graph"]["links"].append(["digits.image", "fc1.x"])),
        "input fc1.x already has a link from flat.y",
    ),
    "a bend of a link that is not there": (
        file(lambda data: data["graph"].update(bends=[["fc1.ghost", [[1, 2]]]])),
        "nothing is linked to fc1.ghost",
    ),
    "a mode that is none": (
        file(node(1, mode="sleep")),
        "node “flat”: “sleep” is not a way for a node to work",
    ),
    "a look that is none": (file(node(1, look=["pinned", "pinned"])), "node “flat”: a look is made of"),
}


@pytest.fixture
def said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], tuple[int, str, str]]:
    """What `workbench check` answers to a file: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Store(tmp_path / "experiments.db").close()

    def check(text: str) -> tuple[int, str, str]:
        path = tmp_path / "bad.json"
        path.write_text(text, encoding="utf-8")
        code = entry.run(["check", str(path)])
        answer = capsys.readouterr()
        return code, answer.out, answer.err

    return check


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_a_file_is_refused_in_one_sentence(
    text: str, words: str, said: Callable[[str], tuple[int, str, str]]
) -> None:
    with pytest.raises(DocumentError) as refused:
        loads(text, "bad.json")
    assert words in str(refused.value) and len(str(refused.value)) < 400
    code, out, err = said(text)
    assert (code, out) == (1, "") and words in err and err.count("\n") == 1


def checked(text: str) -> Analysis:
    """A file that is read, and that would be written again byte by byte."""
    document = loads(text, "bad.json")
    assert dumps(document) == text
    return analyse(document, SAMPLES)


def test_unknown_node_types_are_kept_to_the_byte(said: Callable[[str], tuple[int, str, str]]) -> None:
    document = draw(CLASSIFIER)
    strange = Node(
        "relu", "QuantumLayer", params={"qubits": (1, 2.5, "x"), "deep": None}, title="Ψ", look=("pinned",)
    )
    text = dumps(
        replace(document, graph=replace(document.graph, nodes={**document.graph.nodes, "relu": strange}))
    )
    found = checked(text)
    message = "relu: “QuantumLayer” is not a known node type; the node is kept as it is."
    assert [str(each) for each in found.problems] == [message]
    assert set(found.nodes) == {"digits", "flat", "fc1"}
    code, out, err = said(text)
    assert code == 1 and message in err and "QuantumLayer" not in out


def test_an_unknown_type_with_a_very_long_name_is_told_briefly() -> None:
    long = Node("strange", "Layer" * 10_000)
    document = AddNode(long).apply(draw(CLASSIFIER))
    assert all(len(str(each)) < 700 for each in checked(dumps(document)).problems)


def test_muted_unknown_nodes_are_no_problem() -> None:
    document = AddNode(Node("strange", "Layer", mode="mute")).apply(draw(CLASSIFIER))
    assert checked(dumps(document)).problems == ()


def test_links_to_ports_that_are_not_there_are_kept_and_told() -> None:
    text = dumps(draw(CLASSIFIER)).replace('"fc1.x"', '"fc1.ghost"')
    problems = [str(each) for each in checked(text).problems]
    assert "fc1.ghost: it has no input “ghost”." in problems


# Blocks in themselves and very deep.


def in_each_other(used: bool) -> Document:
    blocks = {"A": block("x Input\ny Output < x"), "B": block("x Input\ny Output < x")}
    a = block("x Input\nb @B < x\ny Output < b", blocks)
    b = block("x Input\na @A < x\ny Output < a", blocks)
    body = "body @A < data" if used else "body ReLU < data"
    return draw(
        f"data Dataset dataset=iris\n{body}\nfc Linear out_features=3 < body\nloss CrossEntropyLoss < fc data.label",
        blocks={"A": a, "B": b},
    )


def test_blocks_in_each_other_are_told_where_they_stand(said: Callable[[str], tuple[int, str, str]]) -> None:
    (problem,) = checked(dumps(in_each_other(used=True))).problems
    assert str(problem) == "body/b/a: blocks may not contain themselves: A → B → A."
    assert (problem.where, problem.node) == ("B", "a")
    code, out, err = said(dumps(in_each_other(used=True)))
    assert code == 1 and "A → B → A" in err and out


def test_blocks_in_each_other_that_stand_nowhere_are_told_too() -> None:
    (problem,) = checked(dumps(in_each_other(used=False))).problems
    assert str(problem) == "Block “A” may not contain itself: A → B → A."


def test_a_block_in_itself() -> None:
    own = block("x Input\nagain @A < x\ny Output < again", {"A": block("x Input\ny Output < x")})
    document = draw("data Dataset dataset=iris\nbody @A < data", blocks={"A": own})
    assert "body/again: blocks may not contain themselves: A → A." in [
        str(each) for each in checked(dumps(document)).problems
    ]


def test_blocks_nest_to_a_limit(said: Callable[[str], tuple[int, str, str]]) -> None:
    assert checked(dumps(deep(DEEPEST))).ok
    began = time.process_time()
    text = dumps(deep(5000))
    (problem,) = checked(text).problems
    assert str(problem).endswith(f"blocks may nest {DEEPEST} deep; “B{DEEPEST}” stands deeper.")
    assert time.process_time() - began < 10
    assert said(text)[0] == 1


def test_no_edit_makes_what_no_file_may_hold() -> None:
    full = replace(draw(CLASSIFIER), blocks={f"B{n}": Block() for n in range(MOST_BLOCKS)})
    with pytest.raises(EditError, match="10,000 blocks at most"):
        AddBlock("OneMore", Block()).apply(full)
    assert AddBlock("B0", Block()).apply(full).blocks.keys() == full.blocks.keys()
    for place in (math.nan, math.inf, 1e300):
        with pytest.raises(EditError, match="not a position"):
            MoveNodes({"flat": (place, 0.0)}).apply(draw(CLASSIFIER))
