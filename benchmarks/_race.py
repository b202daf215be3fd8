"""One process of `benchmarks.step`: the trainer's loop and one written by hand, over the same model and batches.

`python -m benchmarks._race lenet5` prints the seconds a step of both in turns, and whether the weights are alike,
as JSON. Imports torch and the engine.
"""

import json
import math
import sys
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

from workbench.catalog.check import analyse
from workbench.catalog.goals import goal_of, metrics_of
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load as template
from workbench.core.assign import assign
from workbench.core.document import Document
from workbench.core.expressions import Value
from workbench.engine.data import Loaded, assembled, epoch_generator, load_sample
from workbench.engine.data.graphs import WholeGraph
from workbench.engine.data.items import ItemSet
from workbench.engine.feeds import Feeds
from workbench.engine.loop import Loop
from workbench.engine.program import build
from workbench.engine.readers import planetoid
from workbench.engine.readers.reader import Reading
from workbench.engine.recorder import Recorder
from workbench.jobs.queue import enqueue
from workbench.store.store import Store

TURNS = 5  # of each loop
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

    def __init__(self, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, bias=False)
        self.attention = nn.MultiheadAttention(width, heads, bias=False, batch_first=True)
        nn.init.normal_(self.attention.in_proj_weight, std=0.02)
        nn.init.normal_(self.attention.out_proj.weight, std=0.02)
        self.norm2 = nn.LayerNorm(width, bias=False)
        self.expand = nn.Linear(width, 4 * width, bias=False)
        nn.init.normal_(self.expand.weight, std=0.02)
        self.project = nn.Linear(4 * width, width, bias=False)
        nn.init.normal_(self.project.weight, std=0.02 / math.sqrt(2 * layers))

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
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.position = Position(context, width)
        self.layers = nn.ModuleList(Layer(width, heads, layers) for _ in range(layers))
        self.norm = nn.LayerNorm(width, bias=False)
        mask = nn.Transformer.generate_square_subsequent_mask(context)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.position(self.embedding(tokens))
        for layer in self.layers:
            x = layer(x, self.mask)
        return F.linear(self.norm(x), self.embedding.weight)


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


def train_graph(model: nn.Module, data: WholeGraph) -> Iterator[int]:
    """The whole graph is one step."""
    x, edges, truth = (data.tensors[name] for name in ("x", "edges", "label"))
    known = data.nodes["train"]
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


def lenet() -> Case:
    """LeNet-5 on the digits."""
    data = load_sample("digits")
    assert isinstance(data, ItemSet)
    data = data.arranged()
    document = _with(template("lenet5"), {"training.batch_size": 32, "training.epochs": 10**6})
    document = _optimised(document, {"type": "Adam", "lr": 0.002}, {}, 0.0)
    return Case("LeNet-5", document, data, LeNet, partial(train_images, data=data, batch_size=32))


def gpt() -> Case:
    """A small GPT on the start of the reference text: 20 steps an epoch."""
    data, steps = (
        replace(load_sample("reference-text"), sizes={"train": 321 * 32, "validation": 1000}),
        100_000,
    )
    values: dict[str, Value] = {"context": 32, "width": 64, "depth": 3, "training.batch_size": 16}
    document = _with(template("char-gpt"), {**values, "training.epochs": 10**6, "training.steps": steps})
    schedule: dict[str, Value] = {"type": "CosineAnnealingLR", "eta_min": 0.0001}
    document = _optimised(document, {"type": "AdamW", "lr": 0.001, "weight_decay": 0.1}, schedule, 1.0)
    by_hand = partial(train_text, data=data, batch_size=16, context=32, steps=steps)
    return Case("char-GPT", document, data, partial(GPT, 96, 64, 32, 3, 4), by_hand)


def gcn() -> Case:
    """A graph convolution on Cora where its files are, else on the karate club."""
    data = assembled(planetoid.read(CORA, Reading())) if CORA.is_dir() else load_sample("karate")
    assert isinstance(data, WholeGraph)
    document = _with(template("gcn"), {"club.dataset": data.schema.id, "training.epochs": 10**6})
    document = _optimised(document, {"type": "Adam", "lr": 0.01, "weight_decay": 0.0005}, {}, 0.0)
    facts = data.schema.facts
    model = partial(GCN, int(facts["features"]), int(facts["classes"]))
    return Case(f"GCN on {data.schema.title}", document, data, model, partial(train_graph, data=data))


CASES: Mapping[str, Callable[[], Case]] = {"lenet5": lenet, "char-gpt": gpt, "gcn": gcn}


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
    settings = analysis.settings.with_values(seed=0)
    feeds = Feeds.of(analysis, {case.data.schema.id: case.data}, settings.batch_size, CPU)
    recorder = Recorder(store, run.id)
    loop = Loop(
        program,
        feeds,
        settings,
        goal_of(analysis),
        recorder,
        metrics=metrics_of(analysis),
        nodes=analysis.nodes,
        device=CPU,
        save=lambda kind, content, progress: None,
        look=lambda progress, totals, split: None,
    )
    recorder.close()
    return loop


# ------------------------------------------------------------- side by side


class Side:
    """One of the two loops, with random numbers of its own."""

    def __init__(self, epoch: Callable[[], int]) -> None:
        """To be made right after the model's weights were drawn; `epoch` gives its number of steps."""
        self._epoch = epoch
        self._random = torch.get_rng_state()

    def take(self, epochs: int) -> tuple[float, int]:
        """Seconds and steps of so many epochs."""
        torch.set_rng_state(self._random)
        start = time.perf_counter()
        steps = sum(self._epoch() for _ in range(epochs))
        seconds = time.perf_counter() - start
        self._random = torch.get_rng_state()
        return seconds, steps


class Race:
    """Both loops over one case."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.store = Store(folder / "experiments.db")
        self.loop = trainer(case, self.store, folder)
        self._ours = Side(self._recorded_epoch)
        torch.manual_seed(0)
        self.model = case.model()
        by_hand = case.train(self.model)
        self._theirs = Side(lambda: next(by_hand))

    def _recorded_epoch(self) -> int:
        before = self.loop.place.step
        self.loop._epoch()
        return self.loop.place.step - before

    def ours(self, epochs: int) -> float:
        """Seconds a step of the trainer, until every point is in the database."""
        start = time.perf_counter()
        self.loop.recorder = Recorder(self.store, self.loop.recorder.run)
        steps = self._ours.take(epochs)[1]
        self.loop.recorder.close()
        return (time.perf_counter() - start) / steps

    def theirs(self, epochs: int) -> float:
        """Seconds a step of the loop written by hand."""
        seconds, steps = self._theirs.take(epochs)
        return seconds / steps

    def identical(self) -> bool:
        """Whether both have the same weights, bit for bit."""
        pairs = zip(self.loop.program.parameters(), self.model.parameters(), strict=True)
        return all(torch.equal(one, other) for one, other in pairs)


def run(case: Case, folder: Path) -> dict[str, object]:
    """Turns of both loops, each first in half of them."""
    race = Race(case, folder)
    epochs, took = 1, 0.0
    while took < SECONDS:  # finds out how many epochs a turn has, and warms up
        epochs *= 2
        race.ours(epochs)
        took = race.theirs(epochs) * race.loop.epoch_steps * epochs
    turns = []
    for turn in range(TURNS):
        if turn % 2:
            ours, theirs = race.ours(epochs), race.theirs(epochs)
        else:
            theirs, ours = race.theirs(epochs), race.ours(epochs)
        turns.append((ours, theirs))
    race.store.close()
    return {"name": case.name, "turns": turns, "identical": race.identical()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(run(CASES[sys.argv[1]](), Path(name))))
