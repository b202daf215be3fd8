"""Layers that keep their state: pieces are the whole, gradients stop at the border, and the check knows the data."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.drawing import draw
from tests.programs import analysed, batch_of, call, live, text_of, tidy
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.core.document import Document
from workbench.engine.carrying import apart, carried, put_back

LAYERS = ("RNN", "GRU", "LSTM")


def model(layer: str, dataset: str = "reference-text", order: str = "in order", fields: str = "") -> Document:
    return draw(
        f"""
        data Dataset dataset={dataset} length=6 order='{order}'
        vectors Embedding embedding_dim=5 < data.tokens
        reader {layer} hidden_size=4 carry=true {fields} < vectors
        fc Linear out_features='= vocabulary' < reader.y
        loss CrossEntropyLoss < fc data.next
        """,
        name="carry",
    )


def layer_of(program: nn.Module) -> nn.Module:
    return program.get_submodule("reader")


def plain(layer: nn.Module, x: Tensor) -> Tensor:
    """What torch's own layer with these weights makes of a whole sequence."""
    name = type(layer).__name__.removeprefix("Carrying")
    arguments: dict[str, Any] = {"num_layers": layer.num_layers, "batch_first": True}
    own = getattr(nn, name)(5, 4, **arguments)
    own.load_state_dict(layer.state_dict())
    found: Tensor = own(x)[0]
    return found


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("fields", ["", "num_layers=2"])
def test_pieces_with_a_kept_state_are_one_long_sequence(name: str, fields: str) -> None:
    layer = layer_of(live(model(name, fields=fields)))
    x = torch.randn(3, 12, 5, requires_grad=True)
    layer.train()
    first, second = layer(x[:, :6])[0], layer(x[:, 6:])[0]
    torch.testing.assert_close(torch.cat([first, second], 1), plain(layer, x))
    torch.autograd.backward(second.sum())
    assert x.grad is not None
    assert not x.grad[:, :6].any() and x.grad[:, 6:].all(), "gradients stop at the border"


@pytest.mark.parametrize("name", LAYERS)
def test_a_state_ends_with_the_epoch_the_evaluation_and_the_batch_size(name: str) -> None:
    layer = layer_of(live(model(name)))
    x = torch.randn(3, 6, 5)
    fresh = plain(layer, x)
    layer(x)
    assert not torch.equal(layer(x)[0], fresh)
    for anew in (layer.train, layer.eval):
        anew()
        torch.testing.assert_close(layer(x)[0], fresh)
    torch.testing.assert_close(layer(x[:2])[0], fresh[:2])


@pytest.mark.parametrize("name", LAYERS)
def test_states_are_kept_put_back_and_left_out(name: str) -> None:
    program = live(model(name))
    layer, x = layer_of(program), torch.randn(3, 6, 5)
    layer(x)
    states = {key: state.clone() for key, state in carried(program).items()}
    assert list(states) == ["reader/0", "reader/1"][: 1 + (name == "LSTM")]
    after = layer(x)[0]
    program.eval()
    assert not carried(program)
    put_back(program, states, torch.device("cpu"))
    assert torch.equal(layer(x)[0], after)
    with apart(program):
        torch.testing.assert_close(layer(x)[0], plain(layer, x))
        torch.testing.assert_close(layer(x)[0], plain(layer, x))


def test_the_program_steps_through_its_batches(tmp_path: Any) -> None:
    document = model("LSTM", fields="num_layers=2 dropout=0.1 states=true")
    program, batch = live(document), batch_of(analysed(document))
    first = call(program, "evaluate", batch)
    assert not torch.equal(call(program, "evaluate", batch)["loss"], first["loss"])
    tidy((text_of(model(name)) for name in LAYERS), tmp_path)
    assert "self.reader = CarryingLSTM(\n" in text_of(document)
    assert "Carrying" not in text_of(model("GRU", fields="carry=false"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("bidirectional=true", "reading backwards, it cannot keep its state for the batch that follows"),
    ],
)
def test_what_cannot_keep_a_state_is_refused(fields: str, message: str) -> None:
    (problem,) = [p for p in analyse(model("GRU", fields=fields), SAMPLES).problems if p.severity == "error"]
    assert message in problem.message and problem.fixes[0].edit.name == "carry"  # type: ignore[attr-defined]


def test_a_given_state_or_a_length_is_refused() -> None:
    text = """
        data Dataset dataset=gestures order='in order'
        first GRU hidden_size=4 states=true < data.x
        layer GRU hidden_size=4 carry=true < data.x {}
        fc Linear out_features=3 < layer.last
        loss CrossEntropyLoss < fc data.label
    """
    for links, words in (("length:data.length", "none that follow"), ("state:first.state", "one already")):
        errors = [p for p in analyse(draw(text.format(links)), SAMPLES).problems if p.severity == "error"]
        assert any(words in problem.message for problem in errors), links


def test_the_check_asks_for_data_in_order() -> None:
    shuffled = model("GRU", order="shuffled")
    (problem,) = analyse(shuffled, SAMPLES).problems
    assert (problem.severity, problem.message) == (
        "warning",
        "keeps its state, but data comes shuffled: the next batch does not go on where this one ends.",
    )
    for mend in problem.fixes:
        assert not analyse(mend.edit.apply(shuffled), SAMPLES).problems, mend.label
    own = draw(
        """
        data Dataset dataset=gestures order='in order'
        layer GRU hidden_size=4 carry=true < data.x
        fc Linear out_features=3 < layer.last
        loss CrossEntropyLoss < fc data.label
        """
    )
    (problem,) = [p for p in analyse(own, SAMPLES).problems if p.severity == "warning"]
    assert "no sequence of data goes on" in problem.message
    (mend,) = problem.fixes
    mended = mend.edit.apply(own)
    (problem,) = analyse(mended, SAMPLES).problems  # each batch anew, the lengths of its sequences count
    assert problem.port == "length"
    assert not analyse(problem.fixes[0].edit.apply(mended), SAMPLES).problems


def test_a_linked_copy_would_go_on_from_its_owner() -> None:
    document = model("GRU")
    graph = document.graph
    copy = replace(graph.nodes["reader"], id="copy", linked_to="reader", params={})
    links = {**graph.links}
    source = next(source for target, source in graph.links.items() if target.node == "reader")
    links[type(source)("copy", "x")] = source
    shared = replace(document, graph=replace(graph, nodes={**graph.nodes, "copy": copy}, links=links))
    messages = [problem.message for problem in analyse(shared, SAMPLES).problems]
    assert any("shares its weights" in message for message in messages)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Fastest for what is this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("keeps", [True, False])
def test_what_came_before_the_window_is_remembered(keeps: bool) -> None:
    """A bit in the third step has to be said in the fifth and sixth; a window has three steps."""
    kind = type(layer_of(live(model("GRU"))))
    assert issubclass(kind, nn.GRU)
    torch.manual_seed(0)
    layer, head = kind(2, 8, batch_first=True), nn.Linear(8, 1)
    optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.05)
    errors = []
    for _ in range(120):
        bits, marks = torch.randint(2, (32, 6)).float(), torch.zeros(32, 6)
        marks[:, 2] = 1
        x, answer = torch.stack([bits * marks, marks], 2), bits[:, 2]
        layer.train()
        for start in (0, 3):
            if not keeps:
                layer.train()
            y = head(layer(x[:, start : start + 3])[0])[:, 2, 0]
            loss = nn.functional.mse_loss(y, answer)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
        errors.append(loss.item())
    late = sum(errors[-20:]) / 20
    assert late < 0.01 if keeps else late > 0.2, late
