"""What an action has at hand: the models and data of runs, kept from one request to the next, and how to tell progress.

Imports torch, the store, trained models, their data and answers.
"""

import shutil
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

from workbench.catalog.check import Analysis, analyse
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.scope import Scope
from workbench.core.errors import DataError, JobError
from workbench.engine import trained
from workbench.engine.service import asked
from workbench.engine.service.answers import Answer, answers_of, with_given, with_methods
from workbench.engine.service.data import Data, data_of, of_content
from workbench.engine.service.preparation import Preparation, Ready, listed, trained_with
from workbench.engine.service.preparing.given import kind_of
from workbench.engine.trained import Model
from workbench.jobs.environment import OPTIONS, how_read
from workbench.jobs.settings import ENVIRONMENT
from workbench.jobs.starts import Which, kept
from workbench.store.records import Checkpoint, DatasetRecord
from workbench.store.store import Store

_MODELS, _DATASETS, _RESULTS, _GIVEN = 3, 3, 24, 4
_MORE, _MOST_BATCH = 4, 256
"""How many times as many examples as in training are computed at once, and how many at most."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Opened:
    """A model as it was trained, and what it answers with."""

    model: Model
    answers: tuple[Answer, ...]
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Sample:
    """One example: a batch of it alone (of one graph all of it, of which it is node `row`), and how it is shown."""

    batch: dict[str, Tensor]
    item: dict[str, Any]
    data: Data
    split: str
    index: int

    @property
    def row(self) -> int:
        """Its row in what a model computes for the batch."""
        return self.data.row(self.split, self.index)


class Context:
    """Everything that stays warm in one service, on one device."""

    def __init__(self, store: Store, folder: Path, device: torch.device) -> None:
        self.store = store
        self.folder = folder
        self.device = device
        self._models: OrderedDict[object, Opened] = OrderedDict()
        self._drawings: OrderedDict[object, Analysis] = OrderedDict()
        self._data: OrderedDict[object, Data] = OrderedDict()
        self._results: OrderedDict[object, Any] = OrderedDict()
        self._tell: Callable[[int, int], None] = lambda done, of: None
        self._number = 0
        self._rubbish: list[Path] = []
        self.preparation = Preparation()

    def listen(self, tell: Callable[[int, int], None]) -> None:
        """Who hears of progress from now on; it raises Stopped when nobody wants the answer any more."""
        self._tell = tell

    def progress(self, done: int = 0, of: int = 0) -> None:
        """Tells how much is done of how much, from time to time. Raises Stopped when the request was cancelled."""
        self._tell(done, of)

    def opened(self, run: int, checkpoint: Which = "best") -> Opened:
        """A run's model with its answers, on the device, in evaluation mode. Raises WorkbenchError."""
        chosen = kept(self.store, run, checkpoint)
        key = (run, chosen.kind, chosen.sha256)
        return _warm(self._models, key, _MODELS, lambda: self._open(run, chosen))

    def model(self, run: int, checkpoint: Which = "best") -> Model:
        """A run's model on the device, in evaluation mode. Its drawing has outputs `answer…` and `right…` besides."""
        return self.opened(run, checkpoint).model

    def answers(self, run: int, checkpoint: Which = "best") -> tuple[Answer, ...]:
        """What the model of a run answers with, the main one first."""
        return self.opened(run, checkpoint).answers

    def answer(self, run: int, checkpoint: Which = "best", name: str = "") -> Answer:
        """One of the answers: that of a name, else the main one. Raises JobError."""
        found = self.answers(run, checkpoint)
        if not found:
            raise JobError(
                "Nothing in the drawing says what the model answers: it has no output, and no loss or metric that "
                "compares something with a target."
            )
        if not name:
            return found[0]
        for each in found:
            if name in (each.name, each.source.node, str(each.source)):
                return each
        raise JobError(f"The model has no output “{name}”; it has {', '.join(each.name for each in found)}.")

    def data(self, run: int) -> Data:
        """The data that a run was trained with. Raises DataError where it is gone or is read otherwise by now."""
        return _warm(self._data, (run, self._marks()), _DATASETS, lambda: self._load(run))

    def other_data(self, run: int) -> str:
        """A sentence where a dataset was read anew since a run was trained with it; "" where none was."""
        known = self.store.params(run)
        for record in self.store.datasets():
            mark = known.get(f"{ENVIRONMENT}data.{record.id}")
            if isinstance(mark, str) and not record.fingerprint.startswith(mark):
                return (
                    f"“{record.title}” was read anew since run {run} was trained with it: its items may be others, "
                    "and in other units."
                )
        return ""

    def analysis(self, run: int) -> Analysis:
        """The drawing of a run, checked against the datasets that there are now. Raises DocumentError."""
        return _warm(
            self._drawings,
            (run, self._marks()),
            _MODELS,
            lambda: analyse(trained.document_of(self.store, run), trained.schemas(self.store)),
        )

    def batch(self, run: int, split: str, indices: list[int]) -> dict[str, Tensor]:
        """Items of a split as the program's methods take them: by NODE.PORT, noise among them, on the device."""
        return self.with_noise(run, self.data(run).batch(split, indices))

    def with_noise(
        self, run: int, batch: Mapping[str, Tensor], seed: int = 0, count: int = 1
    ) -> dict[str, Tensor]:
        """A batch with what the drawing's Noise nodes give, always the same for the same seed.

        Without a batch there is noise for `count` examples.
        """
        root = self.analysis(run).root
        size = next((len(each) for name, each in batch.items() if _of_items(root, name)), count)
        found = dict(batch)
        for id, info in root.infos.items():
            if info.node.type == "Noise":
                for port, spec in info.outputs.items():
                    generator = torch.Generator().manual_seed(seed)
                    shape = [dim if isinstance(dim, int) else size for dim in spec.shape]
                    found[f"{id}.{port}"] = torch.randn(shape, generator=generator).to(self.device)
        return found

    def sample(self, run: int, answer: Answer, sample: Mapping[str, Any]) -> Sample:
        """The example that {"split", "index"} names, or {"inputs"} as of `predict` brings. Raises WorkbenchError."""
        if "inputs" in sample:
            return self._given(run, answer, sample["inputs"])
        data, split, index = self.data(run), asked.text(sample, "split"), asked.whole(sample, "index", 0)
        batch = self.with_noise(run, data.batch(split, [index]))
        return Sample(batch, data.shown(split, index, answer), data, split, index)

    def ready(self, run: int, node: str, inputs: Sequence[Mapping[str, Any]]) -> tuple[Ready, Data | None]:
        """Inputs made ready for a dataset node as in training, and the data that they became with the split “given”.

        Raises DataError where nothing can be made like the items of that dataset, and Stopped.
        """
        data = self.data(run)
        source = data.source(node)
        folder = self.place("given")
        ready = self.preparation.ready(trained_with(self.store, source), inputs, folder, self.progress)
        self._rubbish.append(folder)
        while len(self._rubbish) > _GIVEN:
            shutil.rmtree(self._rubbish.pop(0), ignore_errors=True)
        if ready.content is None:
            return ready, None
        return ready, of_content(source, ready.content, ready.given, data.batch_size, self.device)

    def columns(self, run: int, node: str) -> list[str]:
        """The columns of a table that were made features of; none of other data, or where the table is gone."""
        source = self.data(run).source(node)
        if source.record is None or kind_of(source.content, source.record.reader) != "table":
            return []
        key = ("columns", _mark(source.record))
        return self.result(
            key, lambda: self.preparation.columns(trained_with(self.store, source), self.progress)
        )

    def _given(self, run: int, answer: Answer, inputs: object) -> Sample:
        """The first item that one input became. Raises DataError with what is wrong with it."""
        entries, _ = self.listed(run, one_node(answer), inputs)
        ready, data = self.ready(run, one_node(answer), entries[:1])
        if data is None:
            raise DataError(next(iter(ready.errors.values())))
        batch = self.with_noise(run, data.batch("given", [0]))
        return Sample(batch, data.item("given", 0), data, "given", 0)

    def listed(self, run: int, node: str, inputs: object) -> tuple[list[dict[str, Any]], str]:
        """What {"files"}, {"picture"}, {"text"} or {"row"} names, one by one, and what was left out.

        Raises JobError or DataError.
        """
        source = self.data(run).source(node)
        reader = source.record.reader if source.record is not None else ""
        return listed(inputs, self.place("drawn"), kind_of(source.content, reader))

    def result(self, key: object, make: Callable[[], Value]) -> Value:
        """What was made once for a key, and is kept for a while."""
        return cast(Value, _warm(self._results, key, _RESULTS, make))

    def place(self, stem: str) -> Path:
        """A new empty folder for files that one answer needs."""
        self._number += 1
        folder = self.folder / f"{stem}-{self._number}"
        folder.mkdir()
        return folder

    def forget(self) -> None:
        """Lets go of everything that is kept warm."""
        self._models.clear()
        self._drawings.clear()
        self._data.clear()
        self._results.clear()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def close(self) -> None:
        """Nothing is asked any more."""
        self.preparation.close()
        self.forget()

    def _marks(self) -> tuple[tuple[str, str, str], ...]:
        """Tells whether a dataset was added, read anew or removed."""
        return tuple(_mark(record) for record in self.store.datasets())

    def _load(self, run: int) -> Data:
        known = self.store.params(run)
        for record in self.store.datasets():
            before = known.get(f"{OPTIONS}{record.id}")  # runs of an older Workbench do not say it
            if before is not None and before != how_read(record):
                raise DataError(
                    f"“{record.title}” is read otherwise ({how_read(record)}) than when run {run} was trained with it "
                    f"({before}): its numbers, or its parts, are others. Read it again with the options of then, or "
                    "train again."
                )
        analysis = self.analysis(run)
        size = analysis.settings.batch_size
        if not any(
            isinstance(each.kind, Dataset) and each.kind.order == "in order"
            for each in analysis.root.infos.values()
        ):
            size = min(_MORE * size, _MOST_BATCH)  # no gradients take room
        return data_of(self.store, analysis, size, self.device)

    def _open(self, run: int, chosen: Checkpoint) -> Opened:
        analysis = self.analysis(run)
        document, answers = with_methods(analysis.document, answers_of(analysis))
        folder = self.place("model")
        try:
            model = trained.of_run(self.store, run, folder, chosen.kind, document)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        model = replace(model, program=model.program.to(self.device).eval())
        return Opened(model, with_given(model.analysis.root, answers), chosen)


def one_node(answer: Answer) -> str:
    """The dataset node that an answer depends on. Raises JobError where there is none, or more than one."""
    if len(answer.data) == 1:
        return answer.data[0]
    if not answer.data:
        raise JobError(
            f"“{answer.name}” is made from noise, not from any example: let it generate pictures instead."
        )
    raise JobError(
        f"“{answer.name}” needs an example of each of {' and '.join(answer.data)} at once, so it cannot be asked about "
        "files."
    )


def _mark(record: DatasetRecord) -> tuple[str, str, str]:
    return record.id, record.fingerprint, how_read(record)


def _of_items(root: Scope, name: str) -> bool:
    node, _, port = name.partition(".")
    info = root.infos.get(node)
    return info is not None and port in info.outputs and info.outputs[port].shape[:1] == ("N",)


def _warm(kept: "OrderedDict[object, Value]", key: object, most: int, make: Callable[[], Value]) -> Value:
    """What is kept under a key, made where there is nothing; what was not asked for the longest goes."""
    if key not in kept:
        kept[key] = make()
        while len(kept) > most:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key]
