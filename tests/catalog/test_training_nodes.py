"""Metrics against scikit-learn, losses against their formulas, and what randomness does in training and evaluation."""

import math
from collections.abc import Callable
from typing import Any, Protocol, cast

import numpy as np
import pytest
import sklearn.metrics as reference
import torch
from torch import nn
from torch.nn import functional as F

from workbench.catalog.forms import fill
from workbench.catalog.spec import Call, node_types
from workbench.core.shapes import TensorSpec


class Metric(Protocol):
    def __call__(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor: ...
    def value(self, total: torch.Tensor) -> torch.Tensor: ...


def module(name: str, **arguments: Any) -> nn.Module:
    """The class as the program has it."""
    cls = node_types()[name]
    scope: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "math": math}
    exec(cls.source, scope)  # noqa: S102 - our own text
    made = scope[cls.torch](**arguments)
    assert isinstance(made, nn.Module)
    return made


def spec(tensor: torch.Tensor) -> TensorSpec:
    return TensorSpec(("N", *tensor.shape[1:]), "float" if tensor.is_floating_point() else "index")


def loss(name: str, *inputs: torch.Tensor, **params: Any) -> torch.Tensor:
    """What the lines of a loss compute."""
    kind = fill(node_types()[name], params)
    specs = tuple(map(spec, inputs))
    kind.infer(*specs)
    names = tuple(f"x{index}" for index in range(len(inputs)))
    scope: dict[str, Any] = {"torch": torch, "nn": nn, **dict(zip(names, inputs, strict=True))}
    if kind.torch:
        arguments = ", ".join(f"{key}={value!r}" for key, value in kind.arguments(*specs).items())
        exec(f"module = {kind.torch}({arguments})", scope)  # noqa: S102 - our own text
    exec("\n".join(kind.forward(Call("module", names, ("loss",), specs))), scope)  # noqa: S102 - our own text
    return cast("torch.Tensor", scope["loss"])


def over_batches(name: str, input: torch.Tensor, target: torch.Tensor, **arguments: Any) -> float:
    """The metric as evaluation computes it: states of uneven batches added up, then the value."""
    metric = cast("Metric", module(name, **arguments))
    batches = zip(torch.split(input, [5, 17, 1, 41]), torch.split(target, [5, 17, 1, 41]), strict=True)
    states = [metric(part, wanted) for part, wanted in batches]
    total = states[0]
    for state in states[1:]:
        total = total + state
    value = metric.value(total)
    assert value.dim() == 0 and value.is_floating_point()
    return float(value)


CLASSES = 4
FORMS = {"N×C": (64,), "N×L×C": (64, 6), "N×C×H×W": (64, 3, 2)}


@pytest.fixture(params=FORMS)
def scores(request: pytest.FixtureRequest) -> tuple[torch.Tensor, torch.Tensor, Any, Any]:
    """Scores, targets of which some are -100, and both as scikit-learn wants them: only what counts, flat."""
    torch.manual_seed(3)
    shape = FORMS[request.param]
    target = torch.randint(0, CLASSES - 1, shape)  # the last class never occurs
    flat = torch.randn(*shape, CLASSES) + 1.2 * F.one_hot(target, CLASSES)
    target[::7] = -100
    counted = (target != -100).numpy()
    input = flat if len(shape) < 3 else flat.permute(0, 3, 1, 2)
    return input, target, flat.numpy()[counted], target.numpy()[counted]


def test_accuracy(scores: tuple[torch.Tensor, torch.Tensor, Any, Any]) -> None:
    input, target, flat, true = scores
    assert over_batches("Accuracy", input, target) == pytest.approx(
        reference.accuracy_score(true, flat.argmax(1))
    )


@pytest.mark.parametrize("k", [1, 2, 4])
def test_top_k_accuracy(scores: tuple[torch.Tensor, torch.Tensor, Any, Any], k: int) -> None:
    input, target, flat, true = scores
    hits = [label in np.argsort(-row)[:k] for row, label in zip(flat, true, strict=True)]
    assert over_batches("TopKAccuracy", input, target, k=k) == pytest.approx(np.mean(hits))


def test_f1_score_is_the_mean_over_classes_that_occur(
    scores: tuple[torch.Tensor, torch.Tensor, Any, Any],
) -> None:
    input, target, flat, true = scores
    wanted = reference.f1_score(true, flat.argmax(1), average="macro")
    assert over_batches("F1Score", input, target, num_classes=CLASSES) == pytest.approx(wanted)


def test_f1_score_leaves_out_a_class_that_neither_occurs_nor_is_guessed() -> None:
    target = torch.tensor([0, 0, 1, 1] * 16)
    guess = torch.tensor([0, 1, 1, 1] * 16)
    wanted = reference.f1_score(target, guess, average="macro")
    assert over_batches("F1Score", F.one_hot(guess, 5).float(), target, num_classes=5) == pytest.approx(
        wanted
    )


def test_perplexity(scores: tuple[torch.Tensor, torch.Tensor, Any, Any]) -> None:
    input, target, flat, true = scores
    probabilities = torch.tensor(flat).softmax(1).numpy()
    wanted = math.exp(reference.log_loss(true, probabilities, labels=range(CLASSES)))
    assert over_batches("Perplexity", input, target) == pytest.approx(wanted, rel=1e-5)


def test_confusion_matrix(scores: tuple[torch.Tensor, torch.Tensor, Any, Any]) -> None:
    input, target, flat, true = scores
    matrix = cast("Metric", module("ConfusionMatrix", num_classes=CLASSES))
    total = matrix.value(matrix(input[:20], target[:20]) + matrix(input[20:], target[20:]))
    assert total.tolist() == reference.confusion_matrix(true, flat.argmax(1), labels=range(CLASSES)).tolist()


@pytest.mark.parametrize(("shape", "dtype"), [((64, 1), torch.int64), ((64, 3), torch.float32)])
def test_binary_accuracy(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    target = torch.randint(0, 2, shape)
    input = torch.randn(shape) + target
    wanted = reference.accuracy_score(target.flatten(), (input > 0).flatten())
    labels = target.squeeze(1) if dtype == torch.int64 else target.to(dtype)
    assert over_batches("BinaryAccuracy", input, labels) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("MeanSquaredError", reference.mean_squared_error),
        ("MeanAbsoluteError", reference.mean_absolute_error),
        ("R2Score", reference.r2_score),
    ],
)
@pytest.mark.parametrize("shape", [(64, 1), (64, 2, 3)])
def test_metrics_of_numbers(name: str, wanted: Any, shape: tuple[int, ...]) -> None:
    torch.manual_seed(2)
    target = torch.randn(shape) * 3 + 1
    input = target + torch.randn(shape)
    value = wanted(target.flatten().numpy(), input.flatten().numpy())
    assert over_batches(name, input, target) == pytest.approx(value, rel=1e-5)


def test_states_do_not_depend_on_precision_of_scores() -> None:
    """Under mixed precision scores are bfloat16; counts stay exact."""
    input = torch.randn(64, 300).bfloat16()
    target = input.argmax(1)
    for name, arguments in [("Accuracy", {}), ("TopKAccuracy", {"k": 3}), ("F1Score", {"num_classes": 300})]:
        assert over_batches(name, input, target, **arguments) == 1.0
    assert over_batches("Perplexity", input, target) > 1


def test_cross_entropy_of_every_form() -> None:
    torch.manual_seed(0)
    flat, target = torch.randn(6, 5, 4, 3), torch.randint(0, 3, (6, 5, 4))
    target[0, 0] = -100
    picked = flat.log_softmax(-1).gather(-1, target.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    wanted = -picked[target != -100].mean()
    torch.testing.assert_close(loss("CrossEntropyLoss", flat.permute(0, 3, 1, 2), target), wanted)
    sequence = loss("CrossEntropyLoss", flat.reshape(6, 20, 3), target.reshape(6, 20))
    torch.testing.assert_close(sequence, wanted)
    vectors = loss("CrossEntropyLoss", flat.reshape(120, 3), target.reshape(120))
    torch.testing.assert_close(vectors, wanted)


def test_cross_entropy_with_smoothing_and_with_probabilities() -> None:
    torch.manual_seed(0)
    input, target = torch.randn(9, 4), torch.randint(0, 4, (9,))
    soft = F.one_hot(target, 4) * 0.8 + 0.2 / 4
    wanted = -(soft * input.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(loss("CrossEntropyLoss", input, target, label_smoothing=0.2), wanted)
    torch.testing.assert_close(loss("CrossEntropyLoss", input, soft), wanted)
    torch.testing.assert_close(loss("CrossEntropyLoss", input.view(3, 3, 4), soft.view(3, 3, 4)), wanted)


def binary(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    p = torch.sigmoid(x)
    return -(y * p.log() + (1 - y) * (1 - p).log())


FORMULAS: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "BCEWithLogitsLoss": binary,
    "MSELoss": lambda x, y: (x - y) ** 2,
    "L1Loss": lambda x, y: (x - y).abs(),
    "HuberLoss": lambda x, y: torch.where((x - y).abs() <= 1, (x - y) ** 2 / 2, (x - y).abs() - 0.5),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_losses_of_numbers(name: str) -> None:
    torch.manual_seed(0)
    input, target = torch.randn(6, 3, 2) * 2, torch.rand(6, 3, 2)
    each = FORMULAS[name](input, target)
    torch.testing.assert_close(loss(name, input, target), each.mean())
    torch.testing.assert_close(loss(name, input, target, reduction="batchmean"), each.sum() / 6)
    constant = FORMULAS[name](input, torch.full_like(input, 0.25))
    torch.testing.assert_close(loss(name, input, target=0.25), constant.mean())


def test_binary_loss_takes_labels() -> None:
    torch.manual_seed(0)
    input, labels = torch.randn(8, 1), torch.randint(0, 2, (8,))
    wanted = binary(input, labels.unsqueeze(1).float()).mean()
    torch.testing.assert_close(loss("BCEWithLogitsLoss", input, labels), wanted)


def test_kl_to_the_standard_normal() -> None:
    torch.manual_seed(0)
    mean, logvar = torch.randn(7, 5), torch.randn(7, 5)
    distributions: Any = torch.distributions
    one = distributions.Normal(mean, (logvar / 2).exp())
    wanted = distributions.kl_divergence(one, distributions.Normal(0.0, 1.0))
    torch.testing.assert_close(loss("KLDivergenceNormal", mean, logvar), wanted.sum() / 7)
    torch.testing.assert_close(loss("KLDivergenceNormal", mean, logvar, reduction="mean"), wanted.mean())


def test_reparameterise_draws_from_the_distribution_and_lets_gradients_through() -> None:
    torch.manual_seed(0)
    draw = module("Reparameterise")
    mean = torch.full((40_000, 1), 2.0, requires_grad=True)
    logvar = torch.full((40_000, 1), math.log(9.0), requires_grad=True)
    z = draw(mean, logvar)
    assert float(z.detach().mean()) == pytest.approx(2, abs=0.06)
    assert float(z.detach().std()) == pytest.approx(3, abs=0.06)
    to_mean, to_logvar = torch.autograd.grad(z.sum(), [mean, logvar])
    torch.testing.assert_close(to_mean, torch.ones_like(mean))
    torch.testing.assert_close(to_logvar, (z - mean).detach() / 2)
    assert draw.eval()(mean, logvar) is mean


AUGMENTATIONS = [
    ("RandomShift", {"pixels": 2}),
    ("RandomHorizontalFlip", {"p": 0.5}),
    ("GaussianNoise", {"std": 0.3}),
]


@pytest.mark.parametrize(("name", "arguments"), AUGMENTATIONS)
def test_augmentation_acts_in_training_only(name: str, arguments: dict[str, float]) -> None:
    images = torch.rand(8, 3, 10, 9)
    change = module(name, **arguments)
    assert not torch.equal(change(images), images)
    assert change(images).shape == images.shape and change(images).dtype == images.dtype
    assert change.eval()(images) is images


def test_random_shift_moves_every_image_by_its_own_distance() -> None:
    torch.manual_seed(0)
    images = torch.zeros(2000, 2, 11, 9)
    images[:, 0, 5, 4] = 1  # one point in the middle, another one in the second channel beside it
    images[:, 1, 5, 5] = 1
    moved = module("RandomShift", pixels=3)(images)
    places = moved[:, 0].flatten(1).argmax(1)
    rows, columns = places // 9 - 5, places % 9 - 4
    assert set(rows.tolist()) == set(columns.tolist()) == set(range(-3, 4))
    for offset in (rows, columns):  # each of the seven distances is equally likely
        counts = offset.add(3).bincount().float() / 2000
        assert float((counts - 1 / 7).abs().max()) < 0.03
    assert abs(float(torch.corrcoef(torch.stack((rows, columns)).float())[0, 1])) < 0.08
    torch.testing.assert_close(moved[:, 1].flatten(1).argmax(1), places + 1)
    assert float(moved.sum()) == 4000


def test_random_flip_mirrors_a_share_of_the_images() -> None:
    torch.manual_seed(0)
    images = torch.rand(2000, 1, 3, 4)
    found = module("RandomHorizontalFlip", p=0.25)(images)
    flipped = (found == images.flip(3)).flatten(1).all(1)
    kept = (found == images).flatten(1).all(1)
    assert bool((flipped ^ kept).all())
    assert float(flipped.float().mean()) == pytest.approx(0.25, abs=0.03)


def test_gaussian_noise_has_its_deviation() -> None:
    torch.manual_seed(0)
    noise = module("GaussianNoise", std=0.3)(torch.ones(200, 100)) - 1
    assert float(noise.mean()) == pytest.approx(0, abs=0.01)
    assert float(noise.std()) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("features", [8, 7])
def test_positional_encoding_follows_the_formula(features: int) -> None:
    found = module("PositionalEncoding", features=features, max_length=50)(torch.zeros(2, 20, features))
    for t in (0, 1, 19):
        for k in range(features):
            angle = t / 10000 ** ((k - k % 2) / features)
            wanted = math.cos(angle) if k % 2 else math.sin(angle)
            assert float(found[1, t, k]) == pytest.approx(wanted, abs=1e-5)


def test_causal_attention_does_not_see_what_follows() -> None:
    torch.manual_seed(0)
    kind = fill(node_types()["MultiheadAttention"], {"num_heads": 2, "causal": True})
    specs = (TensorSpec(("N", "L", 8)),)
    lines = "\n".join(kind.forward(Call("attention", ("x",), ("y",), specs)))
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    x = torch.randn(3, 6, 8)
    later = x.clone()
    later[:, 4:] += 1
    for mode in (True, False):
        attention.train(mode)
        found = []
        for input in (x, later):
            scope: dict[str, Any] = {"torch": torch, "nn": nn, "attention": attention, "x": input}
            with torch.no_grad():
                exec(lines, scope)  # noqa: S102 - our own text
            found.append(scope["y"])
        torch.testing.assert_close(found[0][:, :4], found[1][:, :4])
        assert not torch.allclose(found[0][:, 4:], found[1][:, 4:])


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_last_is_the_final_state(name: str, bidirectional: bool) -> None:
    torch.manual_seed(0)
    kind = fill(node_types()[name], {"hidden_size": 5, "num_layers": 2, "bidirectional": bidirectional})
    specs = (TensorSpec(("N", 7, 4)),)
    module = getattr(nn, name)(**kind.arguments(*specs))
    scope = {"torch": torch, "rnn": module, "x": torch.randn(3, 7, 4)}
    exec("\n".join(kind.forward(Call("rnn", ("x",), ("y", "last"), specs))), scope)  # noqa: S102 - our own text
    y, last = cast("torch.Tensor", scope["y"]), cast("torch.Tensor", scope["last"])
    torch.testing.assert_close(last[:, :5], y[:, -1, :5])
    if bidirectional:  # the backward direction ends at the first step
        torch.testing.assert_close(last[:, 5:], y[:, 0, 5:])
    assert kind.forward(Call("rnn", ("x",), ("y", "_"), specs)) == ["y, _ = rnn(x)"]
    assert len(kind.forward(Call("rnn", ("x",), ("_", "last"), specs))) == 2
