"""The moving average of a program's weights over the steps of a training. Imports torch only."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Average:
    """Exponential moving average of everything that a program keeps; what is no number with a fraction, such as
    counters, is as in the program.

    After step t the mean moves by 1 - d towards the weights, d = min(decay, (1 + t) / (10 + t)): so it reaches back
    over a ninth of the steps at most, and the chance weights of the start, which a fixed decay would remember for
    thousands of steps, are soon forgotten.
    """

    def __init__(self, program: nn.Module, decay: float) -> None:
        self.decay = decay
        means: dict[int, tuple[Tensor, Tensor]] = {}
        self.weights: dict[str, Tensor] = {}
        for name, weight in program.state_dict(keep_vars=True).items():  # filled anew, but never replaced
            mean, _ = means.setdefault(id(weight), (weight.detach().clone(), weight.detach()))
            self.weights[name] = mean  # tied weights have one
        self._pairs = list(means.values())
        moving = [pair for pair in self._pairs if pair[1].is_floating_point()]
        self._means, self._moving = [mean for mean, _ in moving], [weight for _, weight in moving]
        self._copied = [pair for pair in self._pairs if not pair[1].is_floating_point()]

    def step(self, done: int) -> None:
        """Takes in the weights after so many steps."""
        memory = min(self.decay, (1 + done) / (10 + done))
        move = get_ema_multi_avg_fn(memory)  # type: ignore[no-untyped-call]  # torch's stubs leave it open
        move(self._means, self._moving, done)
        for mean, weight in self._copied:
            mean.copy_(weight)

    def put_back(self, weights: Mapping[str, Tensor]) -> None:
        """Goes on from the mean of an earlier part of the training."""
        for name, mean in self.weights.items():
            mean.copy_(weights[name])

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Meanwhile the program has the mean, and `weights` the program's own."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _exchange(self) -> None:
        """Tensor by tensor, so that a large model needs no third copy."""
        for mean, weight in self._pairs:
            own = weight.clone()
            weight.copy_(mean)
            mean.copy_(own)
