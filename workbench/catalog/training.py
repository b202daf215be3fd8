"""How a run goes: the training form, optimisers and schedules, declared like node types. Standard library only."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeVar

from workbench.catalog.forms import Form, fields_of, fill, form, param
from workbench.core.errors import FieldError
from workbench.core.expressions import Value


@form
class Settings(Form):
    """How long, how and from which seed a run trains."""

    epochs: int = param(10, "How often training goes through the training examples.", min=1, max=1_000_000)
    batch_size: int = param(64, "How many examples one step uses.", min=1, max=1_000_000)
    steps: int = param(
        0,
        "Stop after this many steps; 0 means after the epochs.",
        min=0,
        label="Most steps",
        unset="no limit",
    )
    seed: int = param(
        0, "Start of all random numbers: the same seed gives the same run.", min=0, max=2**31 - 1
    )
    patience: int = param(
        0,
        "Early stopping: end after so many epochs without a better validation result; 0 means never.",
        min=0,
        label="Early stopping",
        unset="off",
    )
    monitor: str = param(
        "",
        "Which validation figure decides the best checkpoint and early stopping, such as accuracy; "
        "empty means the first metric, or else the loss.",
        label="Best by",
        unset="automatic",
    )
    ema_decay: float = param(
        0.0,
        "Average the weights over the latest steps (exponential moving average; Polyak & Juditsky, 1992): at each step "
        "the mean keeps this share of itself, such as 0.999 for the last thousand steps or so, but never reaches back "
        "over more than a ninth of the steps so far. What is validated, tested and kept is the mean, which is mostly a "
        "little better than the last weights.",
        min=0,
        max=0.999999,
        label="Weight averaging",
        unset="off",
    )
    weights: str = param(
        "",
        "Weights to start from: those of a run, as run:7, or a .safetensors file. Every weight whose name and shape "
        "fit is taken over, the others begin by chance; the run's log says which. Empty: all begin by chance.",
        label="Start from",
        unset="chance",
    )


class Optimizer(Form):
    """A rule that turns gradients into changes of the weights."""

    torch: ClassVar[str] = ""


@form
class Adam(Optimizer):
    """Adaptive steps per weight; a good first choice (Kingma & Ba, 2015)."""

    torch: ClassVar[str] = "torch.optim.Adam"
    lr: float = param(0.001, "Learning rate: size of a step.", min=0, required=True, label="Learning rate")
    beta1: float = param(0.9, "Memory of the mean gradient.", min=0, max=0.999999)
    beta2: float = param(0.999, "Memory of the squared gradient.", min=0, max=0.999999)
    weight_decay: float = param(0.0, "Pull of the weights towards zero.", min=0)


@form
class AdamW(Adam):
    """Adam whose weight decay does not pass through the adaptive step (Loshchilov & Hutter, 2019)."""

    torch: ClassVar[str] = "torch.optim.AdamW"
    weight_decay: float = param(0.01, "Pull of the weights towards zero.", min=0)


@form
class SGD(Optimizer):
    """Plain steps against the gradient, with momentum where wanted (Robbins & Monro, 1951)."""

    torch: ClassVar[str] = "torch.optim.SGD"
    lr: float = param(0.01, "Learning rate: size of a step.", min=0, required=True, label="Learning rate")
    momentum: float = param(0.0, "Share of the last step that goes on.", min=0, max=0.999999)
    nesterov: bool = param(False, "Look ahead along the momentum. Needs momentum.")
    weight_decay: float = param(0.0, "Pull of the weights towards zero.", min=0)


@form
class RMSprop(Optimizer):
    """Divides each step by a moving mean of the gradient's size (Tieleman & Hinton, 2012)."""

    torch: ClassVar[str] = "torch.optim.RMSprop"
    lr: float = param(0.01, "Learning rate: size of a step.", min=0, required=True, label="Learning rate")
    alpha: float = param(0.99, "Memory of the squared gradient.", min=0, max=0.999999)
    momentum: float = param(0.0, "Share of the last step that goes on.", min=0, max=0.999999)
    centered: bool = param(False, "Divide by the spread of the gradient around its mean.")
    weight_decay: float = param(0.0, "Pull of the weights towards zero.", min=0)


@form
class Adagrad(Optimizer):
    """Smaller steps for weights that had large gradients so far; for rare features (Duchi et al., 2011)."""

    torch: ClassVar[str] = "torch.optim.Adagrad"
    lr: float = param(0.01, "Learning rate: size of a step.", min=0, required=True, label="Learning rate")
    lr_decay: float = param(0.0, "How fast the learning rate falls with the steps.", min=0)
    weight_decay: float = param(0.0, "Pull of the weights towards zero.", min=0)


class Schedule(Form):
    """How the learning rate changes while training: with every step, or by a figure at the end of every epoch."""

    by_figure: ClassVar[bool] = False

    def fitted(self, optimizer: Optimizer, rising: bool) -> "Schedule":
        """The schedule for an optimiser, and for a figure that should rise or fall."""
        return self

    def prepare(self, factors: Sequence[float] = ()) -> list[str]:
        """Lines of the program before `code`, where that needs several."""
        return []

    def code(self, factors: Sequence[float] = ()) -> str:
        """The scheduler as the program writes it, over `optimizer`, `steps` and `epoch_steps`; "" for none.

        `factors` are those of the optimiser's groups, where it has several learning rates.
        """
        raise NotImplementedError(type(self).__name__)


@form
class Constant(Schedule):
    """The learning rate stays as it is."""

    def code(self, factors: Sequence[float] = ()) -> str:
        return ""


@form
class StepLR(Schedule):
    """Multiplies the learning rate by gamma after every so many epochs."""

    step_size: int = param(10, "Epochs between two reductions.", min=1)
    gamma: float = param(0.1, "Factor of each reduction.", min=0, max=1)

    def code(self, factors: Sequence[float] = ()) -> str:
        size = f"{self.step_size} * epoch_steps"
        return f"torch.optim.lr_scheduler.StepLR(optimizer, step_size={size}, gamma={self.gamma!r})"


@form
class MultiStepLR(Schedule):
    """Multiplies the learning rate by gamma after each of the given epochs (He et al., 2016)."""

    milestones: tuple[int, ...] = param((5, 8), "Epochs after which the learning rate is reduced.", min=1)
    gamma: float = param(0.1, "Factor of each reduction.", min=0, max=1)

    def prepare(self, factors: Sequence[float] = ()) -> list[str]:
        return [f"milestones = [{', '.join(f'{epoch} * epoch_steps' for epoch in self.milestones)}]"]

    def code(self, factors: Sequence[float] = ()) -> str:
        return f"torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, gamma={self.gamma!r})"


@form
class ExponentialLR(Schedule):
    """Multiplies the learning rate by gamma after every epoch."""

    gamma: float = param(0.95, "Factor of each epoch.", min=0, max=1)

    def code(self, factors: Sequence[float] = ()) -> str:
        return f"torch.optim.lr_scheduler.StepLR(optimizer, step_size=epoch_steps, gamma={self.gamma!r})"


def _falling(steps: str, lowest: float, factors: Sequence[float]) -> str:
    """Half a cosine down. Torch's own ends all groups at one rate, to which that of a slow one would have to rise."""
    schedules = "torch.optim.lr_scheduler"
    if not factors or not lowest:
        return f"{schedules}.CosineAnnealingLR(optimizer, T_max={steps}, eta_min={lowest!r})"
    share = "least + (1 - least) * (1 + math.cos(turn * step)) / 2"
    return f"{schedules}.LambdaLR(optimizer, lambda step: {share})"


def _least(steps: str, lowest: float, factors: Sequence[float]) -> list[str]:
    """What that takes before it."""
    if not factors or not lowest:
        return []
    return [f'least = {lowest!r} / optimizer.defaults["lr"]', f"turn = math.pi / max({steps}, 1)"]


@form
class CosineAnnealingLR(Schedule):
    """Lowers the learning rate along half a cosine until the end (Loshchilov & Hutter, 2017)."""

    eta_min: float = param(
        0.0, "Learning rate at the end; of a part with a rate of its own, that share of it.", min=0
    )

    def prepare(self, factors: Sequence[float] = ()) -> list[str]:
        return _least("steps", self.eta_min, factors)

    def code(self, factors: Sequence[float] = ()) -> str:
        return _falling("steps", self.eta_min, factors)


@form
class OneCycleLR(Schedule):
    """Raises the learning rate to a peak, then lowers it far below the start (Smith & Topin, 2018).

    A momentum, or beta1, of 0.9 goes the other way, from 0.95 to 0.85 and back; any other stays as it is set.
    """

    max_lr: float = param(0.01, "Learning rate at the peak.", min=0)
    pct_start: float = param(0.3, "Share of the steps until the peak.", min=0, max=1)
    cycle_momentum: bool = param(True, "", kind="hidden")

    def fitted(self, optimizer: Optimizer, rising: bool) -> Schedule:
        momentum = getattr(optimizer, "beta1", getattr(optimizer, "momentum", 0.0))
        return self.with_values(cycle_momentum=momentum == 0.9)

    def code(self, factors: Sequence[float] = ()) -> str:
        peaks = [repr(self.max_lr) if factor == 1 else f"{self.max_lr!r} * {factor!r}" for factor in factors]
        peak = f"[{', '.join(peaks)}]" if peaks else repr(self.max_lr)
        return (
            f"torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr={peak}, "
            f"total_steps=steps, pct_start={self.pct_start!r}{'' if self.cycle_momentum else ', cycle_momentum=False'})"
        )


@form
class LinearWarmupCosineAnnealingLR(Schedule):
    """Raises the learning rate along a line, then lowers it along half a cosine until the end, as GPT does."""

    warmup_ratio: float = param(0.05, "Share of the steps until the peak.", min=0, max=1)
    warmup_steps: int = param(0, "Steps until the peak, in place of a share.", min=0, unset="by share")
    eta_min: float = param(
        0.0, "Learning rate at the end; of a part with a rate of its own, that share of it.", min=0
    )

    def prepare(self, factors: Sequence[float] = ()) -> list[str]:
        wanted = str(self.warmup_steps) if self.warmup_steps else f"round({self.warmup_ratio!r} * steps)"
        schedules = "torch.optim.lr_scheduler"
        return [
            f"warmup = min({wanted}, steps - 1)",
            *_least("steps - warmup", self.eta_min, factors),
            f"rise = {schedules}.LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)",
            f"fall = {_falling('steps - warmup', self.eta_min, factors)}",
        ]

    def code(self, factors: Sequence[float] = ()) -> str:
        return "torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, fall], milestones=[warmup])"


@form
class ReduceLROnPlateau(Schedule):
    """Lowers the learning rate when the figure that decides the best epoch no longer gets better."""

    by_figure: ClassVar[bool] = True

    factor: float = param(0.1, "Factor of each reduction.", min=0, max=0.999999)
    patience: int = param(10, "Epochs without a better figure that are let pass.", min=0)
    threshold: float = param(1e-4, "By which share of the figure better counts as better.", min=0)
    cooldown: int = param(0, "Epochs after a reduction that are not counted.", min=0)
    min_lr: float = param(0.0, "Learning rate below which it is not lowered.", min=0)
    mode: str = param("min", "", kind="hidden")

    def fitted(self, optimizer: Optimizer, rising: bool) -> Schedule:
        return self.with_values(mode="max" if rising else "min")

    def code(self, factors: Sequence[float] = ()) -> str:
        values = [f'mode="{self.mode}"', f"factor={self.factor!r}", f"patience={self.patience}"]
        for name, usual in (("threshold", 1e-4), ("cooldown", 0)):
            if getattr(self, name) != usual:
                values.append(f"{name}={getattr(self, name)!r}")
        if self.min_lr:
            least = [self.min_lr * factor for factor in factors]
            values.append(f"min_lr={least or self.min_lr!r}")
        return f"torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, {', '.join(values)})"


OPTIMIZERS: Mapping[str, type[Optimizer]] = {
    "Adam": Adam,
    "AdamW": AdamW,
    "SGD": SGD,
    "RMSprop": RMSprop,
    "Adagrad": Adagrad,
}
SCHEDULES: Mapping[str, type[Schedule]] = {
    "Constant": Constant,
    "StepLR": StepLR,
    "MultiStepLR": MultiStepLR,
    "ExponentialLR": ExponentialLR,
    "CosineAnnealingLR": CosineAnnealingLR,
    "LinearWarmupCosineAnnealingLR": LinearWarmupCosineAnnealingLR,
    "OneCycleLR": OneCycleLR,
    "ReduceLROnPlateau": ReduceLROnPlateau,
}


def optimizer(values: Mapping[str, Value]) -> Optimizer:
    """The optimiser that `{"type": "Adam", "lr": 0.001}` means. Raises FieldError."""
    made = fill(_chosen(OPTIMIZERS, values, "Adam", "optimizer"), _without_type(values))
    if isinstance(made, SGD) and made.nesterov and not made.momentum:
        raise FieldError("nesterov", "Nesterov needs a momentum above 0.")
    return made


def schedule(values: Mapping[str, Value]) -> Schedule:
    """The schedule that `{"type": "CosineAnnealingLR"}` means; {} is constant. Raises FieldError."""
    return fill(_chosen(SCHEDULES, values, "Constant", "schedule"), _without_type(values))


def setting_name(name: str) -> str:
    """`training.updates.UPDATE.gamma`, as tables of runs say it, with the schedule that has such a field."""
    parts = name.split(".")
    if len(parts) != 4 or parts[:2] != ["training", "updates"] or _fields(OPTIMIZERS, parts[3]):
        return name
    return ".".join([*parts[:3], "schedule", parts[3]]) if _fields(SCHEDULES, parts[3]) else name


def _fields(kinds: Mapping[str, type[Form]], name: str) -> bool:
    """Whether one of them has such a field."""
    return any(entry.name == name for kind in kinds.values() for entry in fields_of(kind))


def optimizer_arguments(made: Optimizer) -> dict[str, Value]:
    """Constructor arguments that differ from torch's defaults, and the learning rate."""
    values = {
        entry.name: getattr(made, entry.name)
        for entry in fields_of(type(made))
        if entry.required or getattr(made, entry.name) != entry.default
    }
    if isinstance(made, Adam) and ("beta1" in values or "beta2" in values):
        values.pop("beta1", None)
        values.pop("beta2", None)
        values["betas"] = (made.beta1, made.beta2)
    return values


F = TypeVar("F", bound=Form)


def _chosen(known: Mapping[str, type[F]], values: Mapping[str, Value], default: str, what: str) -> type[F]:
    name = values.get("type", default)
    if name not in known:
        raise FieldError("type", f"“{name}” is not a known {what} (known: {', '.join(known)}).")
    return known[str(name)]


def _without_type(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if name != "type"}
