"""What is said of a model on a split: held against its own metrics, scikit-learn, and each item by itself."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics

from tests.drawing import draw
from tests.engine.service.conftest import Workplace
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load, templates
from workbench.engine.service import passes
from workbench.engine.service.answers import answers_of

FLOWERS = """
    data Dataset dataset=iris
    fc1 Linear out_features=8 < data.features
    relu ReLU < fc1
    drop Dropout p=0.4 < relu
    fc2 Linear out_features=3 < drop
    soft Softmax < fc2
    loss CrossEntropyLoss < fc2 data.label
    accuracy Accuracy < fc2 data.label
    species Output < soft
"""
MASKS = """
    data Dataset dataset=shapes
    flip RandomHorizontalFlip with_target=true < data.image data.mask
    conv Conv2d out_channels=3 kernel_size=3 padding=1 < flip
    loss CrossEntropyLoss < conv flip.target
    accuracy Accuracy < conv flip.target
"""
PATIENTS = """
    data Dataset dataset=diabetes
    fc Linear out_features=1 < data.features
    loss MSELoss < fc data.target
    r2 R2Score < fc data.target
"""


def last(place: Workplace, run: int) -> Mapping[str, float]:
    """The figures of the last epoch, by their names."""
    return {point.metric: point.value for point in place.store.points(run)[0]}


def test_figures_are_those_that_training_recorded_and_those_of_scikit_learn(place: Workplace) -> None:
    run = place.train("flowers", FLOWERS, epochs=4)
    found = place.ask("evaluate", run, split="validation", checkpoint="last")
    recorded = last(place, run)
    assert (
        found["kind"] == "classes"
        and found["count"] == 30
        and found["classes"] == list(SAMPLES["iris"].labels)
    )
    assert found["loss"] == pytest.approx(recorded["validation/loss"], rel=1e-5)
    assert found["accuracy"] == pytest.approx(recorded["validation/accuracy"])
    items = place.ask("samples", run, split="validation", checkpoint="last", count=100)["items"]
    truth, guess = [each["target"] for each in items], [each["predicted"] for each in items]
    assert metrics.confusion_matrix(truth, guess, labels=[0, 1, 2]).tolist() == found["confusion"]
    wanted = metrics.precision_recall_fscore_support(truth, guess, labels=[0, 1, 2], zero_division=0)
    assert np.allclose([row["f1"] for row in found["table"]], wanted[2])
    sure = [bin["count"] * bin["confidence"] for bin in found["calibration"]["bins"] if bin["count"]]
    assert sum(sure) == pytest.approx(sum(each["probability"] for each in items), rel=1e-5)
    assert [each["class"] for each in found["roc"]] == [0, 1, 2]
    assert place.ask("about", run)["outputs"] == [
        {"name": "species", "kind": "classes", "classes": list(SAMPLES["iris"].labels)}
    ]


def test_curves_of_too_many_classes_are_left_out_and_told(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = place.train("flowers", FLOWERS, epochs=4)
    monkeypatch.setattr(passes, "MOST_CURVES", 2)
    found = place.ask("evaluate", run, split="test")
    assert found["roc"] == found["pr"] == [] and "too many classes" in found["said"]
    assert len(found["confusion"]) == 3 and found["accuracy"] is not None


def test_the_items_of_a_matrix_and_the_worst_ones_are_found(place: Workplace) -> None:
    run = place.train("flowers", FLOWERS, epochs=4)
    confusion = place.ask("evaluate", run, split="train")["confusion"]
    for target, row in enumerate(confusion):
        for predicted, count in enumerate(row):
            only = {"target": target, "predicted": predicted}
            found = place.ask("samples", run, split="train", only=only, count=100)
            assert found["count"] == count == len(found["items"])
            assert all((each["target"], each["predicted"]) == (target, predicted) for each in found["items"])
    losses = [
        each["loss"] for each in place.ask("samples", run, split="train", order="worst", count=100)["items"]
    ]
    assert losses == sorted(losses, reverse=True) and len(losses) == 90
    wrong = place.ask("samples", run, split="train", order="most sure and wrong", count=100)["items"]
    assert all(each["target"] != each["predicted"] for each in wrong)
    assert len(wrong) == sum(map(sum, confusion)) - sum(confusion[each][each] for each in range(3))
    sure = [each["probability"] for each in wrong]
    assert sure == sorted(sure, reverse=True)
    unsure = place.ask("samples", run, split="train", order="least sure", offset=3, count=2)["items"]
    assert unsure[0]["probability"] <= unsure[1]["probability"]
    chosen = place.ask("samples", run, split="train", indices=[7, 2])["items"]
    assert [each["index"] for each in chosen] == [7, 2] == [each["item"]["place"] for each in chosen]
    assert "as stored or worst" in place.refused("samples", run, order="best")
    assert "numbered from 0" in place.refused("samples", run, split="train", indices=[900])
    assert "no holiday part" in place.refused("samples", run, split="holiday")


def test_numbers_are_told_in_the_units_of_the_data(place: Workplace) -> None:
    run = place.train("patients", PATIENTS)
    found = place.ask("evaluate", run, split="validation", checkpoint="last")
    truth, values = np.array(found["points"]).T
    assert truth.min() >= 25 and truth.max() <= 346 and len(truth) == 88, "as scikit-learn's file has them"
    assert (
        found["r2"]
        == pytest.approx(metrics.r2_score(truth, values))
        == pytest.approx(last(place, run)["validation/r2"], rel=1e-4)
    )
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(truth, values))
    assert found["indices"] == list(range(88)) and sum(found["residuals"]["counts"]) == 88
    (worst,) = place.ask("samples", run, split="validation", checkpoint="last", order="worst", count=1)[
        "items"
    ]
    assert worst["loss"] == pytest.approx(max((truth - values) ** 2), rel=1e-6)
    assert "no probabilities" in place.refused("samples", run, order="least sure")
    assert "one class each" in place.refused("samples", run, only={"target": 1})


def test_masks_are_judged_by_their_pixels_and_shown_over_the_picture(place: Workplace) -> None:
    run = place.train("masks", MASKS, steps=3)
    found = place.ask("evaluate", run, split="validation", checkpoint="last")
    assert found["of"] == "mask" and found["entries"] == 60 * 32 * 32 and found["roc"] == []
    assert found["accuracy"] == pytest.approx(last(place, run)["validation/accuracy"])
    (item,) = place.ask("samples", run, split="validation", count=1)["items"]
    assert item["target"] is None and sum(share for _, share in item["answer"]["areas"]) == pytest.approx(1)
    data = place.context.data(run)
    mask = data.batch("validation", [0])["data.mask"]
    assert item["truth"]["areas"][0][1] == pytest.approx(float((mask == 0).float().mean()))
    assert item["answer"]["picture"]["width"] == 96


def test_scores_that_are_no_numbers_are_told(place: Workplace) -> None:
    run = place.train("flowers", FLOWERS, epochs=4)
    program = place.context.model(run, "last").program
    weight = dict(program.named_parameters())["fc2.bias"]
    kept = weight.detach().clone()
    place.context._results.clear()
    with torch.no_grad():
        weight.fill_(torch.nan)
    try:
        found = place.ask("evaluate", run, split="validation", checkpoint="last")
        assert "30 answers of 30 cannot be read: the scores are no numbers (NaN)." in found["said"]
        assert found["accuracy"] == 0 and sum(map(sum, found["confusion"])) == 0
        items = place.ask("samples", run, split="validation", checkpoint="last", order="worst", count=3)[
            "items"
        ]
        assert [each["predicted"] for each in items] == [None] * 3
    finally:
        with torch.no_grad():
            weight.copy_(kept)
        place.context._results.clear()


@pytest.mark.parametrize(
    ("template", "wanted"),
    {
        "lenet5": [("digit", "classes")],
        "mlp-regression": [("progression", "numbers")],
        "lstm-forecast": [("shape", "series")],
        "autoencoder": [("image", "picture")],
        "denoising": [("joined", "picture")],
        "vae": [("decoder", "picture"), ("picture", "picture")],
        "gan": [("generator", "picture")],
        "small-unet": [("mask", "mask")],
        "cnn3d": [("mask", "mask")],
        "char-gpt": [("head", "tokens")],
        "transformer": [("head", "tokens")],
        "small-bert": [("guesses", "tokens"), ("answer", "classes")],
        "lstm-gates": [("digit", "classes"), ("states", "vector")],
        "gcn": [("gcn2", "classes")],
    }.items(),
)
def test_what_a_model_answers_with_is_seen_in_its_drawing(
    template: str, wanted: list[tuple[str, str]]
) -> None:
    found = answers_of(analyse(load(template), SAMPLES))
    assert [(each.name, each.kind) for each in found] == wanted


def test_every_ready_model_has_an_answer() -> None:
    for template in templates():
        assert answers_of(analyse(load(template.id), SAMPLES)), template.id


def test_yes_or_no_and_several_labels_are_classes() -> None:
    def only(text: str) -> Any:
        (answer,) = answers_of(analyse(draw(text), SAMPLES))
        return answer

    asked = only(
        "data Dataset dataset=opinions\nwords Embedding embedding_dim=4 num_embeddings='= vocabulary' < data.tokens\n"
        "mean Mean < words\nfc Linear out_features=1 < mean\nloss BCEWithLogitsLoss < fc data.label"
    )
    assert (asked.kind, asked.scale, asked.column, asked.classes) == (
        "classes",
        "sigmoid",
        True,
        ("negative", "positive"),
    )
    shares = asked.probabilities(torch.tensor([[0.0], [2.0]]))
    assert torch.allclose(shares, torch.tensor([[0.5, 0.5], [0.1192, 0.8808]]), atol=1e-4)
    text = "data Dataset dataset=iris\nfc Linear out_features=3 < data.features\n{} < fc data.label"
    assert only(text.format("loss NLLLoss")).scale == "exp"
    assert only(text.format("loss MultiMarginLoss")).scale == "", "a hinge knows no probabilities"
