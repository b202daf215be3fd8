"""Recurrent layers over sequences N×L×F. Imports catalog.spec, weights, padding and core."""

from collections.abc import Mapping
from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.padding import check_length
from workbench.catalog.recurrence import Pass, carrying
from workbench.catalog.spec import Call, Example, Open, example, known, node
from workbench.catalog.weights import Biased
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

_LENGTH = TensorSpec(("N",), "index", 8)
_EXAMPLES = (
    example(("N", 7, 5), hidden_size=6),
    example(("N", "L", 4), hidden_size=3, num_layers=2, bidirectional=True, dropout=0.1),
    example(("N", "L", 4), hidden_size=3, bias=False),
    example(("N", "L", 4), _LENGTH, linked=("x", "length"), hidden_size=3, num_layers=2),
    example(
        ("N", "L", 4), ("N", 4, 3), linked=("x", "state"), hidden_size=3, num_layers=2, bidirectional=True
    ),
)


def _with_state(*more: str) -> Example:
    """An example that goes on from a state and gives out its own."""
    states = [("N", 6)] * (1 + len(more))
    return example(("N", 7, 5), *states, linked=("x", "state", *more), hidden_size=6, states=True)


@form
class _Recurrent(Open, Biased):
    """What RNN, LSTM and GRU have in common; `gates` is how many matrices each step multiplies."""

    gates: ClassVar[int] = 1

    hidden_size: int = param(
        128, "Length of the state, and so of the output.", min=1, max=100_000, required=True
    )
    num_layers: int = param(1, "How many layers stand on each other.", min=1, max=1000)
    bias: bool = param(True, "Add learned constants.")
    dropout: float = param(0.0, "Share of the numbers between layers that become zero.", min=0, max=1)
    bidirectional: bool = param(
        False, "Also read the sequence backwards. Not for predicting what comes next."
    )
    states: bool = param(
        False,
        "Give out the last state of every layer, for one that goes on from it.",
        argument=False,
    )
    carry: bool = param(
        False,
        "Begin each batch with the end of the one before, without its gradient (truncated BPTT); for data in order.",
        argument=False,
        label="Keep its state",
    )
    recurrent_init: str = param(
        "as the others",
        "How the weights from step to step begin; orthogonal ones keep the size of a state.",
        choices=("as the others", "orthogonal"),
        section="First weights",
        argument=False,
        label="Recurrent weights",
    )

    def output_ports(self) -> tuple[str, ...]:
        return (*self.outputs, "state") if self.states else self.outputs

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"input_size": known(specs[0].shape[-1])}

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        return {**super().arguments(*specs), "batch_first": True}

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, named = specs[0], self.named(specs)
        length, _ = expect.sequences(x)
        if self.dropout and self.num_layers == 1:
            raise ShapeError(
                "dropout acts between layers, and there is only one", "", change=("num_layers", 2)
            )
        if "length" in named:
            check_length(named["length"], x)
        if self.carry:
            self._check_carry(named)
        carried = {name: self._carried(x, size) for name, size in self.carried().items()}
        for name, wanted in carried.items():
            if name in named and named[name] != wanted:
                raise self._wrong(name, named[name], wanted)
        width = self.width * self.directions
        outputs = (x.with_shape(x.shape[0], length, width), x.with_shape(x.shape[0], width))
        return (*outputs, *carried.values()) if self.states else outputs

    def module(self) -> tuple[str, str]:
        return carrying(type(self).__name__, tuple(self.carried())) if self.carry else super().module()

    def _check_carry(self, named: Mapping[str, TensorSpec]) -> None:
        """A layer that keeps its state begins with nothing else, and every step is followed by the next batch."""
        change = ("carry", False)
        if self.bidirectional:
            raise ShapeError(
                "reading backwards, it cannot keep its state for the batch that follows", "", change=change
            )
        for name in ("length", *self.carried()):
            if name in named:
                what = (
                    "sequences that end have none that follow" if name == "length" else "it has one already"
                )
                raise ShapeError(f"cannot keep its state: {what}", name, change=change)

    def _wrong(self, name: str, found: TensorSpec, wanted: TensorSpec) -> ShapeError:
        what = "one state" if wanted.rank == 2 else "a state for each layer and direction"
        single = found.rank == wanted.rank == 2 and found.dtype == "float"
        return ShapeError(
            f"expects {what} to begin with, {wanted}, got {found}",
            name,
            insert="Linear" if single else "",
            fields={"out_features": known(wanted.shape[1])} if single else None,
        )

    def _carried(self, x: TensorSpec, size: int) -> TensorSpec:
        return x.with_shape(x.shape[0], *([self.depth] if self.depth > 1 else []), size)

    def carried(self) -> dict[str, int]:
        """What goes from step to step, and how long it is."""
        return {"state": self.width}

    @property
    def width(self) -> int:
        """Length of what a step gives out in one direction."""
        return self.hidden_size

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def depth(self) -> int:
        """How many states there are."""
        return self.num_layers * self.directions

    def matrices(self, features: int) -> int:
        """Numbers in all matrices, without biases."""
        first = features + self.width
        later = self.width * self.directions + self.width
        rows = first + (self.num_layers - 1) * later
        return self.gates * self.hidden_size * rows * self.directions

    def parameters(self, *specs: TensorSpec) -> int:
        biases = 2 * self.gates * self.hidden_size * self.depth
        return self.matrices(known(specs[0].shape[-1])) + biases * self.bias

    def operations(self, *specs: TensorSpec) -> int:
        return self.matrices(known(specs[0].shape[-1])) * known(specs[0].shape[1])

    def _each(self, *kinds: str) -> tuple[str, ...]:
        """Names of the module's tensors: of each layer, and the same backwards."""
        ends = [
            f"_l{layer}{way}"
            for layer in range(self.num_layers)
            for way in ("", "_reverse")[: self.directions]
        ]
        return tuple(f"{kind}{end}" for end in ends for kind in kinds)

    def weights_of(self, *specs: TensorSpec) -> tuple[str, ...]:
        return self._each("weight_ih", "weight_hh")

    def biases_of(self, *specs: TensorSpec) -> tuple[str, ...]:
        return self._each("bias_ih", "bias_hh")

    def initialise(self, module: str, *specs: TensorSpec) -> list[str]:
        lines = super().initialise(module, *specs)
        if self.recurrent_init == "orthogonal":  # each gate for itself
            for name in self._each("weight_hh"):
                whole = f"{module}.{name}"
                gates = [f"{whole}.data.chunk({self.gates})[{gate}]" for gate in range(self.gates)]
                lines += [f"nn.init.orthogonal_({gate})" for gate in (gates if self.gates > 1 else [whole])]
        return lines

    def forward(self, call: Call) -> list[str]:
        outputs = dict(zip(self.output_ports(), call.outputs, strict=True))
        inputs = self.named(call.inputs)
        return Pass(call.module, inputs, outputs, self.carried(), self.depth, self.bidirectional).lines()

    def summary(self) -> str:
        words = [f"{self.hidden_size} units"]
        if self.num_layers > 1:
            words.append(f"{self.num_layers} layers")
        if self.bidirectional:
            words.append("both ways")
        return " · ".join(words)


@node(
    "Recurrent layer (RNN)",
    "nn.RNN",
    family="layer",
    inputs=("x", "length", "state"),
    outputs=("y", "last"),
    optional=("length", "state"),
    aliases=("elman", "recurrent", "sequence", "simple rnn"),
    examples=(
        *_EXAMPLES,
        _with_state(),
        example(("N", 7, 5), hidden_size=6, nonlinearity="relu", recurrent_init="orthogonal"),
    ),
)
class RNN(_Recurrent):
    """Reads a sequence step by step and keeps a state.

    **Formula** h_t = tanh(W x_t + b + U h_{t−1} + c)

    **Shapes** x N×L×F → y N×L×hidden (the state after each step), last N×hidden (the last state of the last layer);
    twice as wide when bidirectional. length N: how many steps
    count; y is 0 behind them and last is the state at the end of each. state to begin with, and with `states` to end
    with: N×hidden, or N×(layers · directions)×hidden. Parameters: hidden·(F + hidden + 2) for one layer.

    **Use when** sequences are short, or to see what LSTM and GRU improve.

    **Alternatives** LSTM and GRU remember longer; attention sees everything at once.

    **Reference** Elman 1990, Finding structure in time.
    """

    nonlinearity: str = param("tanh", "The activation of the state.", choices=("tanh", "relu"))


@node(
    "LSTM",
    "nn.LSTM",
    family="layer",
    inputs=("x", "length", "state", "cell"),
    outputs=("y", "last"),
    optional=("length", "state", "cell"),
    aliases=("long short-term memory", "recurrent", "rnn", "sequence", "time series", "text"),
    examples=(
        *_EXAMPLES,
        _with_state("cell"),
        example(("N", 7, 5), hidden_size=6, proj_size=4, num_layers=2, weight_init="xavier uniform"),
        example(("N", 7, 5), ("N", 4), linked=("x", "state"), hidden_size=6, proj_size=4, states=True),
    ),
)
class LSTM(_Recurrent):
    """Reads a sequence step by step with a memory that gates write, keep and read.

    **Formula** i, f, o = σ(W x_t + U h_{t−1} + b) each; g = tanh(W x_t + U h_{t−1} + b);
    c_t = f·c_{t−1} + i·g; h_t = o·tanh(c_t)

    **Shapes** x N×L×F → y N×L×hidden (the state after each step), last N×hidden (the last state of the last layer);
    twice as wide when bidirectional. length N: how many steps
    count; y is 0 behind them and last is the state at the end of each. state to begin with, and with `states` to end
    with: N×hidden, or N×(layers · directions)×hidden. Parameters: 4·hidden·(F + hidden + 2) for one layer.

    **Use when** what came long before matters: text, time series, rows of an image. Link `last` for one answer a
    sequence, `y` for one a step.

    **Alternatives** GRU has fewer weights; attention sees everything at once and trains faster on a GPU.

    **Reference** Hochreiter and Schmidhuber 1997, Long short-term memory.
    """

    gates = 4

    proj_size: int = param(
        0,
        "Length to which each output is brought by a further matrix; 0 for none.",
        min=0,
        max=100_000,
        unset="none",
    )

    def output_ports(self) -> tuple[str, ...]:
        return (*super().output_ports(), "cell") if self.states else self.outputs

    @property
    def width(self) -> int:
        return self.proj_size or self.hidden_size

    def carried(self) -> dict[str, int]:
        return {"state": self.width, "cell": self.hidden_size}

    def matrices(self, features: int) -> int:
        return super().matrices(features) + self.proj_size * self.hidden_size * self.depth

    def weights_of(self, *specs: TensorSpec) -> tuple[str, ...]:
        projections = self._each("weight_hr") if self.proj_size else ()
        return (*super().weights_of(*specs), *projections)

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        if self.proj_size >= self.hidden_size:
            raise ShapeError(
                f"proj_size must be smaller than the {self.hidden_size} units",
                "",
                change=("proj_size", self.hidden_size // 2),
            )
        return super().infer(*specs)


@node(
    "GRU",
    "nn.GRU",
    family="layer",
    inputs=("x", "length", "state"),
    outputs=("y", "last"),
    optional=("length", "state"),
    aliases=("gated recurrent unit", "recurrent", "rnn", "sequence", "time series", "text"),
    examples=(*_EXAMPLES, _with_state()),
)
class GRU(_Recurrent):
    """Reads a sequence step by step; gates decide how much of the state is renewed.

    **Formula** r, z = σ(W x_t + U h_{t−1} + b) each; n = tanh(W x_t + b + r·(U h_{t−1} + c));
    h_t = (1 − z)·n + z·h_{t−1}

    **Shapes** x N×L×F → y N×L×hidden (the state after each step), last N×hidden (the last state of the last layer);
    twice as wide when bidirectional. length N: how many steps
    count; y is 0 behind them and last is the state at the end of each. state to begin with, and with `states` to end
    with: N×hidden, or N×(layers · directions)×hidden. Parameters: 3·hidden·(F + hidden + 2) for one layer.

    **Use when** as with LSTM, with a quarter fewer weights.

    **Alternatives** LSTM, attention.

    **Reference** Cho et al. 2014, Learning phrase representations using RNN encoder-decoder.
    """

    gates = 3
