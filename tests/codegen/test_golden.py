"""The program of every small template, word for word, as it stands in golden/ (landmarks: tests/catalog).

After a wanted change of what programs look like: `WRITE_GOLDEN=1 python -m pytest tests/codegen/test_golden.py`, then
read the difference before it is committed.
"""

import os
from pathlib import Path

import pytest
import torch

from tests.programs import analysed, batch_of, call, live, names_of, text_of
from workbench.catalog.templates import load, templates

GOLDEN = Path(__file__).with_name("golden")
IDS = [each.id for each in templates() if not each.landmark]


@pytest.mark.parametrize("id", IDS)
def test_the_program_is_the_one_that_was_read_and_approved(id: str) -> None:
    file = GOLDEN / f"{id}.py"
    text = text_of(load(id))
    if os.environ.get("WRITE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text


def test_there_are_no_others() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(IDS)


@pytest.mark.parametrize("id", IDS)
def test_the_check_counts_the_weights_that_the_module_has(id: str) -> None:
    program = live(load(id))
    assert analysed(load(id)).parameters == sum(weight.numel() for weight in program.parameters())


@pytest.mark.parametrize("id", IDS)
def test_it_steps_evaluates_and_looks(id: str) -> None:
    torch.set_num_threads(1)
    analysis = analysed(load(id))
    program, batch = live(load(id)), batch_of(analysis)
    for step in analysis.updates:
        optimizer = call(program, f"optimizer_{step.name}")
        before = {name: weight.clone() for name, weight in program.state_dict().items()}
        next(iter(call(program, f"update_{step.name}", batch).values())).backward()
        optimizer.step()
        changed = {
            name for name, weight in program.state_dict().items() if not torch.equal(weight, before[name])
        }
        assert {name.partition(".")[0] for name in changed} == set(step.trains)
        program.zero_grad()
    program.eval()
    figures = call(program, "summarise", call(program, "evaluate", batch))
    assert figures and all(isinstance(value, float) for value in figures.values())
    for name, info in analysis.root.infos.items():
        if info.node.type in ("Images", "TextSamples"):
            shape = call(program, f"probe_{name}", batch).shape
            assert len(shape) == info.inputs[0].rank


def test_the_script_has_the_same_program_in_it() -> None:
    from workbench.codegen.script import script

    document = load("mlp")
    text, whole = text_of(document), script(document, analysed(document))
    assert text[text.index("class Program") :].strip() in whole
    assert callable(names_of(whole)["main"])
