"""Losses against torch's own functions and formulas written out; padding, batches in which nothing counts."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.catalog.test_nodes import filled, run
from tests.drawing import draw
from tests.programs import analysed, call, live
from workbench.catalog.forms import fill
from workbench.catalog.spec import Example, node_types
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec


def spec(tensor: torch.Tensor) -> TensorSpec:
    return TensorSpec(("N", *tensor.shape[1:]), "float" if tensor.is_floating_point() else "index")


def loss(name: str, *inputs: torch.Tensor, **params: Any) -> torch.Tensor:
    """What the lines of a loss compute."""
    specs = tuple(map(spec, inputs))
    kind = filled(node_types()[name], Example(specs, params))
    kind.infer(*specs)
    found = run(kind, specs, list(inputs))
    assert found is not None
    return found[0]


def gradient(name: str, input: torch.Tensor, *others: torch.Tensor, **params: Any) -> torch.Tensor:
    leaf = input.clone().requires_grad_()
    return torch.autograd.grad(loss(name, leaf, *others, **params), leaf)[0]


torch.manual_seed(0)
SCORES = {"N×C": torch.randn(8, 4), "N×L×C": torch.randn(8, 5, 4), "N×C×H×W": torch.randn(8, 4, 3, 2)}
TARGETS = {"N×C": (8,), "N×L×C": (8, 5), "N×C×H×W": (8, 3, 2)}
WEIGHTS = (1.0, 0.2, 3.0, 0.5)


def pair(form: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores and classes, of which every third does not count."""
    target = torch.randint(0, 4, TARGETS[form], generator=torch.Generator().manual_seed(1))
    target.view(-1)[::3] = -100
    return SCORES[form], target


def second(form: str, scores: torch.Tensor) -> torch.Tensor:
    """Scores with the classes second, as torch wants them."""
    return scores.movedim(-1, 1) if form == "N×L×C" else scores


@pytest.mark.parametrize("form", SCORES)
@pytest.mark.parametrize("weight", [(), WEIGHTS])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy(form: str, weight: tuple[float, ...], smoothing: float) -> None:
    scores, target = pair(form)
    weights = torch.tensor(weight) if weight else None
    wanted = F.cross_entropy(second(form, scores), target, weights, label_smoothing=smoothing)
    assert torch.allclose(
        loss("CrossEntropyLoss", scores, target, weight=weight, label_smoothing=smoothing), wanted
    )
    if not smoothing:
        shares = scores.log_softmax(-1 if form != "N×C×H×W" else 1)
        assert torch.allclose(loss("NLLLoss", shares, target, weight=weight), wanted)


def test_another_index_can_be_the_one_that_does_not_count() -> None:
    scores = SCORES["N×L×C"]
    target = torch.randint(0, 4, (8, 5))
    wanted = F.cross_entropy(scores.flatten(0, 1), target.flatten(), ignore_index=0)
    assert torch.allclose(loss("CrossEntropyLoss", scores, target, ignore_index=0), wanted)


@pytest.mark.parametrize("form", SCORES)
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("CrossEntropyLoss", {}),
        ("CrossEntropyLoss", {"label_smoothing": 0.1}),
        ("CrossEntropyLoss", {"weight": WEIGHTS}),
        ("CrossEntropyLoss", {"reduction": "batchmean"}),
        ("NLLLoss", {}),
        ("FocalLoss", {}),
        ("DiceLoss", {}),
    ],
)
def test_a_batch_in_which_nothing_counts_gives_zero_and_moves_nothing(
    name: str, params: dict[str, Any], form: str
) -> None:
    scores, target = SCORES[form], torch.full(TARGETS[form], -100)
    assert loss(name, scores, target, **params) == 0
    assert not gradient(name, scores, target, **params).any()


@pytest.mark.parametrize("form", SCORES)
@pytest.mark.parametrize("name", ["CrossEntropyLoss", "NLLLoss"])
def test_a_class_that_is_ignored_and_padding_both_do_not_count(name: str, form: str) -> None:
    scores, target = pair(form)
    params: dict[str, Any] = {"ignore_index": 1, "weight": WEIGHTS}
    wanted = loss(name, scores, torch.where(target == 1, -100, target), weight=WEIGHTS)
    assert (target == 1).any() and (target == -100).any()
    assert torch.allclose(loss(name, scores, target, **params), wanted)
    nothing = torch.where(target == -100, -100, 1)
    assert loss(name, scores, nothing, **params) == 0
    assert not gradient(name, scores, nothing, **params).any()


@pytest.mark.parametrize("form", SCORES)
@pytest.mark.parametrize("name", ["CrossEntropyLoss", "NLLLoss"])
def test_a_batch_of_a_class_without_weight_gives_zero_and_moves_nothing(name: str, form: str) -> None:
    scores, target = pair(form)
    params: dict[str, Any] = {"weight": (0.0, 1.0, 3.0, 0.5)}
    wanted = F.nll_loss if name == "NLLLoss" else F.cross_entropy
    weights = torch.tensor(params["weight"])
    assert torch.allclose(loss(name, scores, target, **params), wanted(second(form, scores), target, weights))
    nothing = torch.where(target == -100, -100, 0)
    assert loss(name, scores, nothing, **params) == 0
    assert not gradient(name, scores, nothing, **params).any()


def test_shares_of_classes_have_no_number_to_ignore() -> None:
    scores, shares = torch.randn(6, 4), torch.rand(6, 4).softmax(1)
    wanted = F.cross_entropy(scores, shares)
    assert torch.allclose(loss("CrossEntropyLoss", scores, shares, ignore_index=2), wanted)


@pytest.mark.parametrize("name", ["BCEWithLogitsLoss", "BCELoss"])
def test_yes_or_no_of_steps_leaves_padding_out(name: str) -> None:
    scores, target = torch.rand(6, 5), torch.randint(0, 2, (6, 5))
    target[:, 3:] = -100
    function = F.binary_cross_entropy if name == "BCELoss" else F.binary_cross_entropy_with_logits
    wanted = function(scores[:, :3], target[:, :3].float())
    assert torch.allclose(loss(name, scores, target), wanted)
    assert torch.allclose(loss(name, scores.unsqueeze(-1), target), wanted)
    assert not gradient(name, scores, torch.full((6, 5), -100)).any()


@pytest.mark.parametrize("name", ["BCEWithLogitsLoss", "BCELoss", "MultiMarginLoss"])
def test_nodes_of_other_splits_do_not_count(name: str) -> None:
    nodes = torch.tensor([1, -100, 0, -100, 1, 1])
    scores = torch.rand(6, 2 if name == "MultiMarginLoss" else 1)
    specs = (TensorSpec(("V", scores.shape[1])), TensorSpec(("V",), "index", 2))
    kind = filled(node_types()[name], Example(specs, {}))
    kind.infer(*specs)
    found = run(kind, specs, [scores, nodes])
    kept = nodes != -100
    x, y = scores[kept], nodes[kept]
    if name == "MultiMarginLoss":
        wanted = F.multi_margin_loss(x, y)
    else:
        function = F.binary_cross_entropy if name == "BCELoss" else F.binary_cross_entropy_with_logits
        wanted = function(x[:, 0], y.float())
    assert found is not None and torch.allclose(found[0], wanted)


def test_a_yes_can_weigh_more() -> None:
    scores, target = torch.randn(6, 3), torch.randint(0, 2, (6, 3)).float()
    weight = torch.tensor([1.0, 2.0, 5.0])
    wanted = F.binary_cross_entropy_with_logits(scores, target, pos_weight=weight)
    assert torch.allclose(loss("BCEWithLogitsLoss", scores, target, pos_weight=(1.0, 2.0, 5.0)), wanted)
    masks, places = torch.randn(2, 3, 4, 5), torch.randint(0, 2, (2, 3, 4, 5)).float()
    wanted = F.binary_cross_entropy_with_logits(masks, places, pos_weight=weight.view(3, 1, 1))
    assert torch.allclose(loss("BCEWithLogitsLoss", masks, places, pos_weight=(1.0, 2.0, 5.0)), wanted)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("MSELoss", F.mse_loss),
        ("L1Loss", F.l1_loss),
        ("HuberLoss", F.huber_loss),
        ("SmoothL1Loss", F.smooth_l1_loss),
        ("PoissonNLLLoss", F.poisson_nll_loss),
    ],
)
@pytest.mark.parametrize("shape", [(3, 6, 2), (3, 6)])
def test_numbers_of_sequences_count_up_to_the_length(
    name: str, function: Any, shape: tuple[int, ...]
) -> None:
    input, target = torch.randn(shape), torch.rand(shape) * 4
    assert torch.allclose(loss(name, input, target), function(input, target))
    length = torch.tensor([6, 0, 2])
    kept = torch.arange(6) < length.unsqueeze(1)
    wanted = function(input[kept], target[kept])
    assert torch.allclose(loss(name, input, target, length), wanted)
    nothing = torch.zeros(3, dtype=torch.long)
    assert loss(name, input, target, nothing) == 0
    assert not gradient(name, input, target, nothing).any()


def test_kl_divergence() -> None:
    input, target = torch.randn(5, 4).log_softmax(1), torch.randn(5, 4).softmax(1)
    wanted = F.kl_div(input, target, reduction="batchmean")
    assert torch.allclose(loss("KLDivLoss", input, target), wanted)
    assert torch.allclose(loss("KLDivLoss", input, target.log(), log_target=True), wanted)
    assert torch.allclose(loss("KLDivLoss", input, target, reduction="mean"), wanted / 4)


@pytest.mark.parametrize("form", SCORES)
def test_focal_loss_is_the_formula_of_its_paper(form: str) -> None:
    scores, target = pair(form)
    shares = second(form, scores).softmax(1).movedim(1, -1)[target != -100]
    right = shares.gather(1, target[target != -100].unsqueeze(1))
    assert torch.allclose(
        loss("FocalLoss", scores, target, gamma=1.5), (-((1 - right) ** 1.5) * right.log()).mean()
    )
    assert torch.allclose(
        loss("FocalLoss", scores, target, gamma=0.0), loss("CrossEntropyLoss", scores, target)
    )


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_focal_loss_of_very_sure_answers_moves_nothing_astray(gamma: float) -> None:
    sure = torch.tensor([[200.0, 0.0, 0.0], [30.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
    assert gradient("FocalLoss", sure, torch.tensor([0, 0, 1]), gamma=gamma).isfinite().all()
    yes = torch.tensor([[20.0], [200.0], [-200.0]])
    assert gradient("FocalLoss", yes, torch.tensor([1, 1, 0]), gamma=gamma).isfinite().all()


def test_focal_loss_of_yes_or_no() -> None:
    scores, target = torch.randn(9, 3), torch.randint(0, 2, (9, 3)).float()
    share = scores.sigmoid()
    right = torch.where(target == 1, share, 1 - share)
    weight = torch.where(target == 1, 0.25, 0.75)
    wanted = (-weight * (1 - right) ** 2 * right.log()).mean()
    assert torch.allclose(loss("FocalLoss", scores, target), wanted)


def test_margins() -> None:
    scores, target = SCORES["N×C"], torch.randint(0, 4, (8,))
    wanted = F.multi_margin_loss(scores, target, p=2, margin=0.7)
    assert torch.allclose(loss("MultiMarginLoss", scores, target, p=2, margin=0.7), wanted)


def test_pairs_and_triplets() -> None:
    a, b, c = torch.randn(3, 7, 5)
    alike = torch.tensor([0, 1, 1, 0, 1, 0, 0])
    signs = 2 * alike - 1
    wanted = F.cosine_embedding_loss(a, b, signs, margin=0.2)
    assert torch.allclose(loss("CosineEmbeddingLoss", a, b, alike, margin=0.2), wanted)
    apart = (a - b).norm(dim=1)
    wanted = F.hinge_embedding_loss(apart, signs)
    assert torch.allclose(loss("HingeEmbeddingLoss", apart, alike), wanted)
    wanted = torch.where(alike == 1, apart**2, (4 - apart).clamp(min=0) ** 2).mean() / 2
    assert torch.allclose(loss("ContrastiveLoss", a, b, alike, margin=4.0), wanted, atol=1e-4)
    wanted = F.triplet_margin_loss(a, b, c, margin=2.0)
    assert torch.allclose(loss("TripletMarginLoss", a, b, c, margin=2.0), wanted)


def test_contrast_within_the_batch_is_that_of_simclr_and_of_clip() -> None:
    """Written out as in the papers: one row after the other."""
    a, b = torch.randn(2, 6, 4)
    rows, total = torch.cat((a, b)), 0.0
    for i in range(12):
        alike = F.cosine_similarity(rows[i], rows, dim=1) / 0.5
        others = torch.cat((alike[:i], alike[i + 1 :])).logsumexp(0)
        total += float(others - alike[(i + 6) % 12])
    assert float(loss("NTXentLoss", a, b)) == pytest.approx(total / 12, rel=1e-5)
    logits = F.normalize(a) @ F.normalize(b).T / 0.1
    wanted = (F.cross_entropy(logits, torch.arange(6)) + F.cross_entropy(logits.T, torch.arange(6))) / 2
    assert torch.allclose(loss("NTXentLoss", a, b, temperature=0.1, both_sides=False), wanted)


@pytest.mark.parametrize("shape", [(6, 5), (4, 6, 5)])
def test_dice_loss_in_the_plane_and_in_space(shape: tuple[int, ...]) -> None:
    scores, target = torch.randn(2, 3, *shape), torch.randint(0, 3, (2, *shape))
    shares, truth = scores.softmax(1).movedim(1, -1), F.one_hot(target, 3).float()
    axes = tuple(range(truth.dim() - 1))
    dice = (2 * (shares * truth).sum(axes) + 1) / (shares.sum(axes) + truth.sum(axes) + 1)
    assert torch.allclose(loss("DiceLoss", scores, target), 1 - dice.mean())
    assert torch.allclose(loss("DiceLoss", scores, target, background=False), 1 - dice[1:].mean())


def test_ctc_with_and_without_lengths() -> None:
    scores, target = torch.randn(3, 12, 5), torch.randint(1, 5, (3, 4))
    lengths, steps = torch.tensor([4, 2, 3]), torch.tensor([12, 9, 10])
    shares = scores.log_softmax(-1).transpose(0, 1)
    wanted = F.ctc_loss(shares, target, steps, lengths)
    assert torch.allclose(loss("CTCLoss", scores, target, steps, lengths), wanted)
    padded = torch.where(torch.arange(4) < lengths.unsqueeze(1), target, -100)
    wanted = F.ctc_loss(shares, target, torch.full((3,), 12), lengths)
    assert torch.allclose(loss("CTCLoss", scores, padded), wanted)


def test_the_mean_over_a_split_is_over_what_counts() -> None:
    """Batches with more padding weigh less: the figure of the whole is that of all tokens together."""
    document = draw("""
        data Dataset dataset=phrases
        words Embedding num_embeddings=33 embedding_dim=8 < data.target
        fc Linear out_features=33 < words
        loss CrossEntropyLoss < fc data.next
    """)
    analysed(document)
    program = live(document).eval()
    tokens = torch.randint(0, 33, (6, 6))
    following = tokens.clone()
    following[:3, 1:] = -100
    following[5] = -100
    batches = [
        {
            f"data.{name}": values[i : i + 2]
            for name, values in (("source", tokens), ("target", tokens), ("next", following))
        }
        for i in (0, 2, 4)
    ]
    states = [call(program, "evaluate", batch)["loss"] for batch in batches]
    found = call(program, "summarise", {"loss": torch.stack(states).sum(0)})["loss"]
    with torch.no_grad():
        scores = program.fc(program.words(tokens))  # type: ignore[operator]  # a Module's attributes are open
    wanted = nn.CrossEntropyLoss()(scores.flatten(0, 1), following.flatten())
    assert found == pytest.approx(wanted.item(), rel=1e-5)


def test_a_batch_whose_last_tokens_are_all_padding_counts_nothing() -> None:
    """One class for each item is enough, where it was taken from what has gaps."""
    document = draw("""
        data Dataset dataset=phrases
        words Embedding num_embeddings=33 embedding_dim=8 < data.target
        last Select dim=1 index=-1 < words
        fc Linear out_features=33 < last
        end Select dim=1 index=-1 < data.next
        loss CrossEntropyLoss < fc end
    """)
    program = live(document)
    tokens = torch.randint(0, 33, (4, 6))
    following = tokens.clone()
    following[:, -1] = -100
    batch = {"data.source": tokens, "data.target": tokens, "data.next": following}
    assert call(program, "update_train", batch)["loss"] == 0
    assert call(program, "evaluate", batch)["loss"].tolist() == [0, 0]
    following[0, -1] = 3
    found = call(program, "evaluate", batch)["loss"]
    assert found[0] > 0 and found[1] == 1, "one counts"


def refusal(name: str, *specs: TensorSpec, **params: Any) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        fill(node_types()[name], params).infer(*specs)
    return caught.value


ROWS, LABELS = TensorSpec(("N", 4)), TensorSpec(("N",), "index", 4)


@pytest.mark.parametrize(
    ("error", "port", "words"),
    [
        (refusal("CrossEntropyLoss", ROWS, LABELS, weight=(1.0, 2.0)), "", "2 weights of classes for 4"),
        (refusal("BCEWithLogitsLoss", ROWS, ROWS, pos_weight=(1.0, 2.0)), "", "2 weights of yes for 4"),
        (refusal("NTXentLoss", ROWS, TensorSpec(("N", 5))), "b", "expects the shape of a"),
        (refusal("CTCLoss", TensorSpec(("N", 9, 4)), LABELS), "target", "expects classes N×S"),
        (refusal("ContrastiveLoss", ROWS, ROWS, LABELS), "target", "1 for pairs that are alike"),
        (refusal("MSELoss", ROWS, ROWS, TensorSpec(("N", 2), "index")), "length", "one number for each"),
        (refusal("FocalLoss", ROWS, TensorSpec(("N",), "index", 5)), "input", "the target has 5 classes"),
    ],
)
def test_wrong_inputs_are_named(error: ShapeError, port: str, words: str) -> None:
    assert error.port == port
    assert words in str(error)
