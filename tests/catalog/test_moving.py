"""Masks and images that belong to training images are moved as these are."""

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.catalog.test_nodes import built
from tests.drawing import draw
from tests.programs import analysed, batch_of, call, live
from workbench.catalog.check import analyse
from workbench.catalog.forms import fill
from workbench.catalog.modes import active
from workbench.catalog.moving import Moving
from workbench.catalog.problems import Problem
from workbench.catalog.schema import Schema
from workbench.catalog.spec import node_types
from workbench.core.document import Document, Port
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.looks import SetMode
from workbench.core.shapes import TensorSpec

TYPES = [name for name, cls in node_types().items() if issubclass(cls, Moving)]
EXACT: dict[str, dict[str, Value]] = {
    "RandomShift": {"pixels": 3},
    "RandomCrop": {"size": 14, "padding": 2},
    "RandomHorizontalFlip": {},
    "RandomVerticalFlip": {},
}
SMOOTH: dict[str, dict[str, Value]] = {
    "RandomRotation": {"degrees": 60.0},
    "RandomAffine": {"degrees": 30.0, "translate": 0.2, "smallest": 0.7, "largest": 1.5, "shear": 15.0},
    "RandomElastic": {"pixels": 2.0},
    "RandomResizedCrop": {"size": (18, 15), "smallest": 0.4},
}
X = TensorSpec(("N", 3, 16, 18))
MASK = TensorSpec(("N", 16, 18), "index", 4)


def layer(type: str, target: TensorSpec, **params: Value) -> Any:
    torch.manual_seed(4)
    return built(fill(node_types()[type], {**params, "with_target": True}), (X, target))


def test_every_type_that_moves_is_here() -> None:
    assert sorted(TYPES) == sorted([*EXACT, *SMOOTH])


@pytest.mark.parametrize("type", TYPES)
def test_an_image_that_belongs_to_another_is_moved_like_it(type: str) -> None:
    x = torch.rand(20, 3, 16, 18)
    y, target = layer(type, X, **{**EXACT, **SMOOTH}[type])(x, x.clone())
    assert torch.equal(y, target)
    assert y.shape != x.shape or not torch.equal(y, x)


@pytest.mark.parametrize("type", EXACT)
def test_a_mask_is_moved_pixel_by_pixel(type: str) -> None:
    """What comes in from outside does not count in a mask; in the image it is 0, which is nowhere else."""
    mask = torch.randint(4, (40, 16, 18))
    x = (mask + 1.0).unsqueeze(1).expand(-1, 3, -1, -1)
    y, target = layer(type, MASK, **EXACT[type])(x, mask)
    assert target.dtype == torch.int64
    inside = y[:, 0] != 0
    assert torch.equal(target[inside], (y[:, 0][inside] - 1).long())
    assert bool((target[~inside] == -100).all())
    assert bool((~inside).any()) == (type in ("RandomShift", "RandomCrop"))


@pytest.mark.parametrize("type", SMOOTH)
def test_a_mask_follows_what_it_covers(type: str) -> None:
    """Two discs: where the image is bright the mask has its class, but for a rim of mixed pixels."""
    rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(18.0), indexing="ij")
    discs = [((rows - 6) ** 2 + (columns - 6) ** 2 < 16), ((rows - 9) ** 2 + (columns - 13) ** 2 < 9)]
    mask = (discs[0].long() + 2 * discs[1].long()).expand(60, -1, -1)
    x = torch.stack([*(disc.float() for disc in discs), torch.ones(16, 18)]).expand(60, -1, -1, -1)
    y, target = layer(type, MASK, **SMOOTH[type])(x, mask)
    assert target.shape == y[:, 0].shape and set(target.unique().tolist()) <= {-100, 0, 1, 2}
    for number in (0, 1):
        sure = (y[:, number] > 0.9) | (y[:, number] < 0.1)
        same = (target == number + 1) == (y[:, number] > 0.5)
        assert float(same[sure].float().mean()) > 0.995
    outside = y[:, 2] < 0.01
    assert bool((target[outside] == -100).all())
    assert bool(outside.any()) == (type != "RandomResizedCrop")


@pytest.mark.parametrize("type", TYPES)
def test_evaluation_leaves_both_as_they_are(type: str) -> None:
    x, mask = torch.rand(5, 3, 16, 18), torch.randint(4, (5, 16, 18))
    y, target = layer(type, MASK, **{**EXACT, **SMOOTH}[type]).eval()(x, mask)
    assert target.dtype == torch.int64 and target.shape == y[:, 0].shape
    if type == "RandomCrop":
        assert torch.equal(y, x[:, :, 1:15, 2:16]) and torch.equal(target, mask[:, 1:15, 2:16])
    elif type == "RandomResizedCrop":
        assert set(target.unique().tolist()) <= {0, 1, 2, 3}
    else:
        assert torch.equal(y, x) and torch.equal(target, mask)


@pytest.mark.parametrize("mode", ["reflect", "replicate"])
def test_masks_are_padded_as_images_are(mode: str) -> None:
    mask = torch.randint(4, (10, 16, 18))
    x = mask.float().unsqueeze(1).expand(-1, 3, -1, -1)
    y, target = layer("RandomCrop", MASK, size=(16, 18), padding=4, padding_mode=mode)(x, mask)
    assert torch.equal(target, y[:, 0].long())


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (TensorSpec(("N",), "index", 4), "expects a mask N×H×W of classes or images N×C×H×W, got N"),
        (TensorSpec(("N", 16, 18)), "expects a mask N×H×W of classes"),
        (TensorSpec(("N", 18, 16), "index", 4), "expects the height and width of x, N×3×16×18, got N×18×16"),
        (TensorSpec(("N", 1, 32, 36)), "expects the height and width of x"),
    ],
)
def test_what_does_not_belong_to_the_image_is_refused(target: TensorSpec, said: str) -> None:
    for type in TYPES:
        kind = fill(node_types()[type], {**{**EXACT, **SMOOTH}[type], "with_target": True})
        with pytest.raises(ShapeError) as caught:
            kind.infer(X, target)
        assert said in str(caught.value) and caught.value.port == "target"


SEGMENTS = Schema(
    "cells", "Cells", {"image": TensorSpec(("N", 1, 8, 8)), "mask": TensorSpec(("N", 8, 8), "index", 3)}
)
MODEL = """
    data Dataset dataset=cells
    turn RandomRotation with_target=true degrees=90 < data.image data.mask
    flip RandomHorizontalFlip with_target=true < turn.y turn.target
    conv Conv2d out_channels=3 kernel_size=1 < flip.y
    loss CrossEntropyLoss < conv flip.target
"""


def test_a_segmentation_trains_and_pixels_from_outside_do_not_count() -> None:
    schemas = {"cells": SEGMENTS}
    document = draw(MODEL, schemas=schemas)
    program, batch = live(document, schemas).train(), batch_of(analysed(document, schemas))
    batch["data.image"] = batch["data.mask"].float().unsqueeze(1)
    torch.manual_seed(2)
    found = call(program, "update_train", batch)["loss"]
    torch.manual_seed(2)
    turn, flip, conv = (program.get_submodule(name) for name in ("turn", "flip", "conv"))
    y, target = flip(*turn(batch["data.image"], batch["data.mask"]))
    counted = target != -100
    scores = conv(y).movedim(1, 3)[counted].log_softmax(1)
    wanted: Tensor = -scores.gather(1, target[counted].unsqueeze(1)).mean()
    assert 0 < int(counted.sum()) < counted.numel() and torch.allclose(found, wanted)


def test_a_bypassed_node_hands_both_on() -> None:
    document = SetMode(("turn", "flip"), "bypass").apply(draw(MODEL, schemas={"cells": SEGMENTS}))
    links = active(document).graph.links
    assert links[Port("conv", "x")] == Port("data", "image")
    assert links[Port("loss", "target")] == Port("data", "mask")


UNMOVED = """
    data Dataset dataset=cells
    turn RandomRotation < data.image
    noise GaussianNoise < turn
    flip RandomHorizontalFlip < noise
    conv Conv2d out_channels=3 kernel_size=1 < flip
    loss CrossEntropyLoss < conv data.mask
"""


def warnings(document: Document) -> dict[str, Problem]:
    found = analyse(document, {"cells": SEGMENTS}).problems
    return {each.node: each for each in found if "moves images" in each.message}


def test_a_mask_that_stays_where_it_is_is_told_and_moved_along() -> None:
    document = draw(UNMOVED, schemas={"cells": SEGMENTS})
    assert list(warnings(document)) == ["turn", "flip"]
    assert "data.mask, with which loss compares, stays where it is" in warnings(document)["turn"].message
    (mend,) = warnings(document)["turn"].fixes
    assert mend.label == "Move data.mask along"
    document = mend.edit.apply(document)
    assert list(warnings(document)) == ["flip"]
    document = warnings(document)["flip"].fixes[0].edit.apply(document)
    links = document.graph.links
    assert not warnings(document) and analyse(document, {"cells": SEGMENTS}).ok
    assert links[Port("loss", "target")] == Port("flip", "target")
    assert links[Port("flip", "target")] == Port("turn", "target")
    assert links[Port("turn", "target")] == Port("data", "mask")


def test_what_stands_further_up_the_way_is_only_told() -> None:
    """Put in behind the other one, it would move the mask in another order than the image."""
    document = draw(UNMOVED, schemas={"cells": SEGMENTS})
    document = warnings(document)["flip"].fixes[0].edit.apply(document)
    assert list(warnings(document)) == ["turn"] and warnings(document)["turn"].fixes == ()


def test_classes_of_whole_images_stay_and_so_do_metrics() -> None:
    document = draw(
        "digits Dataset\nturn RandomRotation < digits.image\nflat Flatten < turn\n"
        "fc Linear out_features=10 < flat\nloss CrossEntropyLoss < fc digits.label"
    )
    assert not warnings(document)
