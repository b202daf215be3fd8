"""The benchmarks keep to their form, and the trainer ends with the weights of a loop written by hand."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from benchmarks import _loaders, _networks, _race, data
from benchmarks.__main__ import names

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As the benchmark does; several threads wait for one another where the machine is busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("case", _race.CASES)
def test_the_trainer_and_a_loop_written_by_hand_end_with_the_same_weights(case: str, tmp_path: Path) -> None:
    race = _race.Race(_race.CASES[case](), tmp_path)
    before = [weight.detach().clone() for weight in race.model.parameters()]
    for _ in range(2):  # in turns, as they are measured
        race.ours(1)
        race.theirs(1)
    race.store.close()
    assert race.identical()
    assert any((old != new).any() for old, new in zip(before, race.model.parameters(), strict=True))


def test_a_benchmark_prints_one_object_for_each_figure() -> None:
    command = [sys.executable, "-m", "benchmarks", "check", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 5 and done.stderr == ""
    for figure in found:
        assert list(figure) == ["name", "value", "unit", "budget", "peer", "peer_value", "ok"]
        assert figure["ok"] == (figure["value"] <= figure["budget"])
    assert done.returncode == (0 if all(figure["ok"] for figure in found) else 1)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("case", [kind for _, kind, _, _ in data.CASES])
def test_both_ways_to_the_data_hand_out_the_training_part(case: type[_loaders.Case], tmp_path: Path) -> None:
    made = case(tmp_path, 3_000 if case is not _loaders.Pictures else 60)
    ours, peers = made.ours_pass(made.read(), 0), _loaders.peer_pass(made.peer())
    # Workbench leaves one window of a text out, so that every offset has the same number of them.
    assert ours == peers - isinstance(made, _loaders.Text)


@pytest.mark.parametrize(
    "case", ["resnet18", "transformer-base", "lstm-gates", "LSTM, padded", "GRU, padded"]
)
def test_drawn_networks_give_what_independent_code_gives(case: str) -> None:
    """Those beside Hugging Face's take longer: `python -m benchmarks.fidelity networks`."""
    outputs, gradients = _networks.measured(case)
    assert outputs < 1e-10 and gradients < 1e-10


def test_an_unknown_benchmark_is_refused_with_those_that_are_known() -> None:
    command = [sys.executable, "-m", "benchmarks", "speed"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"there is no benchmark speed; there are {', '.join(names())}" in done.stderr
