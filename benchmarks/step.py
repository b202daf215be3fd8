"""Time of a training step: the trainer's own loop beside a loop written by hand, and whether both end alike.

Both train the same model on the same batches in turns, in one process with one torch thread. The trainer's
time includes writing every point to a database; the hand-written loop writes nothing. Imports torch and the engine.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR

from benchmarks._figures import Figure, at_most, report
from workbench.catalog.check import analyse
from workbench.catalog.schema import SAMPLES
from workbench.catalog.templates import load as template
from workbench.core.assign import assign
from workbench.core.document import Document
from workbench.core.expressions import Value
from workbench.engine.data import Loaded, epoch_generator, load, register
from workbench.engine.feeds import Feeds
from workbench.engine.loop import Loop
from workbench.engine.program import build
from workbench.engine.recorder import Recorder
from workbench.engine.train import goal, metrics
from workbench.jobs.queue import enqueue
from workbench.store.store import Store

BUDGET = 1.05
TURNS = 9  # of each loop; the median of their ratios counts
SECONDS = 1.0  # that a turn takes at least
CPU = torch.device("cpu")
CORA = Path(__file__).resolve().parents[2] / "shared" / "data" / "cora"


# ------------------------------------------------------------- written by hand


class LeNet(nn.Module):
    """LeNet-5 as a person writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(F.interpolate(x, size=(28, 28), mode="bilinear"), (2, 2, 2, 2))
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), 2)
        x = torch.tanh(self.fc1(x.flatten(1)))
        out: Tensor = self.fc3(torch.tanh(self.fc2(x)))
        return out


class Layer(nn.Module):
    """A pre-norm Transformer layer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm2 = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 4 * width)
        self.project = nn.Linear(4 * width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        y = self.norm1(x)
        x = x + self.attention(y, y, y, attn_mask=mask, is_causal=True, need_weights=False)[0]
        out: Tensor = x + self.project(F.gelu(self.expand(self.norm2(x))))
        return out


class Position(nn.Module):
    """Learned positions."""

    def __init__(self, context: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(context, width) * 0.02)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight[: x.size(1)]


class GPT(nn.Module):
    """A small causal Transformer over characters; its mask is made once."""

    mask: Tensor

    def __init__(self, vocabulary: int, width: int, context: int, layers: int, heads: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.position = Position(context, width)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)
        mask = nn.Transformer.generate_square_subsequent_mask(context)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.position(self.embedding(tokens))
        for layer in self.layers:
            x = layer(x, self.mask)
        out: Tensor = self.head(self.norm(x))
        return out


class GCN(nn.Module):
    """Two graph convolutions with dropout (Kipf & Welling, 2017)."""

    def __init__(self, features: int, classes: int) -> None:
        from torch_geometric.nn import GCNConv

        super().__init__()
        self.gcn1 = GCNConv(features, 16)
        self.gcn2 = GCNConv(16, classes)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        x = F.dropout(x, 0.5, self.training)
        x = torch.relu(self.gcn1(x, edges))
        x = F.dropout(x, 0.5, self.training)
        out: Tensor = self.gcn2(x, edges)
        return out


def train_images(model: nn.Module, data: Loaded, batch_size: int) -> Iterator[int]:
    """One epoch at a time; yields how many steps it had."""
    images, labels = (data.tensors[name][: data.sizes["train"]] for name in ("image", "label"))
    images = images.float() / 16
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
    for epoch in range(10**9):
        model.train()
        order = torch.randperm(len(images), generator=epoch_generator(0, epoch))
        batches = torch.split(order, batch_size)
        for index in batches:
            loss = F.cross_entropy(model(images[index]), labels[index])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch's stubs leave it open
            optimizer.step()
        yield len(batches)


def train_text(model: nn.Module, data: Loaded, batch_size: int, context: int, steps: int) -> Iterator[int]:
    """Windows start each epoch at another place; gradients are clipped, the learning rate falls."""
    text = data.tensors["tokens"][: data.sizes["train"]]
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.001, weight_decay=0.1)
    schedule = CosineAnnealingLR(optimizer, T_max=steps, eta_min=0.0001)
    windows = (len(text) - context) // context
    for epoch in range(10**9):
        model.train()
        generator = epoch_generator(0, epoch)
        start = int(torch.randint(context, (), generator=generator))
        tokens = text[start : start + windows * context].view(windows, context)
        following = text[start + 1 : start + 1 + windows * context].view(windows, context)
        batches = torch.split(torch.randperm(windows, generator=generator), batch_size)
        for index in batches:
            loss = F.cross_entropy(model(tokens[index]).flatten(0, 1), following[index].flatten())
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch's stubs leave it open
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        yield len(batches)


def train_graph(model: nn.Module, data: Loaded) -> Iterator[int]:
    """The whole graph is one step."""
    x, edges, truth = (data.tensors[name] for name in ("x", "edges", "label"))
    known = data.splits["train"]
    labels = torch.full_like(truth, -100)
    labels[known] = truth[known]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.0005)
    while True:
        model.train()
        loss = F.cross_entropy(model(x, edges), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's stubs leave it open
        optimizer.step()
        yield 1


# ------------------------------------------------------------- the trainer


@dataclass(frozen=True, slots=True)
class Case:
    """One model both ways: the document with its data, and the hand-written module with its loop."""

    name: str
    document: Document
    data: Loaded
    model: Callable[[], nn.Module]
    train: Callable[[nn.Module], Iterator[int]]


def cases() -> Iterator[Case]:
    """LeNet-5, a small GPT, a GCN."""
    digits = load("digits")
    lenet = _with(template("lenet5"), {"training.batch_size": 32, "training.epochs": 10**6})
    lenet = _optimised(lenet, {"type": "Adam", "lr": 0.002}, {}, 0.0)
    yield Case("LeNet-5", lenet, digits, LeNet, partial(train_images, data=digits, batch_size=32))

    # 40 steps an epoch: the start of the text is enough.
    text, steps = replace(load("reference-text"), sizes={"train": 641 * 32, "validation": 1000}), 100_000
    values: dict[str, Value] = {"context": 32, "width": 64, "layers.repeat": 3, "training.batch_size": 16}
    gpt = _with(template("char-gpt"), {**values, "training.epochs": 10**6, "training.steps": steps})
    schedule: dict[str, Value] = {"type": "CosineAnnealingLR", "eta_min": 0.0001}
    gpt = _optimised(gpt, {"type": "AdamW", "lr": 0.001, "weight_decay": 0.1}, schedule, 1.0)
    by_hand = partial(train_text, data=text, batch_size=16, context=32, steps=steps)
    yield Case("char-GPT", gpt, text, partial(GPT, 96, 64, 32, 3, 4), by_hand)

    found = register(CORA) if CORA.is_dir() else None
    graph = found.loaded if found else load("karate")
    gcn = _with(template("gcn"), {"club.dataset": graph.schema.id, "training.epochs": 10**6})
    facts = graph.schema.facts
    model = partial(GCN, int(facts["features"]), int(facts["classes"]))
    yield Case(f"GCN on {graph.schema.title}", gcn, graph, model, partial(train_graph, data=graph))


def _with(document: Document, values: Mapping[str, Value]) -> Document:
    for name, value in values.items():
        document = assign(document, name, value)
    return document


def _optimised(
    document: Document, optimizer: Mapping[str, Value], schedule: Mapping[str, Value], clip: float
) -> Document:
    """The document with the optimiser that the hand-written loop uses, whatever its template has."""
    (update,) = document.training.updates
    update = replace(update, optimizer=optimizer, schedule=schedule, clip=clip)
    return replace(document, training=replace(document.training, updates=(update,)))


def trainer(case: Case, store: Store, folder: Path) -> Loop:
    """The loop as `workbench.engine.train` makes it, without checkpoints and probes; its recorder comes later."""
    schemas = {**SAMPLES, case.data.schema.id: case.data.schema}
    analysis = analyse(case.document, schemas)
    run = enqueue(store, case.document, schemas=schemas, seed=0)
    program = build(folder / "program.py", store.program_text(run.id), 0, CPU)
    settings = replace(analysis.settings, seed=0)
    feeds = Feeds.of(analysis, {case.data.schema.id: case.data}, settings.batch_size, CPU)
    recorder = Recorder(store, run.id)
    loop = Loop(
        program,
        feeds,
        settings,
        goal(analysis),
        recorder,
        metrics=metrics(analysis),
        device=CPU,
        save=lambda kind, content, progress: None,
        look=lambda progress, totals, split: None,
    )
    recorder.close()
    return loop


# ------------------------------------------------------------- side by side


class Turns:
    """Runs one of the two loops for a while, with random numbers of its own."""

    def __init__(self) -> None:
        self.random = torch.get_rng_state()

    def take(self, epoch: Callable[[], int], epochs: int) -> tuple[float, int]:
        """Seconds and steps of so many epochs."""
        torch.set_rng_state(self.random)
        start = time.perf_counter()
        steps = sum(epoch() for _ in range(epochs))
        seconds = time.perf_counter() - start
        self.random = torch.get_rng_state()
        return seconds, steps


def measure(case: Case, folder: Path) -> Figure:
    """The ratio of both times. Raises AssertionError when the weights differ in a single bit."""
    store = Store(folder / "experiments.db")
    loop = trainer(case, store, folder)
    ours = Turns()
    torch.manual_seed(0)
    model = case.model()
    theirs = Turns()
    by_hand = case.train(model)

    def recorded_epoch() -> int:
        before = loop.place.step
        loop._epoch()
        return loop.place.step - before

    epochs = 1
    while theirs.take(by_hand.__next__, epochs)[0] < SECONDS / 2:  # how long is a turn? Also warms up
        ours.take(recorded_epoch, epochs)
        epochs *= 2
    ours.take(recorded_epoch, epochs)
    ratios, hand = [], []
    for turn in range(TURNS):
        times: dict[bool, float] = {}
        for recorded in (turn % 2 == 0, turn % 2 == 1):
            if recorded:
                start = time.perf_counter()
                loop.recorder = Recorder(store, loop.recorder.run)
                starting = time.perf_counter() - start
                seconds, steps = ours.take(recorded_epoch, epochs)
                start = time.perf_counter()
                loop.recorder.close()  # every point is in the database
                seconds += starting + time.perf_counter() - start
            else:
                seconds, steps = theirs.take(by_hand.__next__, epochs)
            times[recorded] = seconds / steps
        ratios.append(times[True] / times[False])
        hand.append(times[False])
    store.close()
    for one, other in zip(loop.program.parameters(), model.parameters(), strict=True):
        assert torch.equal(one, other), f"{case.name}: the weights of the two loops differ"
    name = f"training step of {case.name}, weights identical"
    peer = "loop written by hand, ms"
    return at_most(name, statistics.median(ratios), "×", BUDGET, peer, statistics.median(hand) * 1000)


def figures() -> Iterator[Figure]:
    """One figure for each model."""
    torch.set_num_threads(1)
    for case in cases():
        with tempfile.TemporaryDirectory() as folder:
            yield measure(case, Path(folder))


if __name__ == "__main__":
    report(__doc__ or "", figures())
