"""What each part of an example has to do with a score: gradients, and what happens when parts are left out.

Imports torch, and captum where one of its methods is asked for (it brings matplotlib, which takes a second).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import comb

import torch
import torch.nn.functional as F
from torch import Tensor

Score = Callable[[Tensor], Tensor]
"""Of S variants of an example (S×E, E its own shape) their scores: S numbers."""

EXACT = 10
"""Up to so many parts all of their subsets are tried, which gives Shapley values without chance."""


@dataclass(frozen=True, slots=True)
class Path:
    """Integrated gradients of each input, and by how much all of them miss what they should add up to."""

    values: tuple[Tensor, ...]
    change: float
    """The score of the example less that of the baseline."""
    gap: float


@contextmanager
def drawn(seed: int) -> Iterator[None]:
    """Inside, random numbers are those that the seed decides; afterwards they go on as if nothing had been drawn."""
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield


def integrated_gradients(
    score: Callable[..., Tensor], x: Sequence[Tensor], base: Sequence[Tensor], steps: int, rows: int
) -> Path:
    """The mean gradient between a baseline and the example, times their difference, for each of the inputs.

    The values add up to the change of the score (completeness), up to `gap`, which falls with more steps.
    Sundararajan, Taly and Yan 2017, Axiomatic attribution for deep networks.
    """
    from captum.attr import IntegratedGradients

    inputs = tuple(each[None].detach().clone().requires_grad_() for each in x)
    bases = tuple(each[None].detach() for each in base)
    with torch.no_grad():
        change = float((score(*inputs) - score(*bases))[0])
    found: tuple[Tensor, ...] = IntegratedGradients(score).attribute(
        inputs, bases, n_steps=steps, internal_batch_size=rows
    )
    values = tuple(each[0].detach() for each in found)
    return Path(values, change, float(sum(each.double().sum() for each in values)) - change)


def occlusion(
    score: Score, x: Tensor, base: Tensor, window: Sequence[int], stride: Sequence[int], rows: int
) -> Tensor:
    """By how much the score falls while a window is covered with the baseline; the mean where windows overlap.

    Zeiler and Fergus 2014, Visualizing and understanding convolutional networks, section 4.2.
    """
    from captum.attr import Occlusion

    with torch.no_grad():
        found: Tensor = Occlusion(score).attribute(
            x[None], tuple(window), tuple(stride), baselines=base[None], perturbations_per_eval=rows
        )
    return found[0].detach()


def windows(shape: Sequence[int], window: Sequence[int], stride: Sequence[int]) -> int:
    """How many windows `occlusion` covers."""
    count = 1
    for size, wide, step in zip(shape, window, stride, strict=True):
        count *= 1 + -(-(size - wide) // step)
    return count


class _Linear:
    """The linear model with the least weighted squared error, as captum's LIME and Kernel SHAP ask for one.

    scikit-learn's, which these would take, costs its import.
    """

    def __init__(self) -> None:
        self._weights = torch.zeros(0)

    def fit(self, data: Iterable[Sequence[Tensor]], **_: object) -> None:
        """From variants S×P, their scores and how much each counts, all in one batch."""
        ((parts, scores, counts),) = data
        table = torch.cat([torch.ones(len(parts), 1), parts], dim=1).double()
        roots = counts.double().sqrt()
        goal = (scores.double() * roots)[:, None]
        found: Tensor = torch.linalg.lstsq(table * roots[:, None], goal, driver="gelsd").solution
        self._weights = found[1:, 0].float()

    def representation(self) -> Tensor:
        """The weight of each part."""
        return self._weights


def left_out(score: Score, count: int, rows: int) -> Tensor:
    """By how much the score falls when each of the parts is left out alone.

    Here and below a variant is a row of `count` zeros and ones: which parts are there.
    """
    from captum.attr import FeatureAblation

    with torch.no_grad():
        found: Tensor = FeatureAblation(score).attribute(torch.ones(1, count), perturbations_per_eval=rows)
    return found[0].detach()


def lime(score: Score, count: int, samples: int, seed: int, rows: int) -> Tensor:
    """Weights of the linear model that comes nearest to the score around the example.

    Variants have each part with a chance of one half, and count the more the more parts they share with the example:
    exp(−d²/0.25²) of the cosine distance d. Ribeiro, Singh and Guestrin 2016, “Why should I trust you?”.
    """
    from captum.attr import LimeBase

    def near(original: Tensor, variant: Tensor, parts: Tensor, **_: object) -> Tensor:
        distance = 1 - F.cosine_similarity(torch.ones_like(parts.float()), parts.float(), dim=1)
        return torch.exp(-(distance**2) / 0.25**2)

    def some(original: Tensor, **_: object) -> Tensor:
        return torch.bernoulli(torch.full_like(original, 0.5))

    def same(parts: Tensor, original: Tensor, **_: object) -> Tensor:
        return parts

    method = LimeBase(score, _Linear(), near, some, True, same, None)
    with drawn(seed), torch.no_grad():
        found: Tensor = method.attribute(torch.ones(1, count), n_samples=samples, perturbations_per_eval=rows)
    return found.detach().reshape(-1)


def shap(score: Score, count: int, samples: int, seed: int, rows: int) -> Tensor:
    """Shapley values: the mean of what a part adds to the score over all orders in which parts may come.

    Of few parts exactly, from all their subsets (Shapley 1953); of more as Kernel SHAP estimates them from so many
    samples. They add up to the change of the score. Lundberg and Lee 2017, A unified approach to interpreting model
    predictions.
    """
    if count <= EXACT:
        return _shapley(score, count, rows)
    from captum.attr import KernelShap

    method = KernelShap(score)
    method.interpretable_model = _Linear()
    with drawn(seed), torch.no_grad():
        found: Tensor = method.attribute(
            torch.ones(1, count),
            baselines=torch.zeros(1, count),
            n_samples=samples,
            perturbations_per_eval=rows,
            return_input_shape=False,
        )
    return found.detach().reshape(-1)


def _shapley(score: Score, count: int, rows: int) -> Tensor:
    """From the scores of all subsets: of part i the sum of (v(S and i) − v(S)) · |S|! (n − |S| − 1)! / n!."""
    subsets = torch.tensor([[number >> part & 1 for part in range(count)] for number in range(2**count)])
    with torch.no_grad():
        starts = range(0, len(subsets), rows)
        worth = torch.cat([score(subsets[at : at + rows].float()) for at in starts]).double().cpu()
    sizes = subsets.sum(1)
    found = torch.zeros(count, dtype=torch.float64)
    for part in range(count):
        without = torch.nonzero(subsets[:, part] == 0)[:, 0]
        shares = torch.tensor([1 / (count * comb(count - 1, int(size))) for size in sizes[without]])
        found[part] = ((worth[without + (1 << part)] - worth[without]) * shares.double()).sum()
    return found.float()


def grad_cam(maps: Sequence[Tensor], gradients: Sequence[Tensor], size: Sequence[int]) -> Tensor:
    """Where channels that raise the score are active, as a map of `size` that is nowhere below 0.

    maps and gradients are C×places, one pair for each time that the layer was used: ReLU of the sum of the maps, each
    times the mean of its gradient, enlarged to the input. Selvaraju et al. 2017, Grad-CAM.
    """
    total = torch.zeros(tuple(size))
    mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[len(size)]
    for each, gradient in zip(maps, gradients, strict=True):
        weights = gradient.flatten(1).mean(1)
        cam = torch.einsum("c,c...->...", weights, each).relu().float().cpu()
        total += F.interpolate(cam[None, None], tuple(size), mode=mode, align_corners=False)[0, 0]
    return total
