"""Programs of small models: every node type compiles and runs, and the text is tidy."""

import ast
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import torch
from hypothesis import HealthCheck, given, settings

from tests.damage import damaged, tried
from tests.drawing import block, draw
from tests.programs import analysed, batch_of, call, live, names_of, text_of, tidy
from workbench.catalog.check import Analysis, analyse
from workbench.catalog.nodes.sources import FREE
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.catalog.spec import Example, NodeType, node_types
from workbench.catalog.templates import load, templates
from workbench.codegen.program import generate
from workbench.codegen.script import script
from workbench.core.document import Document, Graph, Node, Port, Update
from workbench.core.errors import CodeError
from workbench.core.shapes import TensorSpec

# Every node type.

NOT_ALONE = ("Dataset", "Input", "Output")
CASES = [
    pytest.param(cls, example, id=f"{name}-{number}")
    for name, cls in node_types().items()
    if name not in NOT_ALONE
    for number, example in enumerate(cls.examples)
]


def around(cls: type[NodeType], example: Example, id: str = "subject") -> tuple[Document, dict[str, Schema]]:
    """A model in which a node of this type stands between made-up data and what its output is good for."""
    name = cls.__name__
    outputs = {"features": TensorSpec(("N", 4))}
    outputs |= {f"p{number}": spec for number, spec in enumerate(example.inputs)}
    schema = Schema("made_up", "Made up", outputs)
    nodes = {
        "data": Node("data", "Dataset", params={"dataset": "made_up"}),
        "head": Node("head", "Linear", params={"out_features": 2}),
        "side": Node("side", "MSELoss", params={"target": 0.5}),
        id: Node(id, name, params={key: value for key, value in example.params.items() if key != "linked"}),
    }
    links = {Port("head", "x"): Port("data", "features"), Port("side", "input"): Port("head", "y")}
    schemas = {**SAMPLES, "made_up": schema}
    kind = cls(**example.params)
    linked = example.params.get("linked") or kind.input_ports()[: len(example.inputs)]
    for number, port in enumerate(linked):
        links[Port(id, port)] = Port("data", f"p{number}")
    found = kind.infer(*example.inputs)
    if cls.family not in ("loss", "metric", "probe"):
        for port, spec in zip(
            kind.output_ports(), found if isinstance(found, tuple) else (found,), strict=True
        ):
            nodes[f"out_{port}"] = Node(f"out_{port}", "Output")
            links[Port(f"out_{port}", "x")] = Port(id, port)
            if spec.dtype == "float":
                nodes[f"loss_{port}"] = Node(f"loss_{port}", "MSELoss", params={"target": 1.0})
                links[Port(f"loss_{port}", "input")] = Port(id, port)
    return Document("one", {}, Graph(nodes, links)), schemas


@pytest.mark.parametrize(("cls", "example"), CASES)
def test_every_type_compiles_and_runs(cls: type[NodeType], example: Example) -> None:
    document, schemas = around(cls, example)
    analysis = analysed(document, schemas)
    program, batch = live(document, schemas), batch_of(analysis)
    losses = call(program, "update_train", batch)
    next(iter(losses.values())).backward()
    subject = [weight for name, weight in program.named_parameters() if name.startswith("subject.")]
    assert sum(weight.numel() for weight in subject) == analysis.nodes["subject"].parameters
    assert all(weight.grad is not None for weight in subject)
    program.eval()
    figures = call(program, "summarise", call(program, "evaluate", batch))
    assert all(isinstance(value, float) for value in figures.values())
    if cls.family in ("loss", "metric"):
        assert "subject" in figures
    for name, info in analysis.nodes.items():
        if info.node.type == "Output":
            arguments = ast.parse(text_of(document, schemas))
            found = call(program, name, *_given(arguments, name, batch, analysis))
            assert len(found.shape) == info.inputs[0].rank


def _given(
    tree: ast.Module, method: str, batch: dict[str, torch.Tensor], analysis: Analysis
) -> list[torch.Tensor]:
    """The arguments that a named output asks for: from the batch, or zeros in place of noise and constants."""
    (found,) = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == method]
    by_name = {name.replace(".", "_"): value for name, value in batch.items()}
    for id, info in analysis.nodes.items():
        if info.node.type in FREE:
            ((port, spec),) = info.outputs.items()
            by_name[f"{id}_{port}"] = torch.zeros(3, *(dim for dim in spec.shape if isinstance(dim, int)))
    return [by_name[each.arg] for each in found.args.args[1:]]


LONG_AND_SHORT = ("subject", "a_rather_long_name_of_a_node", "x" * 45)


def test_programs_of_every_type_are_tidy(tmp_path: Path) -> None:
    texts = []
    for cls, example in (case.values for case in CASES):
        assert isinstance(cls, type) and isinstance(example, Example)
        texts += [text_of(*around(cls, example, id=id)) for id in LONG_AND_SHORT]
    tidy(texts, tmp_path)


def test_programs_and_scripts_of_templates_are_tidy(tmp_path: Path) -> None:
    documents = [load(each.id) for each in templates()]
    tidy(
        [text_of(each) for each in documents] + [script(each, analysed(each)) for each in documents], tmp_path
    )


@pytest.mark.parametrize("size", [1, 20, 60])
def test_long_names_of_updates_and_blocks(size: int, tmp_path: Path) -> None:
    one, two, cls = "u" * size, "v" * size, "B" * size
    body = block(
        "x Input\nz Input\nfc Linear out_features=8 < x\nadd Add < fc z\ny Output < add\nw Output < fc"
    )
    update = Update(
        one,
        {"loss": 0.5, "side": 1},
        ("first", "second"),
        {"type": "AdamW", "lr": 0.01, "beta1": 0.8, "weight_decay": 0.3},
        {"type": "OneCycleLR", "max_lr": 0.123456, "pct_start": 0.23456},
        every=3,
        clip=1.25,
    )
    document = draw(
        f"""
        data Dataset dataset=iris
        first Linear out_features=8 < data.features
        second @{cls} *3 < first first
        head Linear out_features=3 < second.y
        loss CrossEntropyLoss < head data.label
        side MSELoss target=0 < second.w
        answer Output < head
        """,
        blocks={cls: body},
        updates=(update, replace(update, name=two, train=("head",), minimise={"loss": 2}, every=1)),
        steps=50,
        epochs=3,
    )
    texts = [text_of(document), script(document, analysed(document))]
    assert all(names_of(text)["Program"]() is not None for text in texts)
    if size < 40:
        tidy(texts, tmp_path)


RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@RELAXED
@given(damaged())
def test_whatever_the_check_lets_pass_compiles(document: Document) -> None:
    analysis = analyse(document, SAMPLES)
    if not analysis.ok:
        with pytest.raises(CodeError):
            generate(document, analysis)
        return
    text = generate(document, analysis)
    compile(text, "program.py", "exec")
    if analysis.parameters < 10**7:
        program = names_of(text)["Program"]()
        assert sum(weight.numel() for weight in program.parameters()) == analysis.parameters


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # slower, and right
@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_check_lets_pass_trains(seed: int) -> None:
    torch.set_num_threads(1)
    random, ran = Random(seed), 0
    for _ in range(60):
        document = tried(random)
        analysis = analyse(document, SAMPLES)
        if not analysis.ok or analysis.parameters > 2_000_000 or analysis.operations > 20_000_000:
            continue
        program, batch = names_of(script(document, analysis))["Program"](), batch_of(analysis)
        assert sum(weight.numel() for weight in program.parameters()) == analysis.parameters
        for step in analysis.updates:
            optimizer = call(program, f"optimizer_{step.name}")
            next(iter(call(program, f"update_{step.name}", batch).values())).backward()
            optimizer.step()
        program.eval()
        assert call(program, "summarise", call(program, "evaluate", batch))
        ran += 1
    assert ran > 2
