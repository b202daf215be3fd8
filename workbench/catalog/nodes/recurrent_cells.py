"""Single steps of recurrent layers, for what happens between two of them. Imports catalog.spec, weights and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import Call, Open, example, known, node
from workbench.catalog.weights import Biased
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

_EXAMPLES = (
    example(("N", 5), hidden_size=6),
    example(("N", 5), ("N", 6), hidden_size=6, bias=False),
    example(("N", 5), hidden_size=6, weight_init="orthogonal", bias_init="zeros"),
)


@form
class _Cell(Open, Biased):
    """What the cells have in common; `gates` is how many matrices a step multiplies."""

    gates: ClassVar[int] = 1
    weights = ("weight_ih", "weight_hh")
    biases = ("bias_ih", "bias_hh")

    hidden_size: int = param(128, "Length of the state.", min=1, max=100_000, required=True)
    bias: bool = param(True, "Add learned constants.")

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"input_size": known(specs[0].shape[-1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        x, named = specs[0], self.named(specs)
        expect.numbers(x, "x", "vectors N×F")
        if x.rank != 2:
            raise ShapeError(f"expects one step of a sequence, N×F, got {x}", "x")
        expect.sized(x, 1, "features")
        state = x.with_shape(x.shape[0], self.hidden_size)
        for name in self.outputs:
            if name in named and named[name] != state:
                single = named[name].rank == 2 and named[name].dtype == "float"
                raise ShapeError(
                    f"expects what the step before gave, {state}, got {named[name]}",
                    name,
                    insert="Linear" if single else "",
                    fields={"out_features": self.hidden_size},
                )
        states = (state,) * len(self.outputs)
        return states if len(states) > 1 else state

    def matrices(self, features: int) -> int:
        """Numbers in all matrices, without biases."""
        return self.gates * self.hidden_size * (features + self.hidden_size)

    def parameters(self, *specs: TensorSpec) -> int:
        biases = 2 * self.gates * self.hidden_size
        return self.matrices(known(specs[0].shape[-1])) + biases * self.bias

    def operations(self, *specs: TensorSpec) -> int:
        return self.matrices(known(specs[0].shape[-1]))

    def summary(self) -> str:
        return f"{self.hidden_size} units"


@node(
    "Recurrent cell (RNN)",
    "nn.RNNCell",
    family="layer",
    inputs=("x", "state"),
    outputs=("state",),
    optional=("state",),
    aliases=("elman", "step", "loop", "decoder"),
    examples=(*_EXAMPLES, example(("N", 5), hidden_size=6, nonlinearity="relu")),
)
class RNNCell(_Cell):
    """One step of a recurrent layer.

    **Formula** h' = tanh(W x + b + U h + c)

    **Shapes** x N×F, state N×hidden (zero where nothing is linked) → state N×hidden. Parameters:
    hidden·(F + hidden + 2).

    **Use when** something happens between two steps, in a loop: what was said goes in again, or attention looks back.

    **Alternatives** RNN, which reads a whole sequence at once and is much faster; GRUCell and LSTMCell remember longer.

    **Reference** Elman 1990, Finding structure in time; torch.nn.RNNCell.
    """

    nonlinearity: str = param("tanh", "The activation of the state.", choices=("tanh", "relu"))


@node(
    "LSTM cell",
    "nn.LSTMCell",
    family="layer",
    inputs=("x", "state", "cell"),
    outputs=("state", "cell"),
    optional=("state", "cell"),
    aliases=("long short-term memory", "step", "loop", "decoder"),
    examples=(
        example(("N", 5), hidden_size=6),
        example(("N", 5), ("N", 6), ("N", 6), hidden_size=6, bias=False),
        example(("N", 5), ("N", 6), hidden_size=6, linked=("x", "state")),
        example(("N", 5), ("N", 6), hidden_size=6, linked=("x", "cell"), weight_init="orthogonal"),
    ),
)
class LSTMCell(_Cell):
    """One step of an LSTM.

    **Formula** i, f, o = σ(W x + U h + b) each; g = tanh(W x + U h + b); c' = f·c + i·g; h' = o·tanh(c')

    **Shapes** x N×F, state and cell N×hidden (zero where nothing is linked) → state and cell N×hidden. Parameters:
    4·hidden·(F + hidden + 2).

    **Use when** something happens between two steps, in a loop: what was said goes in again, or attention looks back.

    **Alternatives** LSTM, which reads a whole sequence at once and is much faster; GRUCell has one state only.

    **Reference** Hochreiter and Schmidhuber 1997, Long short-term memory; torch.nn.LSTMCell.
    """

    gates = 4

    def forward(self, call: Call) -> list[str]:
        named = self.named(call.inputs)
        given = [named[port] for port in self.outputs if port in named]
        zeros = f"torch.zeros_like({given[0]})" if given else ""
        states = ", ".join(named.get(port, zeros) for port in self.outputs)
        inputs = f"{named['x']}, ({states})" if given else named["x"]
        return [f"{', '.join(call.outputs)} = {call.module}({inputs})"]


@node(
    "GRU cell",
    "nn.GRUCell",
    family="layer",
    inputs=("x", "state"),
    outputs=("state",),
    optional=("state",),
    aliases=("gated recurrent unit", "step", "loop", "decoder"),
    examples=_EXAMPLES,
)
class GRUCell(_Cell):
    """One step of a GRU.

    **Formula** r, z = σ(W x + U h + b) each; n = tanh(W x + b + r·(U h + c)); h' = (1 − z)·n + z·h

    **Shapes** x N×F, state N×hidden (zero where nothing is linked) → state N×hidden. Parameters:
    3·hidden·(F + hidden + 2).

    **Use when** something happens between two steps, in a loop: what was said goes in again, or attention looks back.

    **Alternatives** GRU, which reads a whole sequence at once and is much faster; LSTMCell.

    **Reference** Cho et al. 2014, Learning phrase representations using RNN encoder-decoder; torch.nn.GRUCell.
    """

    gates = 3
