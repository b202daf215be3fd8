"""The trainer: `python -m workbench.engine.train DATABASE RUN` trains one queued run to its end.

Whatever happens, the run's state and its cause are in the database when the process has ended by itself.
"""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType

import torch
from torch import Tensor

from workbench.catalog.check import Analysis, analyse
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.schema import SAMPLES, Schema
from workbench.catalog.updates import total_name
from workbench.codegen.program import generate
from workbench.core.errors import JobError, WorkbenchError
from workbench.core.files import loads
from workbench.engine import checkpoint
from workbench.engine.checkpoint import Progress
from workbench.engine.data import Loaded, load
from workbench.engine.feeds import Feeds
from workbench.engine.loop import Goal, Loop, Stopped
from workbench.engine.probes import Probes
from workbench.engine.program import build
from workbench.engine.recorder import Recorder
from workbench.store.records import CheckpointKind, RunRecord, State
from workbench.store.store import Store


def main(arguments: list[str]) -> int:
    """Trains; 0 when the run ended as it should, 1 when it failed."""
    store = Store(Path(arguments[0]))
    run = store.run(int(arguments[1]))
    recorder = Recorder(store, run.id)
    _stop_on_signal(recorder)
    state: State = "completed"
    cause = ""
    try:
        Training(store, run, recorder).go()
    except Stopped:
        state, cause = "stopped", "Stopped by you; the last checkpoint is kept."
    except WorkbenchError as error:
        state, cause = "failed", str(error)
    except torch.OutOfMemoryError:
        state, cause = (
            "failed",
            f"Out of memory on {run.used_device or run.device}: use a smaller batch or model.",
        )
    except Exception as error:
        state, cause = "failed", _cause(error)
        traceback.print_exc()
        recorder.say(traceback.format_exc(), "error")
    recorder.close()
    if cause:
        recorder.say(cause, "error" if state == "failed" else "info")
    store.set_state(run.id, state, cause)
    store.close()
    return 1 if state == "failed" else 0


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
        settings = replace(analysis.settings, seed=run.seed)
        program = build(self.folder / "program.py", text, settings.seed, self.device)
        feeds = Feeds.of(analysis, loaded, settings.batch_size, self.device)
        probes = Probes(analysis, program, feeds, store, run.id, self.device)
        loop = Loop(
            program,
            feeds,
            settings,
            goal(analysis),
            recorder,
            metrics=metrics(analysis),
            device=self.device,
            save=self._save,
            look=lambda progress, totals, split: self._look(probes, progress, totals, split),
        )
        if run.resumed_from:
            loop.resume(self._last_of(run.resumed_from))
        store.set_state(run.id, "running")
        recorder.say(
            f"Training on {self.device} with torch {torch.__version__}, {torch.get_num_threads()} threads."
        )
        loop.run()
        loop.test()

    def _data(self, analysis: Analysis) -> dict[str, Loaded]:
        records = {record.id: record for record in self.store.datasets()}
        loaded = {}
        for info in analysis.root.infos.values():
            if isinstance(info.kind, Dataset):
                id = info.kind.dataset
                loaded[id] = load(records.get(id, id))
                for problem in loaded[id].problems:
                    self.recorder.say(problem, "warning")
        return loaded

    def _save(self, kind: CheckpointKind, content: bytes, progress: Progress) -> None:
        """Writes the new file, makes it known, and only then takes the older one of its kind away."""
        name = f"{kind}-{progress.step}.safetensors"
        file = self.folder / name
        digest = checkpoint.write(file, content)
        older = [c for c in self.store.checkpoints(self.run.id) if c.kind == kind]
        value = float("nan") if progress.best is None else progress.best
        path = file.relative_to(self.store.files).as_posix()
        self.store.add_checkpoint(
            self.run.id, progress.step, progress.epoch, kind, path, digest, len(content), value
        )
        for old in older:
            self.store.remove_checkpoint(old.id)
            if old.path != path:
                self.store.file(old.path).unlink(missing_ok=True)

    def _look(self, probes: Probes, progress: Progress, totals: Mapping[str, Tensor], split: str) -> None:
        """A probe that fails must not end the training."""
        try:
            probes.look(progress, totals, split)
        except (RuntimeError, ValueError, WorkbenchError) as error:
            self.recorder.say(f"A probe could not record anything: {error}", "warning")

    def _last_of(self, run: int) -> checkpoint.Saved:
        kept = next((c for c in self.store.checkpoints(run) if c.kind == "last"), None)
        if kept is None:
            raise JobError(f"Run {run} has no checkpoint to go on from.")
        return checkpoint.read(self.store.file(kept.path), kept.sha256)


def metrics(analysis: Analysis) -> tuple[str, ...]:
    """Names of the drawing's metrics, in its order."""
    infos = analysis.root.infos
    return tuple(id for id, info in infos.items() if info.kind is not None and info.kind.family == "metric")


def goal(analysis: Analysis) -> Goal:
    """What decides which epoch is best: the monitored figure, else the first metric, else what is minimised.

    Several updates without a metric (a GAN) have no best epoch: their losses pull against each other.
    """
    metric = analysis.settings.monitor or next(iter(metrics(analysis)), "")
    if not metric and len(analysis.updates) == 1:
        metric = total_name(analysis.root, analysis.updates, analysis.updates[0])
    kind = analysis.root.infos[metric].kind if metric in analysis.root.infos else None
    return Goal(metric, getattr(kind, "goal", "min") == "max")


def _cause(error: Exception) -> str:
    """One sentence; torch's own words often span many lines."""
    first = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _stop_on_signal(recorder: Recorder) -> None:
    """SIGTERM and Ctrl+C mean stop; the run ends with a checkpoint."""

    def ask(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=recorder.store.request, args=(recorder.run, "stop"), daemon=True).start()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # torch's threads can keep an interpreter from ending; everything is written by now
