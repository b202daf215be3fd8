"""Recurrent layers over sequences N×L×F. Imports catalog.spec and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import Call, NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

_EXAMPLES = (
    example(("N", 7, 5), hidden_size=6),
    example(("N", "L", 4), hidden_size=3, num_layers=2, bidirectional=True, dropout=0.1),
    example(("N", "L", 4), hidden_size=3, bias=False),
)


@form
class _Recurrent(NodeType):
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

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"input_size": known(specs[0].shape[-1])}

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        return {**super().arguments(*specs), "batch_first": True}

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, TensorSpec]:
        (x,) = specs
        length, _ = expect.sequences(x)
        if self.dropout and self.num_layers == 1:
            raise ShapeError(
                "dropout acts between layers, and there is only one", "", change=("num_layers", 2)
            )
        width = self.hidden_size * self.directions
        return x.with_shape(x.shape[0], length, width), x.with_shape(x.shape[0], width)

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    def weights(self, features: int) -> int:
        """Numbers in all matrices, without biases."""
        first = features + self.hidden_size
        later = self.hidden_size * self.directions + self.hidden_size
        rows = first + (self.num_layers - 1) * later
        return self.gates * self.hidden_size * rows * self.directions

    def parameters(self, *specs: TensorSpec) -> int:
        biases = 2 * self.gates * self.hidden_size * self.directions * self.num_layers
        return self.weights(known(specs[0].shape[-1])) + biases * self.bias

    def operations(self, *specs: TensorSpec) -> int:
        return self.weights(known(specs[0].shape[-1])) * known(specs[0].shape[1])

    def forward(self, call: Call) -> list[str]:
        return self.lines(call, call.outputs[1])

    def lines(self, call: Call, state: str) -> list[str]:
        """The call, whose second result is `state`, and the line that takes its last layer."""
        y, last = call.outputs
        lines = [f"{y}, {state} = {call.module}({call.inputs[0]})"]
        if last != "_":
            both = f"torch.cat(({last}[-2], {last}[-1]), dim=1)"
            lines.append(f"{last} = {both if self.bidirectional else f'{last}[-1]'}")
        return lines

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
    outputs=("y", "last"),
    aliases=("elman", "recurrent", "sequence", "simple rnn"),
    examples=(*_EXAMPLES, example(("N", 7, 5), hidden_size=6, nonlinearity="relu")),
)
class RNN(_Recurrent):
    """Reads a sequence step by step and keeps a state.

    **Formula** h_t = tanh(W x_t + b + U h_{t−1} + c)

    **Shapes** x N×L×F → y N×L×hidden (the state after each step), last N×hidden (the last state of the last layer);
    twice as wide when bidirectional. Parameters: hidden·(F + hidden + 2) for one layer.

    **Use when** sequences are short, or to see what LSTM and GRU improve.

    **Alternatives** LSTM and GRU remember longer; attention sees everything at once.

    **Reference** Elman 1990, Finding structure in time.
    """

    nonlinearity: str = param("tanh", "The activation of the state.", choices=("tanh", "relu"))


@node(
    "LSTM",
    "nn.LSTM",
    family="layer",
    outputs=("y", "last"),
    aliases=("long short-term memory", "recurrent", "rnn", "sequence", "time series", "text"),
    examples=_EXAMPLES,
)
class LSTM(_Recurrent):
    """Reads a sequence step by step with a memory that gates write, keep and read.

    **Formula** i, f, o = σ(W x_t + U h_{t−1} + b) each; g = tanh(W x_t + U h_{t−1} + b);
    c_t = f·c_{t−1} + i·g; h_t = o·tanh(c_t)

    **Shapes** x N×L×F → y N×L×hidden (the state after each step), last N×hidden (the last state of the last layer);
    twice as wide when bidirectional. Parameters: 4·hidden·(F + hidden + 2) for one layer.

    **Use when** what came long before matters: text, time series, rows of an image. Link `last` for one answer a
    sequence, `y` for one a step.

    **Alternatives** GRU has fewer weights; attention sees everything at once and trains faster on a GPU.

    **Reference** Hochreiter and Schmidhuber 1997, Long short-term memory.
    """

    gates = 4

    def forward(self, call: Call) -> list[str]:
        last = call.outputs[1]
        return self.lines(call, last if last == "_" else f"({last}, _)")


@node(
    "GRU",
    "nn.GRU",
    family="layer",
    outputs=("y", "last"),
    aliases=("gated recurrent unit", "recurrent", "rnn", "sequence", "time series", "text"),
    examples=_EXAMPLES,
)
class GRU(_Recurrent):
    """Reads a sequence step by step; gates decide how much of the state is renewed.

    **Formula** r, z = σ(W x_t + U h_{t−1} + b) each; n = tanh(W x_t + b + r·(U h_{t−1} + c));
    h_t = (1 − z)·n + z·h_{t−1}

    **Shapes** x N×L×F → y N×L×hidden (the state after each step), last N×hidden (the last state of the last layer);
    twice as wide when bidirectional. Parameters: 3·hidden·(F + hidden + 2) for one layer.

    **Use when** as with LSTM, with a quarter fewer weights.

    **Alternatives** LSTM, attention.

    **Reference** Cho et al. 2014, Learning phrase representations using RNN encoder-decoder.
    """

    gates = 3
