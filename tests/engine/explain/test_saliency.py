"""Weights for the parts of examples of all kinds, beside computations by hand on the same program."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
import torch.nn.functional as F

from tests.engine.explain.made import Made, asked, drawing
from workbench.core.errors import DataError, JobError
from workbench.engine.explain import attribution, methods
from workbench.engine.explain.methods import METHODS
from workbench.engine.explain.parts import columns
from workbench.engine.explain.saliency import saliency
from workbench.engine.service.actions import ACTIONS, action
from workbench.engine.service.asked import Stopped

# The second convolution is used twice: once more by its linked copy.
PICTURES = """
    digits Dataset
    conv Conv2d out_channels=4 kernel_size=3 padding=1 < digits.image
    relu ReLU < conv
    second Conv2d out_channels=4 kernel_size=3 padding=1 < relu
    again Conv2d ~second out_channels=4 kernel_size=3 padding=1 < second
    norm BatchNorm2d < again
    drop Dropout p=0.5 < norm
    pool AdaptiveAvgPool2d output_size=1 < drop
    flat Flatten < pool
    fc Linear out_features='= classes' < flat
    loss CrossEntropyLoss < fc digits.label
"""
TEXTS = """
    data Dataset dataset=opinions
    words Embedding embedding_dim=6 num_embeddings='= vocabulary' < data.tokens
    reader LSTM hidden_size=5 < words length:data.length
    fc Linear out_features='= classes' < reader.last
    loss CrossEntropyLoss < fc data.label
"""
ROWS = """
    data Dataset dataset=diabetes
    fc1 Linear out_features=6 < data.features
    tanh Tanh < fc1
    fc2 Linear out_features=1 < tanh
    loss MSELoss < fc2 data.target
"""
NODES = """
    club Dataset dataset=karate
    fc Linear out_features=2 < club.x
    loss CrossEntropyLoss < fc club.label
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    yield from drawing(tmp_path_factory, PICTURES)


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    yield from drawing(tmp_path_factory, TEXTS)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    yield from drawing(tmp_path_factory, ROWS)


def scores(made: Made, **changed: torch.Tensor) -> torch.Tensor:
    """What the program itself answers to the first example, in evaluation mode."""
    batch = {**made.batch(1, "validation", [0]), **changed}
    with torch.no_grad():
        return made.answers(1)[0].scores(made.model(1).program, batch)


def test_grad_cam_by_hand_of_a_layer_that_is_used_twice(pictures: Made) -> None:
    found = saliency(pictures, asked("saliency", method="grad_cam", target=3))
    program: Any = pictures.model(1).program
    x = pictures.batch(1, "validation", [0])["digits.image"]
    first = program.second(F.relu(program.conv(x)))
    second = program.second(first)
    score = program.fc(program.norm(second).mean((2, 3)))[0, 3]
    wanted = torch.zeros(8, 8)
    for maps, gradient in zip((first, second), torch.autograd.grad(score, (first, second)), strict=True):
        wanted += (gradient.mean((2, 3), keepdim=True) * maps).sum(1)[0].relu()
    assert torch.allclose(torch.tensor(found["values"]), wanted, rtol=1e-4, atol=1e-7)
    assert found["score"] == pytest.approx(float(score.detach())) and found["name"] == "3"
    assert "“second”" in found["said"] and "2 uses" in found["said"]
    assert found["overlay"]["width"] >= 64 and found["heat"]["png"]


def test_probabilities_and_what_the_model_itself_says(pictures: Made) -> None:
    shares = scores(pictures).softmax(-1)[0]
    found = saliency(pictures, asked("saliency", method="grad_cam"))
    assert found["target"] == int(shares.argmax())
    assert found["probability"] == pytest.approx(float(shares.max()), rel=1e-5)
    assert found["item"]["split"] == "validation"


def test_integrated_gradients_of_a_picture_add_up(pictures: Made) -> None:
    found = saliency(pictures, asked("saliency", method="integrated_gradients", target=5))
    image = pictures.batch(1, "validation", [0])["digits.image"]
    change = scores(pictures) - scores(pictures, **{"digits.image": torch.zeros_like(image)})
    assert float(torch.tensor(found["values"]).sum()) == pytest.approx(float(change[0, 5]), abs=2e-3)
    assert "add up to" in found["said"] and found["input"] == "digits.image"


def test_integrated_gradients_of_a_text_add_up_and_leave_padding_out(texts: Made) -> None:
    found = saliency(texts, asked("saliency", method="integrated_gradients", target=1))
    tokens = texts.batch(1, "validation", [0])["data.tokens"]
    length = int(texts.batch(1, "validation", [0])["data.length"])
    assert found["kind"] == "tokens" and len(found["tokens"]) == len(found["weights"]) == length
    change = scores(texts) - scores(texts, **{"data.tokens": torch.zeros_like(tokens)})
    assert sum(found["weights"]) == pytest.approx(float(change[0, 1]), abs=2e-3)


def test_a_token_that_is_left_out_becomes_padding(texts: Made) -> None:
    found = saliency(texts, asked("saliency", method="occlusion", target=0))
    tokens = texts.batch(1, "validation", [0])["data.tokens"]
    for place, weight in enumerate(found["weights"]):
        without = tokens.clone()
        without[0, place] = 0
        change = scores(texts) - scores(texts, **{"data.tokens": without})
        assert weight == pytest.approx(float(change[0, 0]), abs=1e-5)


def test_columns_of_a_row_are_left_out_for_the_mean_of_training(rows: Made) -> None:
    usual = rows.batch(1, "train", list(range(rows.data(1).count("train"))))["data.features"].mean(0)
    row = rows.batch(1, "validation", [0])["data.features"]
    occluded = saliency(rows, asked("saliency", method="occlusion"))["weights"]
    for place in range(10):
        without = row.clone()
        without[0, place] = usual[place]
        change = scores(rows) - scores(rows, **{"data.features": without})
        assert occluded[place] == pytest.approx(change.item(), abs=1e-5)
    found = saliency(rows, asked("saliency", method="shap"))
    whole = scores(rows) - scores(rows, **{"data.features": usual[None]})
    assert sum(found["weights"]) == pytest.approx(whole.item(), abs=1e-4) and len(found["names"]) == 10
    assert "exactly" in found["said"]


def test_nodes_of_a_graph_one_at_a_time(tmp_path: Path) -> None:
    made = Made(tmp_path, NODES)
    found = saliency(made, asked("saliency", method="occlusion", target=0))
    batch = made.batch(1, "validation", [0])
    node = made.data(1).row("validation", 0)
    without = batch["club.x"].clone()
    without[node] = 0
    change = scores(made) - scores(made, **{"club.x": without})
    assert found["kind"] == "nodes" and found["place"] == node
    assert found["weights"][node] == pytest.approx(float(change[node, 0]), abs=1e-5)
    made.close()


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_changed_and_the_seed_decides(pictures: Made, method: str) -> None:
    before, state = pictures.state(), torch.get_rng_state()
    request = asked("saliency", method=method, seed=4, samples=70, segments=16)
    found = saliency(pictures, request)
    assert saliency(pictures, request) == found
    after = pictures.state()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert torch.equal(state, torch.get_rng_state())


def test_a_question_that_nobody_wants_answered_any_more(pictures: Made) -> None:
    before = pictures.state()

    def tell(done: int, of: int) -> None:
        pictures.told.append((done, of))
        if done > 20:
            raise Stopped

    pictures.told.clear()
    pictures.listen(tell)
    with pytest.raises(Stopped):
        saliency(pictures, asked("saliency", method="lime", samples=300))
    pictures.listen(lambda done, of: pictures.told.append((done, of)))
    assert pictures.told[-1][0] < pictures.told[-1][1]
    assert all(torch.equal(each, before[name]) for name, each in pictures.state().items())


def test_what_cannot_be_explained_is_told_in_a_sentence(pictures: Made, rows: Made) -> None:
    for made, more, words in (
        (pictures, {"layer": "third"}, "no layer “third”"),
        (pictures, {"layer": "fc"}, "no maps"),
        (pictures, {"target": 10}, "10 is none"),
        (pictures, {"method": "magic"}, "“method” is"),
        (pictures, {"output": "other"}, "no output “other”"),
        (rows, {"method": "grad_cam"}, "columns have no places"),
    ):
        with pytest.raises(JobError, match=words):
            saliency(made, asked("saliency", **more))
    with pytest.raises(DataError, match="numbered from 0"):
        saliency(rows, {**asked("saliency"), "sample": {"split": "validation", "index": 10**6}})


def test_the_service_knows_every_explanation() -> None:
    for name, place in ACTIONS.items():
        if place.startswith("workbench.engine.explain."):
            assert action(name).__name__ == name


@pytest.mark.parametrize(("count", "samples"), [(40, 1024), (700, 1400)])
def test_shap_of_very_many_parts_takes_as_many_samples_as_it_needs(
    count: int, samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []

    def shap(score: object, parts: int, samples: int, *_: object) -> torch.Tensor:
        taken.append(samples)
        return torch.zeros(parts)

    monkeypatch.setattr(attribution, "shap", shap)
    row = columns({"x": torch.ones(count)}, {"x": torch.zeros(count)}, {"x": [str(n) for n in range(count)]})
    question = Mock(seed=0)
    methods.BY_NAME["shap"](methods.Wish(question, Mock(), row, {}, lambda done, of: None))
    assert taken == [samples]
