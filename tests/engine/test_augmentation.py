"""Augmentation in whole programs: it trains, and evaluation sees none of it.

That exported scripts do the same is tested beside all other scripts.
"""

from typing import Any

import pytest
import torch
from torch import nn

from tests.drawing import draw
from tests.engine.conftest import Trained
from tests.programs import analysed, batch_of, call, live
from workbench.core.document import Document

SETTINGS: dict[str, Any] = {"epochs": 2, "batch_size": 256, "seed": 3}


def images() -> Document:
    """All that can be done to images, and to their labels."""
    return draw(
        """
        digits Dataset
        shift RandomShift pixels=1 < digits.image
        crop RandomCrop size=8 padding=1 < shift
        resized RandomResizedCrop size=8 smallest=0.5 < crop
        flip RandomHorizontalFlip < resized
        upside RandomVerticalFlip < flip
        turn RandomRotation < upside
        affine RandomAffine < turn
        elastic RandomElastic < affine
        jitter ColorJitter < elastic
        blur GaussianBlur < jitter
        noise GaussianNoise < blur
        erase RandomErasing < noise
        mix MixUp < erase digits.label
        cut CutMix p=0.5 < mix.x mix.label
        norm Normalise of=MNIST < cut.x
        stripes TimeMask size=3 < norm
        bands FrequencyMask size=3 < stripes
        flat Flatten < bands
        start Constant value=0.5 shape=4
        all Concatenate < flat start
        fc Linear out_features='= classes' < all
        loss CrossEntropyLoss < fc cut.label
        accuracy Accuracy < fc digits.label
        """,
        name="images",
        **SETTINGS,
    )


def plain() -> Document:
    return draw(
        """
        digits Dataset
        norm Normalise of=MNIST < digits.image
        flat Flatten < norm
        start Constant value=0.5 shape=4
        all Concatenate < flat start
        fc Linear out_features='= classes' < all
        loss CrossEntropyLoss < fc digits.label
        accuracy Accuracy < fc digits.label
        """,
        **SETTINGS,
    )


def graph() -> Document:
    return draw(
        """
        club Dataset dataset=karate
        some EdgeDrop p=0.3 < club.edges
        hidden FeatureMask < club.x
        conv GCNConv out_channels=2 < hidden some
        loss CrossEntropyLoss < conv club.label
        accuracy Accuracy < conv club.label
        """,
        name="graph",
        **SETTINGS,
    )


def told() -> Document:
    """A label that goes into the network."""
    return draw(
        """
        data Dataset dataset=iris
        hot OneHot < data.label
        both Concatenate < data.features hot
        fc Linear out_features=4 < both
        loss MSELoss < fc data.features
        """,
        name="told",
        **SETTINGS,
    )


def text() -> Document:
    return draw(
        """
        words Dataset dataset=reference-text length=100
        gaps TokenMask p=0.2 mask=96 < words.tokens
        embed Embedding num_embeddings=97 embedding_dim=4 < gaps
        fc Linear out_features='= vocabulary' < embed
        loss CrossEntropyLoss < fc words.next
        """,
        name="text",
        **{**SETTINGS, "steps": 2},
    )


MODELS = {"images": images, "graph": graph, "told": told, "text": text}


def test_evaluation_is_that_of_the_model_without_augmentation() -> None:
    """Soft labels give the loss of the plain ones, since they are one class each then."""
    batch = batch_of(analysed(plain()))
    batch["digits.label"] = torch.tensor([3, 1, 7])
    found = call(live(images(), seed=1).eval(), "evaluate", batch)
    wanted = call(live(plain(), seed=1).eval(), "evaluate", batch)
    assert found.keys() == wanted.keys()
    for name in wanted:
        assert torch.allclose(found[name].float(), wanted[name].float(), atol=1e-5), name


def test_soft_labels_reach_the_loss() -> None:
    document = draw(
        "digits Dataset\nmix MixUp alpha=1 < digits.image digits.label\nflat Flatten < mix.x\n"
        "fc Linear out_features='= classes' < flat\nloss CrossEntropyLoss label_smoothing=0.1 < fc mix.label"
    )
    program, batch = live(document).train(), batch_of(analysed(document))
    torch.manual_seed(5)
    found = call(program, "update_train", batch)["loss"]
    torch.manual_seed(5)
    mix, fc = program.get_submodule("mix"), program.get_submodule("fc")
    x, label = mix(batch["digits.image"], batch["digits.label"])
    scores = fc(x.flatten(1))
    wanted = -(0.9 * label + 0.01).mul(scores.log_softmax(1)).sum(1).mean()
    assert torch.allclose(found, wanted)
    found.backward()
    assert isinstance(fc, nn.Linear) and fc.weight.grad is not None and float(fc.weight.grad.abs().sum()) > 0


@pytest.mark.parametrize("name", ["images", "graph"])
def test_two_runs_of_one_seed_are_alike(trained: Trained, name: str) -> None:
    one, other = (trained.run(MODELS[name]()) for _ in range(2))
    assert one.state == other.state == "completed", one.cause
    assert trained.rows(one) == trained.rows(other)
    third = trained.run(MODELS[name](), seed=8)
    assert trained.rows(third) != trained.rows(one)
