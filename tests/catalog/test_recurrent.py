"""Recurrent layers against torch's packed sequences, and states that go on from one layer to the next."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.catalog.running import built, filled, ran, specs_of
from tests.drawing import draw
from tests.programs import analysed, batch_of, call, live
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec

LAYERS = ("RNN", "GRU", "LSTM")
LENGTH = torch.tensor([7, 3, 1, 5])
NAMES = {"RNN": ("state",), "GRU": ("state",), "LSTM": ("state", "cell")}


def made(name: str, **params: Any) -> nn.RNNBase:
    torch.manual_seed(0)
    arguments = {key: value for key, value in params.items() if key != "states"}
    module = getattr(nn, name)(4, 5, batch_first=True, **arguments)
    assert isinstance(module, nn.RNNBase)
    return module


def x_of(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(7))


def packed(module: nn.RNNBase, x: Tensor, begin: Any = None) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Torch's own way."""
    pack = nn.utils.rnn.pack_padded_sequence(x, LENGTH, batch_first=True, enforce_sorted=False)
    found, ends = module(pack, begin)
    y, _ = nn.utils.rnn.pad_packed_sequence(found, batch_first=True, total_length=x.size(1))
    return y, ends if isinstance(ends, tuple) else (ends,)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("both_ways", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("states", [False, True])
def test_padding_is_ignored_as_by_packed_sequences(
    name: str, both_ways: bool, layers: int, states: bool
) -> None:
    params = {"bidirectional": both_ways, "num_layers": layers}
    module, x = made(name, **params), x_of(4, 7, 4)
    kind = filled(name, ("x", "length"), hidden_size=5, states=states, **params)
    wanted, ends = packed(module, x)
    found = ran(kind, module, x, LENGTH)
    torch.testing.assert_close(found["y"], wanted)
    top = torch.cat((ends[0][-2], ends[0][-1]), 1) if both_ways else ends[0][-1]
    torch.testing.assert_close(found["last"], top)
    for port, end in zip(NAMES[name] if states else (), ends, strict=False):
        torch.testing.assert_close(found[port], end[0] if len(end) == 1 else end.transpose(0, 1))
    padding = torch.arange(7) >= LENGTH[:, None]
    again = ran(kind, module, x + 9 * padding[:, :, None], LENGTH)
    for port in found:
        torch.testing.assert_close(again[port], found[port])


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("both_ways", [False, True])
def test_gradients_of_padded_sequences(name: str, both_ways: bool) -> None:
    module, x = made(name, bidirectional=both_ways), x_of(4, 7, 4)
    kind = filled(name, ("x", "length"), hidden_size=5, bidirectional=both_ways)
    given, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    torch.autograd.backward(ran(kind, module, given, LENGTH)["last"].square().sum())
    ends = packed(module, other)[1][0]
    torch.autograd.backward(ends[-2 if both_ways else -1 :].square().sum())
    torch.testing.assert_close(given.grad, other.grad)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("both_ways", [False, True])
def test_an_empty_sequence_gives_zeros(name: str, both_ways: bool) -> None:
    module, x = made(name, bidirectional=both_ways), x_of(4, 7, 4)
    kind = filled(name, ("x", "length"), hidden_size=5, bidirectional=both_ways, states=True)
    found = ran(kind, module, x, torch.tensor([0, 7, 0, 2]))
    for value in found.values():
        assert not value[0].any() and value[1].any()


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(("layers", "both_ways"), [(1, False), (2, False), (2, True)])
@pytest.mark.parametrize("padded", [False, True])
def test_a_state_goes_on_where_it_stopped(name: str, layers: int, both_ways: bool, padded: bool) -> None:
    params = {"bidirectional": both_ways, "num_layers": layers}
    module, x = made(name, **params), x_of(4, 7, 4)
    depth = layers * (1 + both_ways)
    begin = tuple(x_of(depth, 4, 5) + i for i in range(len(NAMES[name])))
    own = begin if name == "LSTM" else begin[0]
    wanted, ends = packed(module, x, own) if padded else module(x, own)
    ends = ends if isinstance(ends, tuple) else (ends,)
    given = [state[0] if depth == 1 else state.transpose(0, 1) for state in begin]
    kind = filled(
        name, ("x", *(["length"] if padded else []), *NAMES[name]), hidden_size=5, states=True, **params
    )
    found = ran(kind, module, x, *([LENGTH] if padded else []), *given)
    torch.testing.assert_close(found["y"], wanted)
    for port, end in zip(NAMES[name], ends, strict=True):
        torch.testing.assert_close(found[port], end[0] if depth == 1 else end.transpose(0, 1))


@pytest.mark.parametrize("name", LAYERS)
def test_two_halves_are_one_sequence(name: str) -> None:
    module, x = made(name, num_layers=2), x_of(4, 8, 4)
    kind = filled(name, hidden_size=5, num_layers=2, states=True)
    first = ran(kind, module, x[:, :3])
    onward = filled(name, ("x", *NAMES[name]), hidden_size=5, num_layers=2, states=True)
    second = ran(onward, module, x[:, 3:], *(first[port] for port in NAMES[name]))
    torch.testing.assert_close(torch.cat((first["y"], second["y"]), 1), module(x)[0])


def test_a_state_without_a_cell_begins_with_an_empty_one() -> None:
    module, x, state = made("LSTM", proj_size=3), x_of(4, 7, 4), x_of(4, 3)
    kind = filled("LSTM", ("x", "state"), hidden_size=5, proj_size=3)
    found = ran(kind, module, x, state)
    torch.testing.assert_close(found["y"], module(x, (state[None], torch.zeros(1, 4, 5)))[0])


@pytest.mark.parametrize("without", [("y",), ("last",), ("y", "last"), ("state", "cell"), ("last", "state")])
@pytest.mark.parametrize("padded", [False, True])
def test_what_is_not_linked_is_left_out(without: tuple[str, ...], padded: bool) -> None:
    module, x = made("LSTM"), x_of(4, 7, 4)
    kind = filled("LSTM", ("x", "length") if padded else ("x",), hidden_size=5, states=True)
    inputs = [x, LENGTH] if padded else [x]
    every = ran(kind, module, *inputs)
    for port, value in ran(kind, module, *inputs, without=without).items():
        torch.testing.assert_close(value, every[port])


def test_orthogonal_recurrent_weights_gate_by_gate() -> None:
    kind = filled("LSTM", hidden_size=6, num_layers=2, bidirectional=True, recurrent_init="orthogonal",
                  weight_init="xavier uniform", bias_init="constant", bias_value=0.5)  # fmt: skip
    module = built(kind, (TensorSpec(("N", 7, 5)),))
    names = [name for name, _ in module.named_parameters()]
    assert {f"{each}" for each in (*kind.weights_of(), *kind.biases_of())} == set(names)  # type: ignore[attr-defined]
    for name, weight in module.named_parameters():
        if "weight_hh" in name:
            for gate in weight.detach().chunk(4):
                torch.testing.assert_close(gate @ gate.T, torch.eye(6), atol=1e-5, rtol=0)
        if "bias" in name:
            assert set(weight.flatten().tolist()) == {0.5}


@pytest.mark.parametrize("name", LAYERS)
def test_a_cell_step_by_step_is_the_layer(name: str) -> None:
    module, x = made(name), x_of(4, 7, 4)
    cell = getattr(nn, f"{name}Cell")(4, 5)
    cell.load_state_dict({key.removesuffix("_l0"): value for key, value in module.state_dict().items()})
    state: dict[str, Tensor] = {}
    for t in range(7):
        kind = filled(f"{name}Cell", ("x", *state), hidden_size=5)
        state = ran(kind, cell, x[:, t], *state.values())
    torch.testing.assert_close(state["state"], module(x)[0][:, -1])


def test_an_encoder_hands_its_state_to_a_decoder() -> None:
    document = draw(
        """
        pairs Dataset dataset=phrases
        words1 Embedding embedding_dim=8 < pairs.source
        reader LSTM hidden_size=6 num_layers=2 states=true < words1 length:pairs.source_length
        words2 Embedding embedding_dim=8 < pairs.target
        writer LSTM hidden_size=6 num_layers=2 < words2 state:reader.state cell:reader.cell
        fc Linear out_features='= vocabulary' < writer
        loss CrossEntropyLoss < fc pairs.next
        """
    )
    analysis, program = analysed(document), live(document)
    assert analysis.parameters == sum(weight.numel() for weight in program.parameters())
    batch = batch_of(analysis)
    loss = call(program, "update_train", batch)["loss"]
    torch.autograd.backward(loss)
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in program.parameters())
    padding = torch.arange(6) >= batch["pairs.source_length"][:, None]
    batch["pairs.source"] = batch["pairs.source"].masked_fill(padding, 0)
    torch.testing.assert_close(call(program, "update_train", batch)["loss"], loss)


X = TensorSpec(("N", 7, 4))
SAID: list[tuple[str, tuple[str, ...], dict[str, Any], tuple[TensorSpec, ...], str, str]] = [
    ("GRU", ("x", "state"), {}, (X, TensorSpec(("N", 6))), "state", "one state to begin with, N×5, got N×6"),
    ("GRU", ("x", "state"), {"num_layers": 2}, (X, TensorSpec(("N", 5))), "state",
     "layer and direction to begin with, N×2×5"),
    ("LSTM", ("x", "cell"), {"proj_size": 3}, (X, TensorSpec(("N", 3))), "cell", "N×5, got N×3"),
    ("LSTM", (), {"proj_size": 5}, (X,), "", "smaller than the 5 units"),
    ("RNN", ("x", "length"), {}, (X, TensorSpec(("N",), "index", 12)), "length", "lengths of up to 11"),
    ("RNN", ("x", "length"), {}, (X, TensorSpec(("N", 7), "index")), "length", "how many steps of each"),
    ("GRUCell", (), {}, (X,), "x", "one step of a sequence, N×F, got N×7×4"),
    ("LSTMCell", ("x", "cell"), {}, (TensorSpec(("N", 4)), TensorSpec(("N", 6))), "cell", "N×5, got N×6"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "linked", "params", "specs", "port", "said"), SAID)
def test_wrong_links_are_named(
    type: str,
    linked: tuple[str, ...],
    params: dict[str, Any],
    specs: tuple[TensorSpec, ...],
    port: str,
    said: str,
) -> None:
    with pytest.raises(ShapeError, match=said) as caught:
        filled(type, linked, hidden_size=5, **params).infer(*specs)
    assert caught.value.port == port


def test_specs_are_those_of_the_tensors() -> None:
    assert specs_of([x_of(2, 3), LENGTH]) == (TensorSpec(("N", 3)), TensorSpec(("N",), "index"))
