"""Augmentation against NumPy, SciPy and the standard library: what single images become, and how often."""

import colorsys
import math
from typing import Any, cast

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor, nn

from tests.catalog.test_nodes import built
from workbench.catalog.forms import fill
from workbench.catalog.spec import node_types
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

IMAGES = TensorSpec(("N", 3, 20, 26))
LABELS = TensorSpec(("N",), "index", 5)


def module(type: str, *specs: TensorSpec, seed: int = 0, **params: Value) -> Any:
    """The class of the program, in training."""
    made = built(fill(node_types()[type], params), specs or (IMAGES,))
    assert isinstance(made, nn.Module)
    torch.manual_seed(seed)
    return made


def picture(height: int = 20, width: int = 26) -> Tensor:
    """A smooth image of three channels with nothing at its border, so that ways to interpolate hardly differ."""
    y, x = np.mgrid[0:height, 0:width]
    bells = [
        np.exp(-((y - height * a) ** 2 + (x - width * b) ** 2) / (0.006 * height * width))
        for a, b in ((0.4, 0.4), (0.6, 0.5), (0.5, 0.6))
    ]
    return torch.tensor(np.stack(bells), dtype=torch.float32).unsqueeze(0)


def moved(
    layer: Any,
    x: Tensor,
    turn: float = 0.0,
    zoom: float = 1.0,
    shear: float = 0.0,
    right: float = 0.0,
    down: float = 0.0,
) -> Tensor:
    """One image moved by given amounts."""
    numbers = (torch.tensor([value]) for value in (turn, zoom, shear, right, down))
    found = layer.moved(x, layer.grid(x, *numbers))
    assert isinstance(found, Tensor)
    return found


# ------------------------------------------------------------- geometry


@pytest.mark.parametrize("degrees", [0.0, 30.0, -75.0, 90.0])
def test_rotation_is_that_of_scipy(degrees: float) -> None:
    x = picture()
    found = moved(module("RandomRotation"), x, turn=math.radians(degrees))
    wanted = ndimage.rotate(x.numpy(), degrees, axes=(3, 2), reshape=False, order=1)
    assert np.abs(found.numpy() - wanted).max() < 2e-4
    if degrees == 90:  # against the clock: what was on the right is on top
        square = torch.zeros(1, 1, 5, 5)
        square[0, 0, 2, 4] = 1
        found = moved(module("RandomRotation"), square, turn=math.pi / 2)
        assert found[0, 0, 0, 2] == pytest.approx(1, abs=1e-5)


def test_affine_is_that_of_scipy() -> None:
    """Slanted, turned, zoomed and moved: the same matrix, given to SciPy in rows and columns of pixels."""
    x, turn, zoom, shear, right, down = picture(), 0.4, 1.3, 0.2, 0.1, -0.15
    found = moved(module("RandomAffine"), x, turn, zoom, shear, right, down)
    rotation = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])  # of (x, y)
    forth = zoom * rotation @ np.array([[1, math.tan(shear)], [0, 1]])
    back = np.linalg.inv(forth)
    middle = (np.array(x.shape[:1:-1]) - 1) / 2
    move = np.array([right * 26, down * 20])
    offset = middle - back @ (middle + move)
    swap = [1, 0]
    wanted = ndimage.affine_transform(x[0, 1].numpy(), back[swap][:, swap], offset[swap], order=1)
    assert np.abs(found[0, 1].numpy() - wanted).max() < 2e-4


def test_elastic_is_that_of_scipy() -> None:
    """Moved by as much as was drawn where the points are; SciPy looks up the same places."""
    torch.manual_seed(2)
    layer = module("RandomElastic", points=4)
    x, shifts = torch.rand(1, 1, 22, 16), 2 * torch.randn(1, 2, 4, 4)  # points at each 7th row and 5th column
    right, down = (layer.grid(x, shifts) - layer.grid(x, 0 * shifts))[0].unbind(-1)
    right, down = right * 16 / 2, down * 22 / 2
    assert torch.allclose(right[::7, ::5], shifts[0, 0], atol=1e-4)
    assert torch.allclose(down[::7, ::5], shifts[0, 1], atol=1e-4)
    rows, columns = np.mgrid[:22, :16].astype(float)
    wanted = ndimage.map_coordinates(
        x[0, 0].numpy(), [rows + down.numpy(), columns + right.numpy()], order=1, mode="grid-constant"
    )
    assert np.abs(layer.moved(x, layer.grid(x, shifts))[0, 0].numpy() - wanted).max() < 2e-4


def test_elastic_moves_by_as_many_pixels_as_it_says() -> None:
    torch.manual_seed(2)
    layer, x = (
        module("RandomElastic", pixels=3.0, points=5),
        torch.zeros(2_000, 1, 8, 12),
    )
    grids: list[Tensor] = []
    grid = layer.grid

    def seen(x: Tensor, shifts: Tensor) -> Tensor:
        grids.append(grid(x, shifts))
        return grids[0]

    layer.grid = seen
    layer(x)
    shifts = grids[0] - grid(x, torch.zeros(2_000, 2, 5, 5))
    corners = shifts[:, [0, 0, -1, -1], [0, -1, 0, -1]] * torch.tensor([6.0, 4.0])
    assert corners.std((0, 1)).tolist() == pytest.approx([3, 3], rel=0.05)
    assert corners.mean((0, 1)).tolist() == pytest.approx([0, 0], abs=0.2)


@pytest.mark.parametrize("type", ["RandomAffine", "RandomElastic"])
def test_only_a_share_of_the_images_is_moved(type: str) -> None:
    """The others keep every pixel as it is: what is looked up between pixels loses sharpness."""
    torch.manual_seed(3)
    x = torch.rand(1_000, 1, 9, 7)
    given: dict[str, Any] = {"degrees": 20.0} if type == "RandomAffine" else {"pixels": 2.0}
    for share in (0.0, 0.3, 1.0):
        y = module(type, p=share, **given)(x)
        same = (y - x).abs().amax((1, 2, 3)) < 1e-5
        assert float(same.float().mean()) == pytest.approx(1 - share, abs=0.05)


def test_angles_and_zooms_are_spread_evenly() -> None:
    """Read off what becomes of three marks: a random sample has the mean and bounds of its distribution."""
    layer = module("RandomAffine", degrees=20.0, translate=0.1, smallest=0.5, largest=2.0)
    taken: dict[str, Tensor] = {}

    grid = layer.grid

    def seen(x: Tensor, turn: Tensor, zoom: Tensor, shear: Tensor, right: Tensor, down: Tensor) -> Any:
        taken.update(turn=turn, zoom=zoom.log(), shear=shear, right=right, down=down)
        return grid(x, turn, zoom, shear, right, down)

    layer.grid = seen
    layer(torch.zeros(20_000, 1, 2, 2))
    bounds = {"turn": math.radians(20), "zoom": math.log(2), "shear": 0.0, "right": 0.1, "down": 0.1}
    for name, bound in bounds.items():
        assert float(taken[name].abs().max()) <= bound + 1e-6
        assert float(taken[name].mean()) == pytest.approx(0, abs=0.02 * max(bound, 1))
        assert float(taken[name].std()) == pytest.approx(bound / math.sqrt(3), rel=0.03)


def test_what_comes_in_from_outside() -> None:
    x = torch.ones(1, 1, 8, 8)
    for mode, wanted in (("zeros", 0.0), ("border", 1.0), ("reflection", 1.0)):
        layer = module("RandomAffine", padding_mode=mode)
        found = moved(layer, x, right=0.5)
        assert float(found[0, 0, 4, 1]) == pytest.approx(wanted)


def test_crop_takes_every_place_equally_often() -> None:
    x = torch.arange(36.0).view(1, 1, 6, 6).expand(9000, 1, 6, 6)
    found = module("RandomCrop", size=(4, 5))(x)
    assert found.shape == (9000, 1, 4, 5)
    corners, counts = found[:, 0, 0, 0].unique(return_counts=True)
    assert corners.tolist() == [0, 1, 6, 7, 12, 13]
    assert counts.tolist() == pytest.approx([1500] * 6, rel=0.1)
    row = found - found[:, :, :1, :1]
    assert bool((row == row[:1]).all()), "each is one piece of the image"


def test_crop_pads_and_takes_the_middle_in_evaluation() -> None:
    x = torch.rand(2, 3, 8, 8)
    layer = module("RandomCrop", size=8, padding=2, padding_mode="reflect")
    wanted = np.pad(x.numpy(), ((0, 0), (0, 0), (2, 2), (2, 2)), "reflect")
    found = layer(x).numpy()
    for image, whole in zip(found, wanted, strict=True):
        places = [(whole[:, i : i + 8, j : j + 8] == image).all() for i in range(5) for j in range(5)]
        assert sum(places) == 1
    assert torch.equal(layer.eval()(x), x)
    assert torch.equal(module("RandomCrop", size=4).eval()(x), x[:, :, 2:6, 2:6])


def test_resized_crop_is_a_part_of_the_image() -> None:
    """Of a slope, a part is a slope whose ends tell where it was cut."""
    down, right = torch.meshgrid(torch.arange(64.0), torch.arange(48.0), indexing="ij")
    x = torch.stack((down + 0.5, right + 0.5)).unsqueeze(0).expand(4000, -1, -1, -1)
    found = module("RandomResizedCrop", TensorSpec(("N", 2, 64, 48)), size=(10, 9), smallest=0.25)(x)
    high = (found[:, 0, 8, 4] - found[:, 0, 1, 4]) * 10 / 7 / 64
    wide = (found[:, 1, 5, 7] - found[:, 1, 5, 1]) * 9 / 6 / 48
    area, ratio = high * wide, wide / high
    free = (high < 0.99) & (wide < 0.99)  # else the image's border has cut it
    assert float(area.min()) + 1e-3 >= 0.25 and float(area.max()) <= 1 + 1e-3
    assert float(ratio.min()) >= 3 / 4 - 1e-2 and float(ratio.max()) <= 4 / 3 + 1e-2
    assert float(area.mean()) == pytest.approx(0.6, abs=0.03)
    assert float(ratio[free].log().mean()) == pytest.approx(0, abs=0.02)
    middle = (found[:, 0, 4, 4] + found[:, 0, 5, 4]) / 2 / 64
    assert float(middle.mean()) == pytest.approx(0.5, abs=0.01)
    assert float((middle - high / 2).min()) >= -1e-3 and float((middle + high / 2).max()) <= 1 + 1e-3


def test_flip_upside_down_mirrors_a_share_of_the_images() -> None:
    x = torch.rand(2000, 1, 3, 4)
    found = module("RandomVerticalFlip", p=0.25)(x)
    flipped = (found == x.flip(2)).flatten(1).all(1)
    assert bool((flipped ^ (found == x).flatten(1).all(1)).all())
    assert float(flipped.float().mean()) == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("fill", ["zeros", "noise"])
def test_erasing_makes_one_hole_of_the_right_size(fill: str) -> None:
    x = 2 + torch.rand(3000, 2, 24, 30)
    found = module("RandomErasing", p=0.6, smallest=0.1, largest=0.3, stretch=2.0, fill=fill)(x)
    hole = (found != x).numpy()
    assert (hole[:, 0] == hole[:, 1]).all(), "the same in all channels"
    assert (found.numpy()[hole] <= 1).all()
    areas = hole[:, 0].mean((1, 2))
    assert (areas > 0).mean() == pytest.approx(0.6, abs=0.03)
    made = areas[areas > 0]
    assert made.min() > 0.08 and made.max() < 0.33 and made.mean() == pytest.approx(0.2, abs=0.01)
    for mask in hole[areas > 0, 0][:50]:
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        assert mask.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1), "a full rectangle"
        assert 1 / 2.4 < (len(columns) / 30) / (len(rows) / 24) < 2.4


# ------------------------------------------------------------- colours


def test_hue_is_that_of_the_standard_library() -> None:
    x = torch.rand(4, 3, 9, 7)
    x[0, :, 0, 0] = 0.5  # grey has no hue
    x[0, :, 0, 1] = torch.tensor((0.2, 0.9, 0.9))  # two channels alike
    turns = (0.0, 0.1, -0.37, 0.5)
    found = module("ColorJitter", hue=0.5).hued(x, torch.tensor(turns).view(4, 1, 1, 1))
    for image, turn, result in zip(x, turns, found, strict=True):
        for i in range(9):
            for j in range(7):
                hue, saturation, value = colorsys.rgb_to_hsv(*image[:, i, j].tolist())
                wanted = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)
                assert result[:, i, j].tolist() == pytest.approx(wanted, abs=1e-5)


def test_brightness_contrast_and_saturation_blend() -> None:
    x = torch.rand(3, 3, 8, 9)
    layer, factor = module("ColorJitter"), torch.tensor((0.5, 1.0, 1.4)).view(3, 1, 1, 1)
    images, factors = x.numpy(), factor.numpy()
    grey = np.tensordot(images, (0.299, 0.587, 0.114), (1, 0))[:, None]
    for found, wanted in (
        (layer.bright(x, factor), images * factors),
        (layer.saturated(x, factor), grey + factors * (images - grey)),
        (
            layer.contrasted(x, factor),
            grey.mean((1, 2, 3), keepdims=True) + factors * (images - grey.mean((1, 2, 3), keepdims=True)),
        ),
    ):
        assert np.abs(found.numpy() - wanted.clip(0, 1)).max() < 1e-5


def test_colours_stay_in_bounds_and_differ_between_images() -> None:
    x = torch.rand(1, 3, 8, 8).expand(50, 3, 8, 8)
    found = module("ColorJitter", brightness=1.0, contrast=1.0, saturation=1.0, hue=0.5)(x)
    assert float(found.min()) >= 0 and float(found.max()) <= 1
    assert len({tuple(image.flatten().tolist()) for image in found}) == 50
    grey = module("ColorJitter", TensorSpec(("N", 1, 8, 8)), brightness=0.3)(torch.full((4000, 1, 2, 2), 0.5))
    assert float(grey.mean()) == pytest.approx(0.5, abs=0.005)
    assert float(grey.std()) == pytest.approx(0.15 / math.sqrt(3), rel=0.05)


def test_blur_is_that_of_scipy() -> None:
    x = torch.rand(2, 3, 15, 18)
    found = module("GaussianBlur", smallest=0.4, largest=2.0).blurred(x, torch.tensor([[0.4], [1.7]]))
    for image, sigma, result in zip(x, (0.4, 1.7), found, strict=True):
        wanted = ndimage.gaussian_filter(image.numpy(), (0, sigma, sigma), mode="nearest", radius=(0, 6, 6))
        assert np.abs(result.numpy() - wanted).max() < 1e-5


def test_blur_takes_its_share() -> None:
    x = torch.rand(1000, 1, 6, 6)
    found = module("GaussianBlur", p=0.3)(x)
    assert float((found != x).flatten(1).any(1).float().mean()) == pytest.approx(0.3, abs=0.04)


# ------------------------------------------------------------- labels


@pytest.mark.parametrize("type", ["MixUp", "CutMix"])
def test_labels_are_mixed_as_the_images_are(type: str) -> None:
    """Images that are all of their class number tell by their mean what they were mixed of."""
    count, classes = 4000, 5
    label = torch.arange(count) % classes
    x = torch.nn.functional.one_hot(label, classes).float().view(count, classes, 1, 1).expand(-1, -1, 10, 10)
    spec = TensorSpec(("N", classes, 10, 10))
    mixed, shares = module(type, spec, LABELS, alpha=1.0)(x, label)
    assert shares.shape == (count, classes) and mixed.shape == x.shape
    assert torch.allclose(shares, mixed.mean((2, 3)), atol=1e-5)
    assert torch.allclose(shares.sum(1), torch.ones(count), atol=1e-5)
    own = shares.gather(1, label.unsqueeze(1))
    if type == "MixUp":  # uniform λ, and every fifth partner is of the same class
        assert float(own.mean()) == pytest.approx(0.6, abs=0.02)
    else:
        rectangles = (mixed.argmax(1) != label.view(-1, 1, 1)).numpy()
        for mask in rectangles[:100]:
            assert mask.sum() == mask.any(1).sum() * mask.any(0).sum()


@pytest.mark.parametrize("type", ["MixUp", "CutMix"])
def test_mixing_leaves_a_share_alone_and_evaluation_too(type: str) -> None:
    x, label = torch.rand(3000, 3, 6, 6), torch.randint(5, (3000,))
    layer = module(type, IMAGES, LABELS, alpha=1.0, p=0.25)
    mixed, shares = layer(x, label)
    plain = torch.nn.functional.one_hot(label, 5).float()
    kept = torch.isclose(mixed, x).flatten(1).all(1)
    assert bool((shares[kept].argmax(1) == label[kept]).all())
    assert float((~kept).float().mean()) == pytest.approx(0.25, abs=0.05)
    same, hot = layer.eval()(x, label)
    assert torch.equal(same, x) and torch.equal(hot, plain)


def test_one_mix_after_the_other() -> None:
    x, label = torch.rand(40, 3, 6, 6), torch.randint(5, (40,))
    x, shares = module("MixUp", IMAGES, LABELS)(x, label)
    _, again = module("CutMix", IMAGES, TensorSpec(("N", 5)))(x, shares)
    assert again.shape == (40, 5) and torch.allclose(again.sum(1), torch.ones(40))


def test_small_alpha_leaves_most_as_it_is() -> None:
    x, label = torch.rand(4000, 3), torch.randint(5, (4000,))
    _, shares = module("MixUp", TensorSpec(("N", 3)), LABELS, alpha=0.2)(x, label)
    largest = shares.max(1).values.numpy()
    lam = np.random.default_rng(0).beta(0.2, 0.2, 200_000)
    same = np.random.default_rng(1).random(200_000) < 0.2
    wanted = np.where(same, 1, np.maximum(lam, 1 - lam))
    assert largest.mean() == pytest.approx(wanted.mean(), abs=0.01)


# ------------------------------------------------------------- sequences and graphs


@pytest.mark.parametrize(
    ("type", "shape", "dim"), [("TimeMask", (2000, 2, 7, 30), -1), ("FrequencyMask", (2000, 30, 9), 1)]
)
def test_stripes_are_gaps_of_all_lengths(type: str, shape: tuple[int, ...], dim: int) -> None:
    x = 1 + torch.rand(shape)
    spec = TensorSpec(("N", *shape[1:]))
    found = module(type, spec, size=6, dim=dim, fill=-1.0)(x)
    hidden = (found == -1).movedim(dim, -1).flatten(1, -2)
    assert bool((hidden == hidden[:, :1]).all()), "across the other axes"
    assert torch.equal(found[found != -1], x[found != -1])
    gaps = hidden[:, 0]
    lengths = gaps.sum(1)
    assert lengths.bincount(minlength=7).tolist() == pytest.approx([2000 / 7] * 7, rel=0.2)
    edges = (gaps[:, 1:] != gaps[:, :-1]).sum(1)
    assert int(edges.max()) <= 2, "in one piece"
    assert bool(gaps.any(0).all()), "everywhere, also at the ends"


def test_several_gaps_and_gaps_longer_than_the_sequence() -> None:
    x = torch.ones(500, 40, 3)
    spec = TensorSpec(("N", "L", 3))
    gaps = module("TimeMask", spec, size=4, count=3, dim=1)(x)[:, :, 0] == 0
    starts = (gaps[:, 1:] & ~gaps[:, :-1]).sum(1) + gaps[:, 0]
    assert int(starts.max()) == 3
    short = module("TimeMask", spec, size=50, dim=1)(x[:, :5])
    assert short.shape == (500, 5, 3) and float(short.min()) == 0


def test_tokens_are_replaced_and_special_ones_kept() -> None:
    x = torch.randint(50, (400, 60))
    spec = TensorSpec(("N", "L"), "index", 50)
    found = module("TokenMask", spec, p=0.3, mask=50, keep=(0, 7))(x)
    special = (x == 0) | (x == 7)
    assert bool((found[special] == x[special]).all())
    masked = found == 50
    assert bool((found[~masked] == x[~masked]).all())
    assert float(masked[~special].float().mean()) == pytest.approx(0.3, abs=0.01)
    random = module("TokenMask", spec, p=1.0)(x)
    counts = random.flatten().bincount(minlength=50)
    assert int(random.max()) < 50 and counts.tolist() == pytest.approx([480] * 50, rel=0.25)
    kind = fill(node_types()["TokenMask"], {"mask": 50})
    assert kind.infer(spec) == TensorSpec(("N", "L"), "index", 51), "the embedding needs one more token"


def test_edges_are_dropped_anew_each_time() -> None:
    edges = torch.arange(2000).view(2, 1000)
    layer = module("EdgeDrop", TensorSpec((2, "E"), "index"), p=0.3)
    kept = torch.zeros(1000)
    for _ in range(100):
        found = layer(edges)
        assert found.shape == (2, 700) and torch.equal(found[1] - found[0], torch.full((700,), 1000))
        assert len(found[0].unique()) == 700
        kept[found[0]] += 1
    assert float(kept.min()) > 45 and float(kept.max()) < 90
    assert torch.equal(layer.eval()(edges), edges)


def test_features_are_hidden_in_all_nodes_alike() -> None:
    x = 1 + torch.rand(5, 4000)
    found = module("FeatureMask", TensorSpec(("V", 4000)), p=0.4)(x)
    hidden = (found == 0).all(0)
    assert torch.equal(found, torch.where(hidden, 0.0, x))
    assert float(hidden.float().mean()) == pytest.approx(0.4, abs=0.03)


# ------------------------------------------------------------- all of them

AUGMENTATION = [name for name, cls in node_types().items() if cls.family == "augmentation"]


@pytest.mark.parametrize("type", AUGMENTATION)
def test_evaluation_changes_nothing_and_a_seed_decides_all(type: str) -> None:
    cls = node_types()[type]
    for example in cls.examples[:2]:
        kind = fill(cls, example.params)
        sizes = {"N": 6, "L": 40, "H": 20, "W": 22, "V": 7, "E": 12}
        inputs = []
        for spec in example.inputs:
            shape = tuple(sizes[dim] if isinstance(dim, str) else dim for dim in spec.shape)
            index = torch.randint(max(2, spec.bound), shape)
            inputs.append(index if spec.dtype == "index" else torch.rand(shape))
        before = [value.clone() for value in inputs]
        layer = cast(Any, built(kind, example.inputs))
        runs = []
        for seed in (1, 1, 2, 3, 4):
            torch.manual_seed(seed)
            runs.append(first(layer(*inputs)))
        assert torch.equal(runs[0], runs[1])
        assert any(run.shape != runs[0].shape or not torch.equal(run, runs[0]) for run in runs[2:])
        state = torch.get_rng_state()
        found = first(layer.eval()(*inputs))
        assert torch.equal(torch.get_rng_state(), state), "evaluation draws nothing"
        assert all(torch.equal(a, b) for a, b in zip(inputs, before, strict=True)), "inputs are left alone"
        if found.shape == inputs[0].shape:  # else it is cut or scaled to a smaller size
            assert torch.equal(found, inputs[0])
        else:
            assert type in ("RandomCrop", "RandomResizedCrop")


@pytest.mark.parametrize("type", AUGMENTATION)
def test_nothing_leaves_the_device(type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a device that holds no numbers, whatever needs them on the CPU fails."""

    def sample(self: torch.distributions.Beta) -> Tensor:  # which has no form for such a device
        return torch.empty_like(self.concentration0)

    monkeypatch.setattr(torch.distributions.Beta, "sample", sample)
    sizes = {"N": 6, "L": 40, "H": 20, "W": 22, "V": 7, "E": 12}
    for example in node_types()[type].examples:
        kind = fill(node_types()[type], example.params)
        inputs = []
        for spec in example.inputs:
            shape = tuple(sizes[dim] if isinstance(dim, str) else dim for dim in spec.shape)
            dtype = torch.int64 if spec.dtype == "index" else torch.float32
            inputs.append(torch.empty(shape, dtype=dtype, device="meta"))
        layer = cast(nn.Module, built(kind, example.inputs)).to("meta")
        assert first(layer(*inputs)).device.type == "meta"


def first(found: Tensor | tuple[Tensor, ...]) -> Tensor:
    return found[0] if isinstance(found, tuple) else found


@pytest.mark.parametrize(
    ("type", "params", "shapes", "said"),
    [
        ("RandomCrop", {}, [("N", 1, 28, 28)], "a window of 32 × 32 does not fit into an image of N×1×28×28"),
        ("RandomCrop", {"size": 9, "padding": 8, "padding_mode": "reflect"}, [("N", 1, 8, 8)], "mirrored 8"),
        ("RandomAffine", {"smallest": 2.0}, [("N", 1, 8, 8)], "smallest = 2 is more than largest = 1.1"),
        ("RandomErasing", {"smallest": 0.5}, [("N", 1, 8, 8)], "smallest = 0.5 is more than largest = 0.33"),
        ("GaussianBlur", {"smallest": 3.0}, [("N", 1, 8, 8)], "smallest = 3 is more than largest = 2"),
        ("ColorJitter", {"hue": 0.1}, [("N", 1, 8, 8)], "hue needs images of 3 channels"),
        ("TimeMask", {"size": 50}, [("N", 1, 8, 40)], "a gap of 50 is longer than axis -1 of N×1×8×40"),
        ("FrequencyMask", {}, [("N", 40)], "has no axis -2 beside the examples in N×40"),
        ("EdgeDrop", {}, [TensorSpec((3, "E"), "index")], "expects edges 2×E, got 3×E"),
        ("TokenMask", {}, [TensorSpec(("N", "L"), "index")], "how many tokens there are"),
        ("TokenMask", {}, [("N", 4)], "expects tokens as whole numbers"),
        ("MixUp", {}, [("N", 4), TensorSpec(("N",), "index")], "set classes (= classes)"),
        ("MixUp", {"classes": 3}, [("N", 4), LABELS], "the labels have 5 classes, not 3"),
        ("MixUp", {}, [("N", 4), TensorSpec(("N", 3), "index", 5)], "one class for each example"),
        ("CutMix", {}, [("N", 4), LABELS], "expects images N×C×H×W, got N×4"),
        (
            "Accuracy",
            {},
            [("N", 5), ("N", 5)],
            "shares of classes N×5, as MixUp gives; link the labels of the",
        ),
        ("Normalise", {"of": "ImageNet"}, [("N", 1, 8, 8)], "ImageNet has numbers for 3 channels"),
        ("Normalise", {"mean": (1.0, 2.0)}, [("N", 3, 8, 8)], "mean has numbers for 2 channels"),
        ("OneHot", {}, [TensorSpec(("N",), "index")], "set classes (= classes)"),
        ("OneHot", {"classes": 3}, [LABELS], "3 classes are fewer than the 5"),
    ],
)
def test_what_does_not_fit_is_said(type: str, params: dict[str, Value], shapes: list[Any], said: str) -> None:
    specs = [each if isinstance(each, TensorSpec) else TensorSpec(each) for each in shapes]
    kind = fill(node_types()[type], params)
    with pytest.raises(ShapeError) as caught:
        kind.infer(*specs)
    assert said in str(caught.value)
    if caught.value.change is not None:
        name, value = caught.value.change
        fill(node_types()[type], {**params, name: cast(Value, value)}).infer(*specs)
