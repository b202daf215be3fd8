"""The text of a program: always the same, and without any code that a document brought along."""

import ast
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.drawing import CLASSIFIER, block, draw
from tests.programs import analysed, batch_of, call, live, names_of, text_of, tidy
from workbench.catalog.check import analyse
from workbench.catalog.forms import fields_of
from workbench.catalog.samples import SAMPLES
from workbench.catalog.spec import node_types
from workbench.catalog.templates import load
from workbench.codegen.program import generate
from workbench.codegen.script import script
from workbench.codegen.text import docstring, literal
from workbench.core.document import Block, Document, Graph, Node, Port, Training, Update
from workbench.core.errors import CodeError, DocumentError
from workbench.core.expressions import Value
from workbench.core.files import dumps, loads

ADAM: dict[str, Value] = {"type": "Adam", "lr": 0.001}


def test_what_the_check_refuses_is_not_compiled() -> None:
    document = Document()
    with pytest.raises(CodeError, match=r"cannot be compiled yet: The canvas is empty"):
        generate(document, analyse(document, SAMPLES))


def test_the_text_is_always_the_same() -> None:
    """Also in another process, where sets come in another order."""
    code = (
        "from workbench.catalog.check import analyse\nfrom workbench.catalog.samples import SAMPLES\n"
        "from workbench.catalog.templates import load\nfrom workbench.codegen.program import generate\n"
        "for id in ('gan', 'vae', 'char-gpt'): print(generate(load(id), analyse(load(id), SAMPLES)), end='')"
    )
    wanted = "".join(text_of(load(id)) for id in ("gan", "vae", "char-gpt"))
    for seed in ("1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        found = subprocess.check_output([sys.executable, "-c", code], text=True, env=environment)
        assert found == wanted


# What a document may bring.

NASTY = [
    '"""\nimport os; os.environ["PWNED"] = "1"\n"""',
    '"""',
    '""""',
    '"',
    'ends with "',
    "ends with \\",
    '\\"""\\',
    "a\\nb \\u0041 \\N{BELL}",
    "'''",
    "tab\tand\rreturn\x0bfeed\x0c",
    "line\u2028separator\x85next",
    "{batch} %s {0!r}",
    " leading and trailing ",
    "",
    "ünïcödé ✓ \U0001f600",
    "word " * 60,
    "x" * 300,
    "first\n\n\n\n   second\n# third",
]


@pytest.mark.parametrize("text", NASTY)
def test_names_and_descriptions_are_only_text(text: str) -> None:
    program = text_of(named(text))
    assert names_of(program)["Program"] is not None
    assert "PWNED" not in os.environ
    tree = ast.parse(program)
    assert [type(node).__name__ for node in tree.body] == [
        type(node).__name__ for node in ast.parse(text_of(draw(CLASSIFIER))).body
    ]


def test_programs_stay_tidy_whatever_they_are_called(tmp_path: Path) -> None:
    tidy([script(named(text), analysed(named(text))) for text in NASTY], tmp_path)


def named(text: str) -> Document:
    return replace(draw(CLASSIFIER), name=text or "model", description=text)


def test_prompts_never_enter_the_text() -> None:
    document = load("char-lstm")
    samples = replace(document.graph.nodes["samples"], params={"prompt": 'x"); import os #', "length": 3})
    changed = replace(
        document, graph=Graph({**document.graph.nodes, "samples": samples}, document.graph.links)
    )
    assert text_of(changed) == text_of(document)


@pytest.mark.parametrize(
    "value",
    [
        "__import__('os')",
        "= __import__('os').getcwd()",
        "= (lambda: 1)()",
        "= [1][0]",
        "= open",
        "= 1 if 1 else 2",
    ],
)
@pytest.mark.parametrize("place", ["field", "variable", "repeat", "block", "weight", "optimizer", "setting"])
def test_values_are_numbers_or_refused(place: str, value: str) -> None:
    body = block("x Input\nfc Linear out_features='= size' < x\ny Output < fc", size=8)
    line = f"extra @Body {'size' if place == 'block' else 'nothing'}=1 < flat"
    document = draw(
        CLASSIFIER.replace("fc1 Linear out_features=16 < flat", "fc1 @Body < flat"), blocks={"Body": body}
    )
    assert line and analyse(document, SAMPLES).ok
    fc1 = document.graph.nodes["fc1"]
    update = Update("train", {"loss": 1}, (), ADAM)
    match place:
        case "field":
            changed = with_node(document, Node("fc2", "Linear", params={"out_features": value}))
        case "variable":
            used = with_node(document, Node("fc2", "Linear", params={"out_features": "= v"}))
            changed = replace(used, variables={"v": value})
        case "repeat":
            changed = with_node(document, replace(fc1, repeat=value))
        case "block":
            changed = with_node(document, replace(fc1, params={"size": value}))
        case "weight":
            changed = trained(document, replace(update, minimise={"loss": value}))
        case "optimizer":
            changed = trained(document, replace(update, optimizer={"type": "Adam", "lr": value}))
        case _:
            changed = replace(document, training=Training({"epochs": value}))
    assert not analyse(changed, SAMPLES).ok


def with_node(document: Document, node: Node) -> Document:
    return replace(document, graph=Graph({**document.graph.nodes, node.id: node}, document.graph.links))


def trained(document: Document, *updates: Update) -> Document:
    return replace(document, training=replace(document.training, updates=updates))


EVIL = [
    "x = 1; import os",
    "a\nimport os",
    "os.system('x')",
    "class",
    "None",
    "é",
    "__init__",
    "a b",
    "",
    'a"b',
]

# They stand only inside of longer names there.
FINE = {("class", "update"), ("class", "output"), ("None", "output"), ("__init__", "output")}


@pytest.mark.parametrize("name", EVIL)
@pytest.mark.parametrize("place", ["node", "inner node", "block", "parameter", "update", "output"])
def test_what_becomes_a_name_is_one_or_refused(place: str, name: str) -> None:
    """Made past the edits and the file reader, which refuse it as well."""
    body = Block({"size": 8}, block("x Input\nfc Linear out_features='= size' < x\ny Output < fc").graph)
    document = draw(CLASSIFIER.replace("fc1 Linear out_features=16", "fc1 @Body"), blocks={"Body": body})
    schemas = dict(SAMPLES)
    match place:
        case "node":
            changed = renamed(document, "relu", name)
        case "inner node":
            inner = renamed(replace(document, graph=body.graph), "fc", name).graph
            changed = replace(document, blocks={"Body": replace(body, graph=inner)})
        case "block":
            fc1 = replace(document.graph.nodes["fc1"], block=name)
            changed = replace(with_node(document, fc1), blocks={name: body})
        case "parameter":
            changed = replace(document, blocks={"Body": replace(body, params={name: 1, "size": 8})})
        case "update":
            changed = trained(document, Update(name, {"loss": 1}, (), ADAM))
        case _:
            digits = SAMPLES["digits"]
            outputs = {name if port == "image" else port: spec for port, spec in digits.outputs.items()}
            schemas["digits"] = replace(digits, outputs=outputs)
            links = dict(document.graph.links)
            links[Port("flat", "x")] = Port("digits", name)
            changed = replace(document, graph=Graph(document.graph.nodes, links))
    analysis = analyse(changed, schemas)
    if (name, place) in FINE:
        assert names_of(generate(changed, analysis))
        return
    with pytest.raises(CodeError):
        generate(changed, analysis)
    if place not in ("output", "parameter"):
        with pytest.raises(DocumentError):
            loads(dumps(changed))


def renamed(document: Document, old: str, new: str) -> Document:
    nodes = {
        (new if id == old else id): replace(node, id=new) if id == old else node
        for id, node in document.graph.nodes.items()
    }

    def moved(port: Port) -> Port:
        return Port(new, port.name) if port.node == old else port

    links = {moved(target): moved(source) for target, source in document.graph.links.items()}
    return replace(document, graph=Graph(nodes, links))


BLOCK_NAMES = [
    "F",
    "Tensor",
    "Path",
    "Program",
    "ReLU",
    "Exception",
    "Iterator",
    "BATCH_SIZE",
    "Accuracy",
    "nn2",
]


@pytest.mark.parametrize("name", BLOCK_NAMES)
def test_a_block_may_have_the_name_of_something_else(name: str) -> None:
    body = block("x Input\nfc Linear out_features=8 < x\nact GELU < fc\ny Output < act")
    document = draw(
        f"{CLASSIFIER.replace('fc1 Linear out_features=16', f'fc1 @{name}')}\nperplexity Perplexity < fc2 digits.label",
        blocks={name: body},
    )
    analysis = analysed(document)
    program, batch = live(document), batch_of(analysis)
    call(program, "update_train", batch)["loss"].backward()
    assert call(program, "evaluate", batch)
    assert callable(names_of(script(document, analysis))["main"])


def test_literals() -> None:
    assert [literal(value) for value in (1, 0.1, True, None, "a", (1,), (1, (2, 3)))] == [
        "1", "0.1", "True", "None", '"a"', "(1,)", "(1, (2, 3))",
    ]  # fmt: skip
    for text in NASTY:
        assert ast.literal_eval(literal(text)) == text
    for value in (float("nan"), float("inf"), -float("inf"), [1], {"a": 1}, b"x", object()):
        with pytest.raises(CodeError):
            literal(value)


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_docstrings_end_where_they_should(text: str, depth: int) -> None:
    lines = ["class A:", *docstring(text, 1)] if depth else docstring(text, 0)
    (first, *rest) = ast.parse("\n".join(lines)).body
    assert not rest
    inner = first.body[0] if isinstance(first, ast.ClassDef) else first
    assert isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Constant)


# Fields.


def test_only_what_differs_from_the_default_is_written() -> None:
    text = text_of(draw(CLASSIFIER))
    assert "self.fc1 = nn.Linear(in_features=64, out_features=16)" in text
    assert "self.relu = nn.ReLU()" in text
    for cls in node_types().values():
        for entry in fields_of(cls):
            assert entry.kind != "text" or not entry.argument or not cls.torch, (
                "free text would enter a program"
            )


def test_helpers_stand_once_and_only_where_they_are_used() -> None:
    text = text_of(draw(f"{CLASSIFIER}\nsecond Accuracy < fc2 digits.label\nf1 F1Score < fc2 digits.label"))
    assert text.count("class Accuracy(nn.Module)") == 1 and text.count("class F1Score(nn.Module)") == 1
    assert "class Perplexity" not in text and "def frozen" not in text
    assert "import math" not in text and "gnn" not in text
    aftermath = CLASSIFIER.replace("fc1", "aftermath").replace("fc2", "my_gnn")
    assert "import math" not in text_of(draw(aftermath)) and "gnn as" not in text_of(draw(aftermath))
