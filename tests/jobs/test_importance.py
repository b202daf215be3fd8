"""Permutation importance finds what was put in, and says when there is nothing to find."""

import io
import json
import math
import random

import pytest

from workbench.jobs.importance import LEAST, command, importance, main


def test_what_matters_comes_first_words_and_gaps_included() -> None:
    chance = random.Random(0)
    rates = [10 ** chance.uniform(-4, -1) for _ in range(80)]
    acts = [chance.choice(["ReLU", "Tanh", None]) for _ in range(80)]
    seeds = [float(chance.randrange(100)) for _ in range(80)]
    target = [
        -abs(math.log10(rate) + 2.5) + (0.8 if act == "ReLU" else 0.0)
        for rate, act in zip(rates, acts, strict=True)
    ]
    target[3] = math.nan
    found = importance({"seed": seeds, "lr": rates, "act": acts}, target)
    assert found.runs == 79 and found.score > 0.7
    assert found.importances["lr"] > found.importances["act"] > 10 * abs(found.importances["seed"])
    assert set(found.spreads) == {"seed", "lr", "act"}


def test_too_few_runs_and_equal_results_have_no_answer() -> None:
    few = importance({"lr": [0.1] * 3}, [1.0, 2.0, 3.0])
    same = importance({"lr": [float(n) for n in range(LEAST)]}, [1.0] * LEAST)
    assert not few.importances and few.runs == 3
    assert not same.importances and math.isnan(same.score)


def test_a_line_is_answered_with_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"columns": {"lr": [float(n) for n in range(12)]}, "target": [*range(11), None]}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(asked) + "\n"))
    assert main() == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["runs"] == 11 and answer["importances"]["lr"] > 0.5


def test_files_of_the_current_folder_do_not_pose_as_modules() -> None:
    assert command()[1:] == ["-P", "-m", "workbench.jobs.importance"]
