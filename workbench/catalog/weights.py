"""First values of learned weights, chosen for each node. Imports catalog.forms and spec."""

import re
from collections.abc import Mapping
from typing import ClassVar

from workbench.catalog.forms import form, param
from workbench.catalog.spec import NodeType
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

_SECTION = "First weights"
_CALLS = {  # functions of torch.nn.init, and the usual scale
    "zeros": ("zeros_({tensor})", 0.0),
    "constant": ("constant_({tensor}, {scale})", 1.0),
    "normal": ("normal_({tensor}, std={scale})", 0.02),
    "truncated normal": ("trunc_normal_({tensor}, std={scale}, a={low}, b={high})", 0.02),
    "uniform": ("uniform_({tensor}, {low}, {high})", 0.05),
    "xavier uniform": ("xavier_uniform_({tensor}, gain={scale})", 1.0),
    "xavier normal": ("xavier_normal_({tensor}, gain={scale})", 1.0),
    "he uniform": ('kaiming_uniform_({tensor}, nonlinearity="relu")', 0.0),
    "he normal": ('kaiming_normal_({tensor}, nonlinearity="relu")', 0.0),
    "he normal (outputs)": ('kaiming_normal_({tensor}, mode="fan_out", nonlinearity="relu")', 0.0),
    "orthogonal": ("orthogonal_({tensor}, gain={scale})", 1.0),
}


@form
class Weighted(NodeType):
    """Base of node types whose first weights can be chosen; `weights` names the module's tensors."""

    weights: ClassVar[tuple[str, ...]] = ("weight",)

    weight_init: str = param(
        "default",
        "How the weights begin; default is what torch does for this layer.",
        choices=("default", *_CALLS),
        section=_SECTION,
        argument=False,
        label="Weights",
    )
    weight_scale: float = param(
        0.0,
        "The constant, the standard deviation, the bound, or the gain (Xavier, orthogonal); 0 for the usual one.",
        min=0,
        section=_SECTION,
        argument=False,
        label="Scale",
        unset="usual",
    )

    def weights_of(self, *specs: TensorSpec) -> tuple[str, ...]:
        """Names of the module's weights; a type whose inputs decide them overrides this."""
        return self.weights

    def initialise(self, module: str, *specs: TensorSpec) -> list[str]:
        if self.weight_init == "default":
            return []
        usual = _CALLS[self.weight_init][1]
        names = self.weights_of(*specs)
        return [_line(self.weight_init, f"{module}.{name}", self.weight_scale or usual) for name in names]


@form
class Biased(Weighted):
    """Base of node types that have biases too, unless a field `bias` is off."""

    biases: ClassVar[tuple[str, ...]] = ("bias",)

    bias_init: str = param(
        "default",
        "How the biases begin; default is what torch does for this layer.",
        choices=("default", "zeros", "constant"),
        section=_SECTION,
        argument=False,
        label="Biases",
    )
    bias_value: float = param(
        1.0,
        "The value of constant biases.",
        section=_SECTION,
        argument=False,
        label="Value of biases",
    )

    def biases_of(self, *specs: TensorSpec) -> tuple[str, ...]:
        """Names of the module's biases; a type whose fields decide them overrides this."""
        return self.biases

    def initialise(self, module: str, *specs: TensorSpec) -> list[str]:
        lines = super().initialise(module, *specs)
        if self.bias_init == "default" or not getattr(self, "bias", True):
            return lines
        names = self.biases_of(*specs)
        return lines + [_line(self.bias_init, f"{module}.{name}", self.bias_value) for name in names]


@form
class Scaled(Weighted):
    """Base of normalisations: their weights are scales, one for each channel or feature. There are none where a field
    `affine` or `elementwise_affine` is off.
    """

    weight_init: str = param(
        "default",
        "How the scales begin; default is 1, and with zeros a residual branch begins as nothing.",
        choices=("default", "zeros", "constant"),
        section=_SECTION,
        argument=False,
        label="Scales",
    )
    weight_scale: float = param(
        0.0,
        "The value of constant scales; 0 for 1.",
        min=0,
        section=_SECTION,
        argument=False,
        label="Value of scales",
        unset="usual",
    )

    def learned(self) -> bool:
        """Whether there are scales at all."""
        return bool(getattr(self, "affine", getattr(self, "elementwise_affine", True)))

    def weights_of(self, *specs: TensorSpec) -> tuple[str, ...]:
        return self.weights if self.learned() else ()


@form
class ScaledAndBiased(Scaled, Biased):
    """Base of normalisations that learn an offset, too."""

    def biases_of(self, *specs: TensorSpec) -> tuple[str, ...]:
        return self.biases if self.learned() else ()


_ONLY_WITH = {"average_attn_weights": "need_weights"}
"""Fields that say how something is given out, by the field that gives it out."""


def unused(values: Mapping[str, Value]) -> frozenset[str]:
    """Fields that change nothing as all fields of a node are set, such as those of first weights that it has not."""
    learned = values.get("bias") is not False
    scales = all(values.get(name) is not False for name in ("affine", "elementwise_affine"))
    how = values.get("weight_init", "default")
    found = {name for name, other in _ONLY_WITH.items() if values.get(other) is False}
    if not scales:
        found |= {"weight_init", "weight_scale"}
    elif how == "default" or (how in _CALLS and not re.search("{scale}|{low}", _CALLS[str(how)][0])):
        found.add("weight_scale")
    if not (learned and scales):
        found |= {"bias_init", "bias_value"}
    elif values.get("bias_init") in ("default", "zeros"):
        found.add("bias_value")
    return frozenset(found) & values.keys()


def _line(how: str, tensor: str, scale: float) -> str:
    text, _ = _CALLS[how]
    # A truncated normal is cut at two standard deviations, a uniform one at its bound.
    bound = 2 * scale if how == "truncated normal" else scale
    return "nn.init." + text.format(tensor=tensor, scale=repr(scale), low=repr(-bound), high=repr(bound))
