"""What is foretold of several columns is told in the units of each, held against NumPy on the file itself."""

import csv
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch

from tests.engine.service.conftest import Workplace, weather
from workbench.core.document import Port
from workbench.core.shapes import TensorSpec
from workbench.engine.service.answers import Answer
from workbench.engine.service.told import told

pytestmark = pytest.mark.usefixtures("reads_here")
NAMES = ["heat", "pressure"]


def test_several_columns_are_in_their_own_units_everywhere(place: Workplace, tmp_path: Path) -> None:
    run = weather(place)
    with (place.folder / "weather.csv").open(encoding="utf-8") as file:
        rows = np.array([[float(row[name]) for name in NAMES] for row in csv.DictReader(file)])
    content = place.context.data(run).first.content
    count = place.context.data(run).count("test")
    starts = content.splits["test"]
    # What leads back is what makes the numbers of training those of the file.
    learned = np.asarray(content.arrays["y"], dtype=np.float64)
    std, mean = np.array([np.polyfit(learned[:, at], rows[:, at], 1) for at in range(2)]).T
    assert mean == pytest.approx(rows[:36].mean(0), rel=1e-4)
    assert std == pytest.approx(rows[:36].std(0), rel=1e-4)

    items = place.ask("samples", run, split="test", offset=0, count=count)["items"]
    truth = np.array([item["truth"]["series"]["predicted"] for item in items]).transpose(0, 2, 1)
    assert truth == pytest.approx(np.stack([rows[at + 6 : at + 9] for at in starts]), rel=1e-5)
    program, answer = place.context.model(run).program, place.context.answer(run)
    with torch.no_grad():
        scores = answer.scores(program, place.context.batch(run, "test", list(range(count)))).double().numpy()
    wanted = scores * std + mean
    found = np.array([item["answer"]["series"]["predicted"] for item in items]).transpose(0, 2, 1)
    assert found == pytest.approx(wanted, rel=1e-5)
    assert items[0]["answer"]["series"]["names"] == items[0]["truth"]["series"]["names"] == NAMES

    told = place.ask("evaluate", run, split="test")
    assert "points" not in told and [each["name"] for each in told["columns"]] == NAMES
    for at, column in enumerate(told["columns"]):
        off = (wanted - truth)[:, :, at]
        assert column["mae"] == pytest.approx(np.abs(off).mean(), rel=1e-4)
        assert column["rmse"] == pytest.approx(np.sqrt((off**2).mean()), rel=1e-4)
        assert (column["residuals"]["edges"][0], column["residuals"]["edges"][-1]) == pytest.approx(
            (off.min(), off.max()), rel=1e-4
        )
        shown = dict(zip(map(tuple, column["points"]), column["indices"], strict=True))
        for (right, said), index in shown.items():
            assert np.isclose(truth[index, :, at], right, rtol=1e-6).any()
            assert np.isclose(wanted[index, :, at], said, rtol=1e-5).any()
    assert told["loss"] == pytest.approx(np.square((wanted - truth) / std).mean(), rel=1e-3)

    # A file that ends where a window ends is foretold as that window.
    lines = (place.folder / "weather.csv").read_text(encoding="utf-8").splitlines()
    until = tmp_path / "until.csv"
    until.write_text("\n".join(lines[: 1 + int(starts[0]) + 6]), encoding="utf-8")
    (own,) = place.ask("predict", run, inputs={"files": [str(until)]})["items"]
    assert own["series"]["names"] == NAMES
    assert np.allclose(np.array(own["series"]["predicted"]).T, wanted[0], rtol=1e-4)
    assert place.ask("about", run)["note"] == ""


def test_of_a_dataset_that_knows_no_units_it_is_said(place: Workplace) -> None:
    run = weather(place)
    record = place.store.dataset("weather")
    place.store.add_dataset(replace(record, schema={**record.schema, "scales": {}}))
    place.context.forget()
    assert "told in those of training. Read it anew" in place.ask("about", run)["note"]
    assert place.ask("evaluate", run, split="test")["points"]
    place.store.add_dataset(record)
    place.context.forget()


def test_infinite_numbers_are_no_answer() -> None:
    answer = Answer("y", "numbers", Port("fc", "y"), TensorSpec(("N", 1), "float"))
    (found, fine) = told(answer, torch.tensor([[torch.inf], [2.0]]), {}, Mock())
    assert "is no number (NaN) or infinite" in found["error"] and fine == {"number": 2.0}
