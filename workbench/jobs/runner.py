"""The runner: one per workspace, detached from the window. Starts trainers for queued runs, watches them, writes
how they ended. Run as `python -m workbench.jobs.runner DATABASE`; ends itself when nothing is left to do.
"""

import faulthandler
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import JobError, StoreError
from workbench.jobs import adoption, processes
from workbench.jobs.devices import Device, choose, devices
from workbench.store.records import RunRecord
from workbench.store.store import Store

_HOPELESS = 60.0
_ENDED_FOR_STOP = "stopped; the training process did not answer, so it was ended."


@dataclass(slots=True)
class _Trainer:
    """A trainer's process. `process` is None for one that an earlier runner started."""

    run: int
    device: str
    pid: int
    started: float
    process: "subprocess.Popen[bytes] | None"
    beat: float = 0.0  # the last heartbeat, and when it was seen to change
    beat_seen: float = 0.0
    terminated: float = 0.0

    def ended(self) -> bool:
        if self.process is not None:
            return self.process.poll() is not None
        return not processes.alive(self.pid, self.started)


class Runner:
    """Works until nothing is queued or running. All durations are in seconds.

    A trainer is never called dead for being silent: only its process's end counts. One that was asked to stop and
    whose heartbeat has stood still for `patience` is ended, first politely, after `grace` for good.
    """

    def __init__(
        self,
        store: Store,
        *,
        trainer: Sequence[str] = (),
        machine: Sequence[Device] = (),
        poll: float = 0.2,
        idle: float = 5.0,
        patience: float = 15.0,
        grace: float = 10.0,
    ) -> None:
        self.store = store
        self._command = list(trainer) or processes.python("workbench.engine.train")
        self._machine = tuple(machine) or devices()
        self._poll, self._idle, self._patience, self._grace = poll, idle, patience, grace
        self._trainers: dict[int, _Trainer] = {}
        self._runs: list[RunRecord] = []
        self._version = -1
        self._busy = time.monotonic()

    def run(self) -> None:
        """Returns when there is no work left, or at once where the workspace has a runner already."""
        lock = adoption.runner_lock(self.store.files)
        while lock.acquire():
            try:
                self._serve()
            finally:
                lock.release()
            # A run queued after the last look found the lock still held, so nobody else was started for it.
            if not self.store.unfinished():
                return

    def _adopt(self) -> None:
        for run in adoption.settle(self.store, self._trainers).living:
            self._say(f"run {run.id}: process {run.pid} still lives and is watched again")
            self._trainers[run.id] = _Trainer(run.id, run.used_device, run.pid, run.process_started, None)

    def _serve(self) -> None:
        self._busy = fine = time.monotonic()
        while time.monotonic() - self._busy < self._idle:
            try:
                self._look()
                fine = time.monotonic()
            except StoreError as error:
                # A full disk or a lock passes; the trainers must not lose their watch.
                if not self._trainers and time.monotonic() - fine > _HOPELESS:
                    raise
                self._say(str(error))
                self._version = -1
                time.sleep(1.0)
                self._busy = time.monotonic()
            time.sleep(self._poll)

    def _look(self) -> None:
        for trainer in [each for each in self._trainers.values() if each.ended()]:
            self._end(trainer)
        version = self.store.data_version()
        if version != self._version:
            self._runs = self.store.unfinished()
            self._version = version
        if self._trainers or self._runs:
            self._busy = time.monotonic()
        for run in self._runs:
            if run.id in self._trainers:
                self._attend(self._trainers[run.id], run)
            elif run.state == "queued":
                self._place(run)
            else:  # left behind by an earlier runner, or an error came before its process was known
                self._adopt()

    def _place(self, run: RunRecord) -> None:
        """Starts the run if a device that suits it is free."""
        try:
            busy = {trainer.device for trainer in self._trainers.values()}
            device = choose(run.device, self._machine, busy)
            self.store.run_folder(run.id)
            if device is not None and self.store.claim(run.id, device):
                self._start(run.id, device)
        except JobError as error:
            self.store.set_state(run.id, "failed", str(error))

    def _start(self, run: int, device: str) -> None:
        command = [*self._command, str(self.store.path), str(run)]
        log = adoption.trainer_log(self.store, run)
        # The same order of GPUs for torch as for the driver, so that cuda:1 is the GPU that the window shows.
        # Threads that wait by spinning make a step four times slower as soon as anything else wants a core.
        waiting = os.environ.get("OMP_WAIT_POLICY", "PASSIVE")
        variables = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "OMP_WAIT_POLICY": waiting}
        variables |= adoption.mark(self.store, run)
        try:
            process = processes.start(command, log, self.store.path.parent, variables)
        except OSError as error:
            raise JobError(f"The trainer cannot be started: {error.strerror or error}.") from error
        started = processes.started(process.pid)
        self._trainers[run] = _Trainer(run, device, process.pid, started, process)
        self.store.set_process(run, process.pid, started)
        self._say(f"run {run}: process {process.pid} on {device}")

    def _attend(self, trainer: _Trainer, run: RunRecord) -> None:
        """Ends a trainer that was asked to stop and gives no sign of life."""
        now = time.monotonic()
        if run.pid != trainer.pid:  # the disk was full when it began
            self.store.set_process(run.id, trainer.pid, trainer.started)
        if run.heartbeat != trainer.beat or run.request != "stop":
            trainer.beat, trainer.beat_seen = run.heartbeat, now
        elif trainer.terminated:
            if now - trainer.terminated > self._grace:
                self._say(f"run {run.id}: killed, since it ignored the request to end")
                processes.kill(*adoption.processes_of(self.store, run.id))
        elif now - trainer.beat_seen > self._patience:
            self._say(f"run {run.id}: asked to end, since it ignored the request to stop")
            trainer.terminated = now
            processes.terminate(trainer.pid)

    def _end(self, trainer: _Trainer) -> None:
        """Writes down how a run ended, where its trainer did not."""
        run = trainer.run
        processes.kill(*adoption.processes_of(self.store, run))
        if run in [each.id for each in self.store.unfinished()]:
            if trainer.terminated:
                self.store.set_state(run, "stopped", _ENDED_FOR_STOP)
            else:
                code = trainer.process.returncode if trainer.process is not None else None
                line = processes.last_line(adoption.trainer_log(self.store, run))
                self.store.set_state(run, "failed", processes.cause(code, line))
        del self._trainers[run]
        self._say(f"run {run}: process {trainer.pid} is gone")

    def _say(self, text: str) -> None:
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Serves one workspace; whoever starts it keeps what it prints as the runner's log."""
    faulthandler.enable()
    if len(arguments) != 1:
        print("usage: python -m workbench.jobs.runner DATABASE", file=sys.stderr)
        return 2
    store = Store(Path(arguments[0]))
    try:
        Runner(store).run()
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
