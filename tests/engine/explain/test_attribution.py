"""Methods of attribution beside what can be computed in another way, without any drawing."""

from itertools import permutations

import pytest
import torch
from torch import Tensor, nn

from workbench.engine.explain import attribution


def net() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 1)).eval()


def score(model: nn.Module) -> attribution.Score:
    def of(x: Tensor) -> Tensor:
        found: Tensor = model(x)
        return found[:, 0]

    return of


def game(z: Tensor) -> Tensor:
    """Parts that work together: 3 for 0 and 1, less for 2, and something for all three."""
    z = z.float()
    return 3 * z[:, 0] * z[:, 1] - z[:, 2] + 2 * z.prod(1) + z[:, 3] * z[:, 1]


def test_integrated_gradients_add_up_to_the_change_of_the_score() -> None:
    of, x, base = score(net()), torch.randn(3, 4), torch.full((3, 4), 0.1)
    path = attribution.integrated_gradients(of, (x,), (base,), 40, 7)
    change = (of(x[None]) - of(base[None])).item()
    assert path.change == pytest.approx(change) and abs(path.gap) < 1e-4
    assert float(path.values[0].sum()) == pytest.approx(change, abs=1e-4)


def test_integrated_gradients_are_the_mean_of_gradients_by_finite_differences() -> None:
    of, x = score(net().double()), torch.randn(3, 4, dtype=torch.float64)
    path = attribution.integrated_gradients(of, (x,), (torch.zeros_like(x),), 50, 50)
    for place in (0, 5, 11):
        step = torch.zeros(12, dtype=torch.float64)
        step[place] = 1e-5
        total = 0.0
        for share in (torch.arange(200, dtype=torch.float64) + 0.5) / 200:
            ahead, behind = share * x + step.view(3, 4), share * x - step.view(3, 4)
            total += (of(ahead[None]) - of(behind[None])).item() / 2e-5 / 200
        assert float(path.values[0].flatten()[place]) == pytest.approx(
            total * float(x.flatten()[place]), abs=1e-4
        )


def test_shapley_values_are_means_over_all_orders() -> None:
    wanted = torch.zeros(4)
    orders = list(permutations(range(4)))
    for order in orders:
        there = torch.zeros(1, 4)
        for part in order:
            before = game(there)
            there[0, part] = 1
            wanted[part] += float(game(there) - before) / len(orders)
    found = attribution.shap(game, 4, 0, 0, 5)
    assert torch.allclose(found, wanted, atol=1e-6)
    assert float(found.sum()) == pytest.approx(float(game(torch.ones(1, 4)) - game(torch.zeros(1, 4))))


def test_kernel_shap_comes_near_the_shapley_values_of_many_parts() -> None:
    count = attribution.EXACT + 3

    def pairs(z: Tensor) -> Tensor:
        z = z.float()
        return (z * torch.arange(count)).sum(1) + 4 * z[:, 0] * z[:, 1]

    found = attribution.shap(pairs, count, 600, 7, 64)
    wanted = torch.arange(count) + torch.tensor([2.0, 2.0] + [0.0] * (count - 2))
    assert torch.allclose(found, wanted, atol=0.6)
    assert float(found.sum()) == pytest.approx(float(wanted.sum()), abs=1e-2)
    some = attribution.shap(pairs, count, 50, 7, 64)
    assert torch.allclose(some, attribution.shap(pairs, count, 50, 7, 33), atol=1e-4)  # the seed decides


def test_lime_finds_the_weights_of_a_linear_score() -> None:
    weights = torch.tensor([2.0, -1.0, 0.0, 0.5, 3.0])
    state = torch.get_rng_state()
    found = attribution.lime(lambda z: z.float() @ weights, 5, 200, 1, 32)
    assert torch.allclose(found, weights, atol=1e-3)
    assert torch.equal(state, torch.get_rng_state())


def test_what_is_left_out_or_covered_is_missed() -> None:
    assert attribution.left_out(game, 4, 3).tolist() == [5.0, 6.0, 1.0, 3.0]
    x = torch.arange(16.0).view(1, 4, 4)
    found = attribution.occlusion(
        lambda many: many.flatten(1).sum(1), x, torch.ones_like(x), (1, 2, 2), (1, 2, 2), 3
    )
    sums = (x[0] - 1).unfold(0, 2, 2).unfold(1, 2, 2).sum((2, 3))
    assert torch.equal(found[0], sums.repeat_interleave(2, 0).repeat_interleave(2, 1))
    assert attribution.windows((1, 4, 4), (1, 2, 2), (1, 2, 2)) == 4
    assert attribution.windows((1, 5, 4), (1, 2, 2), (1, 2, 1)) == 9


def test_grad_cam_of_two_layers_by_hand() -> None:
    maps = torch.tensor([[[1.0, 0.0], [0.0, 2.0]], [[0.0, 3.0], [1.0, 0.0]]])
    head = torch.tensor([2.0, -1.0])  # the score is the mean of each channel, times its weight
    gradients = (head / 4)[:, None, None].expand(2, 2, 2)
    wanted = torch.tensor([[0.5, 0.0], [0.0, 1.0]])  # ReLU(0.5 · first − 0.25 · second)
    assert torch.allclose(attribution.grad_cam([maps], [gradients], (2, 2)), wanted)
    twice = attribution.grad_cam([maps, maps], [gradients, gradients], (2, 2))
    assert torch.allclose(twice, 2 * wanted)
    assert attribution.grad_cam([maps], [gradients], (8, 8)).shape == (8, 8)


def test_progress_stops_a_method() -> None:
    calls: list[int] = []

    def stopping(z: Tensor) -> Tensor:
        calls.append(len(z))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return z.float().sum(1)

    with pytest.raises(KeyboardInterrupt):
        attribution.lime(stopping, 4, 100, 0, 10)
    assert sum(calls) == 30
