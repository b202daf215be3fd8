"""Metrics held against scikit-learn, torchmetrics and sacrebleu, over batches of uneven sizes.

torchmetrics takes seconds to import: only tests that need it do so, else every process would that collects tests.
"""

from typing import Any, cast

import numpy as np
import pytest
import sacrebleu
import sklearn.metrics as reference
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.catalog.test_nodes import built
from workbench.catalog.forms import fill
from workbench.catalog.spec import NodeType, node_types
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec


def spec(tensor: Tensor) -> TensorSpec:
    return TensorSpec(("N", *tensor.shape[1:]), "float" if tensor.is_floating_point() else "index")


def over_batches(name: str, *inputs: Tensor, **params: Any) -> float:
    """The metric as evaluation computes it: states of uneven batches added up, then the value."""
    kind: NodeType = fill(node_types()[name], params)
    specs = tuple(map(spec, inputs))
    kind.infer(*specs)
    metric = cast(Any, built(kind, specs))
    count = len(inputs[0])
    sizes = [count // 3, 1, count - count // 3 - 1]
    states = [metric(*parts) for parts in zip(*(torch.split(each, sizes) for each in inputs), strict=True)]
    value = metric.value(torch.stack(states).sum(0))
    assert value.dim() == 0 and value.is_floating_point()
    return float(value)


FORMS = {"N×C": (90,), "N×L×C": (40, 6), "N×C×H×W": (40, 3, 2)}


@pytest.fixture(params=FORMS)
def scores(request: pytest.FixtureRequest) -> tuple[Tensor, Tensor, Any, Any]:
    """Scores, targets of which some are -100, and what counts of both, flat."""
    torch.manual_seed(3)
    shape = FORMS[request.param]
    target = torch.randint(0, 3, shape)  # of 4 classes the last never occurs
    flat = torch.randn(*shape, 4) + 1.2 * F.one_hot(target, 4)
    target[::7] = -100
    counted = (target != -100).numpy()
    input = flat if len(shape) < 3 else flat.permute(0, 3, 1, 2)
    return input, target, flat.numpy()[counted], target.numpy()[counted]


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Precision", reference.precision_score),
        ("Recall", reference.recall_score),
        ("F1Score", reference.f1_score),
    ],
)
def test_precision_recall_and_f1(
    scores: tuple[Tensor, Tensor, Any, Any], name: str, wanted: Any, average: str
) -> None:
    input, target, flat, true = scores
    value = wanted(true, flat.argmax(1), average=average, zero_division=0)
    assert over_batches(name, input, target, average=average) == pytest.approx(value)


def test_overlap_of_masks() -> None:
    torch.manual_seed(1)
    target = torch.randint(0, 3, (12, 5, 6))
    input = torch.randn(12, 3, 5, 6) + F.one_hot(target, 3).movedim(-1, 1)
    guess = input.argmax(1).flatten()
    wanted = reference.jaccard_score(target.flatten(), guess, average=None)
    assert over_batches("IoU", input, target) == pytest.approx(wanted.mean())
    assert over_batches("IoU", input, target, background=False) == pytest.approx(wanted[1:].mean())
    wanted = reference.f1_score(target.flatten(), guess, average=None)
    assert over_batches("DiceScore", input, target) == pytest.approx(wanted.mean())
    assert over_batches("DiceScore", input, target, background=False) == pytest.approx(wanted[1:].mean())


def test_curves_of_classes_are_within_their_resolution(scores: tuple[Tensor, Tensor, Any, Any]) -> None:
    input, target, flat, true = scores
    shares = torch.tensor(flat).softmax(1)[:, :3]
    truth = F.one_hot(torch.tensor(true), 3)
    wanted = reference.roc_auc_score(truth, shares, average="macro")
    assert over_batches("AUROC", input, target) == pytest.approx(wanted, abs=1e-3)
    wanted = reference.average_precision_score(truth, shares, average="macro")
    assert over_batches("AveragePrecision", input, target) == pytest.approx(wanted, abs=3e-3)


@pytest.mark.parametrize("sure", [1.0, 8.0])
def test_curves_of_yes_and_no(sure: float) -> None:
    torch.manual_seed(4)
    target = torch.randint(0, 2, (500,))
    input = sure * (torch.randn(500) + target)
    for name, wanted in {
        "AUROC": reference.roc_auc_score(target, input),
        "AveragePrecision": reference.average_precision_score(target, input),
    }.items():
        assert over_batches(name, input.unsqueeze(1), target) == pytest.approx(wanted, abs=2e-3)
        columns = torch.stack((input, -input), 1), torch.stack((target, 1 - target), 1).float()
        assert over_batches(name, *columns) == pytest.approx(
            (wanted + (wanted if name == "AUROC" else reference.average_precision_score(1 - target, -input)))
            / 2,
            abs=2e-3,
        )


@pytest.mark.parametrize("form", ["scores", "probabilities", "small scores", "sure probabilities"])
def test_curves_of_rare_cases(form: str) -> None:
    torch.manual_seed(4)
    target = (torch.rand(4000) < 0.02).long()
    scores = torch.randn(4000) + 1.5 * target - 6
    input = {
        "scores": scores,
        "probabilities": scores.sigmoid(),
        "small scores": 0.002 * scores,
        "sure probabilities": (-scores).double().sigmoid().float(),
    }[form]
    truth = 1 - target if form == "sure probabilities" else target
    for name, wanted in {
        "AUROC": reference.roc_auc_score(truth, input),
        "AveragePrecision": reference.average_precision_score(truth, input),
    }.items():
        assert over_batches(name, input.unsqueeze(1), truth) == pytest.approx(wanted, abs=2e-3)


@pytest.mark.parametrize("name", ["AUROC", "AveragePrecision"])
def test_curves_of_masks_are_of_all_pixels_of_a_channel(name: str) -> None:
    torch.manual_seed(2)
    target = torch.randint(0, 2, (6, 2, 5, 7)).float()
    input = torch.randn(6, 2, 5, 7) + target * torch.linspace(0, 2, 7)
    function = {"AUROC": reference.roc_auc_score, "AveragePrecision": reference.average_precision_score}[name]
    each = [function(target[:, c].flatten(), input[:, c].flatten()) for c in range(2)]
    assert over_batches(name, input, target) == pytest.approx(np.mean(each), abs=2e-3)
    assert over_batches(name, input[:, :1], target[:, :1]) == pytest.approx(each[0], abs=2e-3)


@pytest.mark.parametrize("name", ["AUROC", "AveragePrecision"])
def test_a_score_that_is_no_number_is_seen(name: str) -> None:
    torch.manual_seed(3)
    classes, yes = torch.randn(12, 3), torch.randn(12, 1)
    target, label = torch.arange(12) % 3, torch.arange(12) % 2
    classes[4, 1] = yes[4] = torch.nan
    assert np.isnan(over_batches(name, classes, target))
    assert np.isnan(over_batches(name, yes, label))
    target[4] = label[4] = -100  # what does not count is not looked at
    assert 0 <= over_batches(name, classes, target) <= 1
    assert 0 <= over_batches(name, yes, label.unsqueeze(1)) <= 1
    yes[5] = torch.inf  # larger than all others
    assert 0 <= over_batches(name, yes, label.unsqueeze(1)) <= 1


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("MeanSquaredError", reference.mean_squared_error),
        ("RootMeanSquaredError", reference.root_mean_squared_error),
        ("MeanAbsoluteError", reference.mean_absolute_error),
        ("MeanPercentageError", reference.mean_absolute_percentage_error),
        ("R2Score", reference.r2_score),
    ],
)
@pytest.mark.parametrize("shape", [(30, 6), (30, 6, 2)])
def test_numbers_with_and_without_padding(name: str, wanted: Any, shape: tuple[int, ...]) -> None:
    torch.manual_seed(2)
    target = torch.randn(shape) + 4
    input = target + torch.randn(shape)
    assert over_batches(name, input, target) == pytest.approx(
        wanted(target.flatten(), input.flatten()), rel=1e-4
    )
    length = torch.randint(0, 7, (30,))
    kept = torch.arange(6) < length.unsqueeze(1)
    value = wanted(target[kept].flatten(), input[kept].flatten())
    assert over_batches(name, input, target, length) == pytest.approx(value, rel=1e-4)


def test_r2_of_large_numbers_that_lie_close_together() -> None:
    target = 10_000 + torch.randn(500, 1, generator=torch.Generator().manual_seed(0))
    input = target + 0.3 * torch.randn(500, 1, generator=torch.Generator().manual_seed(1))
    wanted = reference.r2_score(target.double(), input.double())
    assert over_batches("R2Score", input, target) == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("span", [1.0, 2.0])
def test_images(span: float) -> None:
    from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

    torch.manual_seed(5)
    target = torch.rand(9, 3, 20, 17) * span
    input = (target + 0.1 * torch.randn_like(target)).clamp(0, span)
    wanted = peak_signal_noise_ratio(input, target, data_range=span)
    assert over_batches("PSNR", input, target, data_range=span) == pytest.approx(wanted.item(), rel=1e-5)
    # Wang et al. take only windows that lie within the image; torchmetrics also those over a mirrored border.
    _, full = structural_similarity_index_measure(input, target, data_range=span, return_full_image=True)
    mean = full[..., 5:-5, 5:-5].mean().item()
    assert over_batches("SSIM", input, target, data_range=span) == pytest.approx(mean, abs=1e-5)
    assert over_batches("SSIM", target, target) == pytest.approx(1)


def test_cosine_similarity() -> None:
    from torchmetrics.functional import pairwise_cosine_similarity

    input, target = torch.randn(2, 30, 5)
    wanted = pairwise_cosine_similarity(input, target).diagonal().mean()
    assert over_batches("CosineSimilarity", input, target) == pytest.approx(wanted.item(), abs=1e-6)


END = 1


def written() -> tuple[Tensor, Tensor]:
    """Targets with an end and padding behind it, and something like them that goes on after its end."""
    random = np.random.default_rng(0)
    target = torch.full((40, 12), -100)
    input = torch.from_numpy(random.integers(2, 9, (40, 15)))
    for row in range(40):
        words = torch.from_numpy(random.integers(2, 9, random.integers(1, 11)))
        target[row, : len(words)] = words
        target[row, len(words)] = END
        said = words[torch.from_numpy(random.random(len(words)) < 0.93)]
        input[row, : len(said)] = said
        input[row, len(said)] = END
    return input, target


def words_of(tokens: Tensor) -> list[list[str]]:
    """The tokens of each row before the end."""
    return [[str(t) for t in row[: [*row, END].index(END)] if t != -100] for row in tokens.tolist()]


def test_bleu_is_that_of_sacrebleu() -> None:
    input, target = written()
    said, meant = ([" ".join(row) for row in words_of(each)] for each in (input, target))
    wanted = sacrebleu.corpus_bleu(said, [meant], smooth_method="none", tokenize="none", force=True).score
    assert 20 < wanted < 95
    assert over_batches("BLEU", input, target, end=END) == pytest.approx(wanted, abs=1e-3)
    assert over_batches("BLEU", target, target, end=END) == pytest.approx(100)


def test_error_rate_is_that_of_words() -> None:
    from torchmetrics.functional.text import word_error_rate

    input, target = written()
    said, meant = ([" ".join(row) for row in words_of(each)] for each in (input, target))
    wanted = word_error_rate(said, meant)
    assert over_batches("SequenceErrorRate", input, target, end=END) == pytest.approx(wanted.item())


def test_error_rate_reads_what_ctc_gives() -> None:
    input = torch.tensor([[0, 3, 3, 0, 3, 5, 5, 0], [2, 2, 0, 0, 0, 0, 0, 0], [0] * 8])
    target = torch.tensor([[3, 3, 5, -100], [2, 4, -100, -100], [6, -100, -100, -100]])
    assert over_batches("SequenceErrorRate", input, target, blank=0) == pytest.approx(2 / 6)
    exact = torch.tensor([[0, 3, 0, 3, 5, 5, 7, 7], [2, 2, 4, 0, 8, 9, 8, 9], [0, 6, 5, 4, 3, 2, 1, 7]])
    length = torch.tensor([6, 4, 2])  # behind it stands what CTCLoss leaves out, too
    assert over_batches("SequenceErrorRate", exact, target, length, blank=0) == 0


def test_small_images_are_refused() -> None:
    small = TensorSpec(("N", 1, 8, 8))
    with pytest.raises(ShapeError, match="at least 11×11"):
        node_types()["SSIM"]().infer(small, small)


def test_metrics_of_the_program_are_modules() -> None:
    for name, cls in node_types().items():
        if cls.family == "metric":
            made = built(cls(), cls.examples[0].inputs)
            assert isinstance(made, nn.Module) and hasattr(made, "value"), name
