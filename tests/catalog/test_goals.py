"""Which way figures should go, and which of them decides."""

import math

import pytest

from tests.drawing import draw
from tests.engine.conftest import iris
from tests.programs import analysed
from workbench.catalog.goals import Goal, figure_of, goal_of, judges, rising
from workbench.catalog.spec import node_types
from workbench.catalog.templates import load
from workbench.core.document import Document

RISING = {
    "AUROC", "Accuracy", "AveragePrecision", "BLEU", "BinaryAccuracy", "CosineSimilarity", "DiceScore", "F1Score",
    "IoU", "PSNR", "Precision", "R2Score", "Recall", "SSIM", "TopKAccuracy", "Translations",
}  # fmt: skip


def test_every_loss_and_metric_declares_its_direction() -> None:
    for name, kind in node_types().items():
        wanted = ("min", "max") if kind.family in ("loss", "metric") else ("", "max")
        assert kind.goal in wanted, name
        assert kind.family != "loss" or kind.goal == "min", name
        assert rising(name) == (name in RISING), name


def test_what_is_of_no_type_is_a_sum_of_losses() -> None:
    assert not rising("") and not judges("") and not judges("CrossEntropyLoss") and not judges("Conv2d")
    assert judges("Perplexity") and judges("Translations") and judges("Accuracy")


@pytest.mark.parametrize(
    ("document", "goal"),
    [
        (iris(), Goal("accuracy", True)),
        (iris(monitor="loss"), Goal("loss", False)),
        (load("char-gpt"), Goal("perplexity", False)),
        (load("vae"), Goal("loss", False)),
        (load("gan"), Goal("", False)),
    ],
)
def test_what_decides_the_best_epoch(document: Document, goal: Goal) -> None:
    assert goal_of(analysed(document)) == goal


def test_what_a_figure_is_called() -> None:
    nodes = """
        pairs Dataset dataset=phrases
        words Embedding embedding_dim=4 < pairs.target
        fc Linear out_features='= vocabulary' < words
        loss CrossEntropyLoss < fc pairs.next
        accuracy Accuracy < fc pairs.next
        written Translations < fc
    """
    infos = analysed(draw(nodes)).root.infos
    assert [figure_of(id, infos) for id in ("loss", "accuracy", "written")] == ["loss", "accuracy", "BLEU"]
    infos = analysed(draw(f"{nodes}    beam Translations search=beam < fc")).root.infos
    assert [figure_of(id, infos) for id in ("written", "beam")] == ["written BLEU", "beam BLEU"]


def test_nan_is_never_better() -> None:
    rising, falling = Goal("accuracy", True), Goal("loss", False)
    assert rising.better(0.6, 0.5) and not rising.better(0.5, 0.5) and rising.better(0.1, None)
    assert falling.better(0.4, 0.5) and not falling.better(0.6, 0.5)
    assert not falling.better(math.nan, None) and falling.better(0.4, None)
