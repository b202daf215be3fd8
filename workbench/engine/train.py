"""The trainer: `python -m workbench.engine.train DATABASE RUN` trains one queued run to its end.

Whatever happens, the run's state and its cause are in the database when the process has ended by itself.
"""

import os
import secrets
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType

import psutil
import torch
from torch import nn

from workbench.catalog.check import Analysis, analyse
from workbench.catalog.goals import goal_of, metrics_of
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.codegen.program import generate
from workbench.core.errors import JobError, StoreError, WorkbenchError
from workbench.core.files import loads
from workbench.core.text import plural
from workbench.engine import checkpoint, weights
from workbench.engine.checkpoint import Progress, Saved
from workbench.engine.data import Loaded, load
from workbench.engine.feeds import Feeds
from workbench.engine.labels import check_labels
from workbench.engine.loop import Loop, Stopped
from workbench.engine.probes import Probes
from workbench.engine.program import build, place_of
from workbench.engine.recorder import Recorder
from workbench.jobs.estimates import MEMORY
from workbench.jobs.starts import start_of
from workbench.store.records import CheckpointKind, RunRecord, State
from workbench.store.store import Store


def main(arguments: list[str]) -> int:
    """Trains; 0 when the run ended as it should, 1 when it failed, 2 for wrong use."""
    if len(arguments) != 2 or not arguments[1].isdecimal():
        print("usage: python -m workbench.engine.train DATABASE RUN", file=sys.stderr)
        return 2
    try:
        store = Store(Path(arguments[0]))
        run = store.run(int(arguments[1]))
    except WorkbenchError as error:
        print(error, file=sys.stderr)  # the runner makes the last line the cause
        return 1
    recorder = Recorder(store, run.id)
    _stop_on_signal(recorder)
    state, cause = _trained(store, run, recorder)
    if cause:
        recorder.say(cause, "error" if state == "failed" else "info")
    recorder.close()
    recorder.insist(lambda: store.set_state(run.id, state, cause))
    store.close()
    return 1 if state == "failed" else 0


def _trained(store: Store, run: RunRecord, recorder: Recorder) -> tuple[State, str]:
    """Trains to the end, whatever it is: the state, and the cause where there is one."""
    try:
        Training(store, run, recorder).go()
    except Stopped:
        return "stopped", "Stopped by you; the last checkpoint is kept."
    except WorkbenchError as error:
        return "failed", str(error)
    except Exception as error:
        if _out_of_memory(error):
            device = run.used_device or run.device
            return "failed", f"Out of memory on {device}: use a smaller batch or model."
        traceback.print_exc()
        recorder.say(traceback.format_exc(), "error")
        return "failed", _cause(error)
    return "completed", ""


class Training:
    """One run: its data, program and loop."""

    def __init__(self, store: Store, run: RunRecord, recorder: Recorder) -> None:
        self.store = store
        self.run = run
        self.recorder = recorder
        self.folder = store.run_folder(run.id)
        self.device = torch.device(run.used_device or "cpu")

    def go(self) -> None:
        """Trains and tests. Raises Stopped, WorkbenchError, or what torch raises."""
        store, run, recorder = self.store, self.run, self.recorder
        document = loads(store.document_text(run.id), f"run {run.id}")
        schemas = {**SAMPLES, **{record.id: Schema.from_json(record.schema) for record in store.datasets()}}
        analysis = analyse(document, schemas)
        text = generate(document, analysis)
        if text != store.program_text(run.id):
            raise JobError(
                "The program stored with this run is not what this Workbench writes for its drawing. "
                "Open the drawing and start a new run."
            )
        loaded = self._data(analysis)
        check_labels(analysis, loaded)
        settings = analysis.settings.with_values(seed=run.seed)
        program = build(self.folder / "program.py", text, settings.seed, self.device)
        if settings.weights and not run.resumed_from:  # what goes on has weights of its own
            self._start(program, analysis, settings.weights)
        feeds = Feeds.of(analysis, loaded, settings.batch_size, self.device)
        probes = Probes(analysis, program, feeds, recorder, self.device)
        loop = Loop(
            program,
            feeds,
            settings,
            goal_of(analysis),
            recorder,
            metrics=metrics_of(analysis),
            nodes=analysis.nodes,
            device=self.device,
            save=self._save,
            look=probes.look,
        )
        probes.last_step = loop.steps
        if run.resumed_from:
            loop.resume(*self._kept_by(run.resumed_from))
        recorder.insist(lambda: store.set_state(run.id, "running"))
        recorder.say(
            f"Training on {self.device} with torch {torch.__version__}, {plural(torch.get_num_threads(), 'thread')}."
        )
        loop.run()
        place = loop.place
        recorder.say(f"Trained {place.step:,} steps in {place.epoch:,} epochs.")
        if place.best is not None:
            recorder.say(f"Best {loop.goal.metric}: {place.best:.4g} after epoch {place.best_epoch}.")
        recorder.say(_memory(self.device, store.params(run.id).get(MEMORY)))
        tested = ", ".join(f"{name} {value:.4g}" for name, value in loop.test().items())
        if tested:
            which = "best" if place.best is not None else "last"
            averaged = "" if loop.average is None else " averaged"
            recorder.say(f"Tested the {which}{averaged} weights: {tested}.")

    def _start(self, program: nn.Module, analysis: Analysis, text: str) -> None:
        """Puts in the weights that the model starts from; the log says how many, the run keeps the whole list."""
        start = start_of(self.store, text)
        found = weights.put(start, program, analysis)
        self.recorder.say(weights.summary(start, found))
        for id in weights.still_fresh(found, analysis):
            self.recorder.say(
                f"“{id}” is frozen, but not all of its weights were taken over: the others stay as chance made them.",
                "warning",
            )
        data = weights.whole(found, program).encode()
        self.recorder.insist(
            lambda: self.store.add_media(self.run.id, "start_from", "text", 0, 0, data, start.name)
        )

    def _data(self, analysis: Analysis) -> dict[str, Loaded]:
        loaded = {}
        for info in analysis.root.infos.values():
            if isinstance(info.kind, Dataset):
                id = info.kind.dataset
                loaded[id] = load(self.store, id)
                for problem in loaded[id].problems:
                    self.recorder.say(problem, "warning")
        return loaded

    def _save(self, kind: CheckpointKind, content: bytes, progress: Progress) -> None:
        """Keeps a checkpoint, however long that takes where the disk is full."""
        self.recorder.insist(lambda: self._write(kind, content, progress), stoppable=True)

    def _write(self, kind: CheckpointKind, content: bytes, progress: Progress) -> None:
        """Writes the new file, makes it known, and only then takes away those of its kind before it.

        Under a name of its own, also at the same step: what is known stays whole until the new one is.
        """
        name = f"{kind}-{progress.step}-{secrets.token_hex(3)}.safetensors"
        file = self.folder / name
        try:
            digest = checkpoint.write(file, content)
        except OSError as error:
            size = f"{len(content):,} bytes"
            raise StoreError(
                f"The checkpoint {file} ({size}) cannot be written: {error.strerror}."
            ) from error
        older = [c for c in self.store.checkpoints(self.run.id) if c.kind == kind]
        value = float("nan") if progress.best is None else progress.best
        path = file.relative_to(self.store.files).as_posix()
        self.store.add_checkpoint(
            self.run.id, progress.step, progress.epoch, kind, path, digest, len(content), value
        )
        for old in older:
            self.store.remove_checkpoint(old.id)
        for other in self.folder.glob(f"{kind}-*.safetensors"):
            if other != file:
                other.unlink(missing_ok=True)

    def _kept_by(self, run: int) -> tuple[Saved, Saved | None]:
        """The last state of a run, or of the one that it went on from, and its best weights."""
        kept = {each.kind: each for each in reversed(self.store.checkpoints(run))}
        before = self.store.run(run).resumed_from
        if "last" not in kept and before:
            return self._kept_by(before)
        if "last" not in kept:
            raise JobError(f"Run {run} has no checkpoint to go on from.")
        read = {kind: checkpoint.read(self.store.file(c.path), c.sha256) for kind, c in kept.items()}
        return read["last"], read.get("best")


def _memory(device: torch.device, expected: object) -> str:
    """A line that holds the memory that a run took at most against what was expected of it."""
    wanted = f"{expected / 1e6:,.1f} MB expected" if isinstance(expected, int | float) else "no estimate"
    if device.type == "cuda":
        return (
            f"Most memory on the device: {torch.cuda.max_memory_allocated(device) / 1e6:,.1f} MB; {wanted}."
        )
    taken = psutil.Process().memory_info().rss / 1e6
    return f"Memory of the process: {taken:,.0f} MB, most of it torch itself; {wanted} for model and data."


def _cause(error: Exception) -> str:
    """One sentence that names the node; torch's own words often span many lines."""
    first = str(error).strip().split("\n")[0]
    what = f"{type(error).__name__}: {first}" if first else type(error).__name__
    place = place_of(error)
    return f"{place}: {what}" if place else what


def _out_of_memory(error: Exception) -> bool:
    """On a GPU torch has a name for it, on the CPU only words."""
    words = ("can't allocate memory", "not enough memory", "out of memory")
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(w in str(error) for w in words)


def _stop_on_signal(recorder: Recorder) -> None:
    """SIGTERM and Ctrl+C mean stop; the run ends with a checkpoint."""

    def ask(number: int, frame: FrameType | None) -> None:
        recorder.end()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # torch's threads can keep an interpreter from ending; everything is written by now
