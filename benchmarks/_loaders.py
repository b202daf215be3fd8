"""The same data twice: as Workbench reads and batches it, and as people do it with torch's DataLoader.

Used by data.py. May import everything.
"""

import random
import time
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, TensorDataset

from workbench.engine.data import Loaded, assembled, epoch_generator, load
from workbench.engine.readers.content import Array, Content
from workbench.engine.readers.samples import sample
from workbench.jobs.datasets import add_dataset
from workbench.store.store import Store


class Case(ABC):
    """One kind of data. Every pass hands out the whole training part once, in batches and in a random order."""

    batch_size = 128
    length = 0

    def __init__(self, folder: Path, items: int) -> None:
        self.folder, self.items = folder, items
        self.make()

    @abstractmethod
    def make(self) -> None:
        """Writes the files that both read."""

    @abstractmethod
    def read(self) -> Loaded:
        """What Workbench does before the first batch."""

    @abstractmethod
    def peer(self) -> DataLoader[tuple[Tensor, ...]]:
        """What a person writes with torch."""

    def ours_pass(self, data: Loaded, epoch: int) -> int:
        """Number of examples that one epoch of Workbench's batches holds."""
        generator = epoch_generator(0, epoch)
        batches = data.batches("train", self.batch_size, generator=generator, length=self.length)
        return sum(len(next(iter(batch.values()))) for batch in batches)


def peer_pass(loader: DataLoader[tuple[Tensor, ...]]) -> int:
    """Number of examples that one epoch of the DataLoader holds."""
    return sum(len(batch[0]) for batch in loader)


def added(folder: Path, source: Path, **options: object) -> Loaded:
    """Adds files to a new workspace, in a process of its own as always, and loads what it kept."""
    workspace = folder / f"workspace-{time.monotonic_ns()}"
    workspace.mkdir()
    store = Store(workspace / "experiments.db")
    try:
        record = add_dataset(store, source, options=options).record
        return load(store, record.id).to("cpu")
    finally:
        store.close()


class Images(Case):
    """Grey images of 28×28 in memory, of the size of MNIST; there is nothing to read."""

    def make(self) -> None:
        generator = np.random.default_rng(0)
        self.images = generator.integers(0, 256, (self.items, 1, 28, 28), dtype=np.uint8)
        self.labels = generator.integers(0, 10, self.items)

    def read(self) -> Loaded:
        schema = sample("digits").schema
        splits = {"train": np.arange(self.items)}
        arrays: dict[str, Array] = {"image": self.images, "label": self.labels}
        return assembled(Content(schema, arrays, splits, divisors={"image": 255})).to("cpu")

    def peer(self) -> DataLoader[tuple[Tensor, ...]]:
        images = torch.from_numpy(self.images).float() / 255
        return DataLoader(TensorDataset(images, torch.from_numpy(self.labels)), self.batch_size, shuffle=True)


class _Pictures(Dataset[tuple[Tensor, Tensor]]):
    def __init__(self, files: list[tuple[Path, int]]) -> None:
        self.files = files

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        file, label = self.files[index]
        with Image.open(file) as image:
            pixels = np.array(image.convert("RGB"))
        return torch.from_numpy(pixels).permute(2, 0, 1).float() / 255, torch.tensor(label)


class Pictures(Case):
    """A folder of JPEG pictures of 64×64 in ten classes, about as noisy as photographs."""

    workers = 0

    def make(self) -> None:
        self.root = self.folder / "pictures"
        generator = random.Random(0)
        colours = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        clouds = Image.fromarray(colours).resize((512, 512), Image.Resampling.BICUBIC)
        whole = Image.blend(clouds, Image.effect_noise((512, 512), 80).convert("RGB"), 0.3)
        self.files = []
        for number in range(self.items):
            label = number % 10
            left, top = generator.randrange(448), generator.randrange(448)
            file = self.root / f"class-{label}" / f"{number:05}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            whole.crop((left, top, left + 64, top + 64)).save(file, quality=90)
            self.files.append((file, label))

    def read(self) -> Loaded:
        return added(self.folder, self.root, validation=0, test=0)

    def peer(self) -> DataLoader[tuple[Tensor, ...]]:
        return DataLoader(_Pictures(self.files), self.batch_size, shuffle=True, num_workers=self.workers)


class Table(Case):
    """A CSV file of ten columns of numbers and a class."""

    def make(self) -> None:
        generator = np.random.default_rng(0)
        numbers = generator.normal(size=(self.items, 10)).round(4)
        labels = generator.integers(0, 3, self.items)
        self.file = self.folder / "table.csv"
        head = ",".join([*(f"x{i}" for i in range(10)), "label"])
        rows = np.column_stack([numbers, labels])
        np.savetxt(self.file, rows, ["%.4f"] * 10 + ["%d"], ",", header=head, comments="")

    def read(self) -> Loaded:
        return added(self.folder, self.file, target="label", validation=0, test=0)

    def peer(self) -> DataLoader[tuple[Tensor, ...]]:
        rows = np.loadtxt(self.file, delimiter=",", skiprows=1)
        features, labels = torch.from_numpy(rows[:, :10]).float(), torch.from_numpy(rows[:, 10]).long()
        features = (features - features.mean(0)) / features.std(0)
        return DataLoader(TensorDataset(features, labels), self.batch_size, shuffle=True)


class _Windows(Dataset[tuple[Tensor, Tensor]]):
    def __init__(self, tokens: Tensor, length: int) -> None:
        self.tokens, self.length = tokens, length

    def __len__(self) -> int:
        return (len(self.tokens) - 1) // self.length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        start, end = index * self.length, (index + 1) * self.length
        return self.tokens[start:end], self.tokens[start + 1 : end + 1]


class Text(Case):
    """A text, read as windows of 64 characters."""

    length = 64

    def make(self) -> None:
        tokens = sample("reference-text")
        text = "".join(tokens.schema.labels[token] for token in tokens.arrays["tokens"][:200_000])
        self.file = self.folder / "text.txt"
        self.file.write_text((text * (self.items // len(text) + 1))[: self.items], encoding="utf-8")

    def read(self) -> Loaded:
        return added(self.folder, self.file)

    def peer(self) -> DataLoader[tuple[Tensor, ...]]:
        codes = np.frombuffer(self.file.read_text(encoding="utf-8").encode("utf-32-le"), dtype=np.uint32)
        _, tokens = np.unique(codes, return_inverse=True)
        training = torch.from_numpy(tokens)[: int(len(tokens) * 0.9)]
        return DataLoader(_Windows(training, self.length), self.batch_size, shuffle=True)
