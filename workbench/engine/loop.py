"""The training loop: epochs of batches, the updates of a program in their order, evaluation, checkpoints, requests.

What happens in a step is `step`; it is what a hand-written loop would do. Imports torch and its neighbours here.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from workbench.catalog.goals import Goal
from workbench.catalog.scope import NodeInfo
from workbench.catalog.training import Settings
from workbench.core.errors import JobError
from workbench.engine import checkpoint
from workbench.engine.averaging import Average
from workbench.engine.carrying import carried, keeps_states, put_back
from workbench.engine.checkpoint import Progress, Saved
from workbench.engine.feeds import TEST, TRAIN, VALIDATION, Feeds
from workbench.engine.program import Batch
from workbench.engine.recorder import Recorder
from workbench.engine.watch import Watch
from workbench.store.records import CheckpointKind

SAVE_EVERY = 10.0
SAVE_SHARE = 0.1
"""Most of the time that goes into saving: a large model on a slow disk is saved less often."""
LOOK_EVERY = 2.0


@dataclass(slots=True)
class Update:
    """One optimiser step of the program, ready to run."""

    name: str
    losses: Callable[[Batch], dict[str, Tensor]]
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler | None
    every: int
    clip: float

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """Forward, backward, step. The first loss is what is minimised."""
        losses = self.losses(batch)
        self.optimizer.zero_grad(set_to_none=True)
        next(iter(losses.values())).backward()  # type: ignore[no-untyped-call]  # torch's stubs leave it open
        if self.clip:
            weights = [weight for group in self.optimizer.param_groups for weight in group["params"]]
            nn.utils.clip_grad_norm_(weights, self.clip)
        self.optimizer.step()
        if self.schedule is not None and not isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step()
        return losses

    def judged(self, value: float | None) -> None:
        """Tells a schedule that goes by a figure what it was after an epoch."""
        if isinstance(self.schedule, ReduceLROnPlateau) and value is not None:
            self.schedule.step(value)


class Stopped(Exception):  # noqa: N818 - not an error but a wish
    """The person asked for the end."""


class Loop:
    """One run of a program over its feeds."""

    def __init__(
        self,
        program: nn.Module,
        feeds: Feeds,
        settings: Settings,
        goal: Goal,
        recorder: Recorder,
        *,
        metrics: tuple[str, ...],
        nodes: Mapping[str, NodeInfo],
        device: torch.device,
        save: Callable[[CheckpointKind, bytes, Progress], object],
        look: Callable[[Progress, Mapping[str, Tensor], str], object],
    ) -> None:
        """`nodes` are those of the drawing, for live values.

        `save(kind, content, progress)` keeps a checkpoint, `look(progress, totals, split)` runs the probes.
        """
        self.program = program
        self.feeds = feeds
        self.settings = settings
        self.goal = goal
        self.metrics = metrics
        self.recorder = recorder
        self.device = device
        self.watch = Watch(program, nodes, device)
        self.save = save
        self.look = look
        self.place = Progress()
        self.epoch_steps = feeds.steps(TRAIN)
        self.steps = settings.epochs * self.epoch_steps
        if settings.steps:
            self.steps = min(self.steps, settings.steps)
        self.updates = self._updates()
        self.average = Average(program, settings.ema_decay) if settings.ema_decay else None
        self.best: dict[str, Tensor] | None = None
        self._keeps_states = len(self.updates) > 1 and keeps_states(program)
        self._carried: dict[str, Tensor] = {}
        self._kept_best = 0
        self._looked = time.monotonic()
        self._save_at = self._looked + SAVE_EVERY

    def _updates(self) -> list[Update]:
        table: tuple[tuple[str, int, float], ...] = self.program.UPDATES  # type: ignore[assignment]
        updates = []
        for name, every, clip in table:
            optimizer = getattr(self.program, f"optimizer_{name}")()
            steps = -(-self.steps // every)
            make = getattr(self.program, f"schedule_{name}", None)
            per_epoch = self.epoch_steps / every if every > 1 else self.epoch_steps
            try:
                schedule = make(optimizer, steps, per_epoch) if make else None
            except ZeroDivisionError as error:  # torch's OneCycleLR whose peak is at the very first step
                raise JobError(
                    f"The schedule of the update “{name}” has its peak at the first of {steps:,} steps, so the "
                    "learning rate cannot rise to it. Train for more epochs, or enlarge its share of the steps."
                ) from error
            losses = getattr(self.program, f"update_{name}")
            updates.append(Update(name, losses, optimizer, schedule, every, clip))
        return updates

    def resume(self, saved: Saved, best: Saved | None) -> None:
        """Goes on where a checkpoint was written; `best` holds the best weights until then."""
        optimizers, schedules = self._state()
        self.place = checkpoint.restore(saved, self.program, optimizers, schedules, self.device)
        if self.average is not None:
            self.average.put_back(saved.weights)
        self._carried = saved.carried
        # A best checkpoint that is newer than the last one is found again on the way.
        if best is not None and best.progress.step == self.place.best_step:
            self.best = best.weights

    def run(self) -> None:
        """Trains to the end. Raises Stopped when asked to stop; the last checkpoint is then already kept."""
        try:
            if self.place.evaluated < self.place.epoch:  # stopped in between
                self._after_epoch()
            while self.place.step < self.steps and not self._settled():
                self._epoch()
                self._after_epoch()
        except Stopped:
            self._keep()
            raise
        self._keep()

    def _settled(self) -> bool:
        """Early stopping: whether there was no better epoch for long enough."""
        patience, place = self.settings.patience, self.place
        if not (patience and self.goal.metric) or place.epoch - place.best_epoch < patience:
            return False
        self.recorder.say(f"Stopped early: no better {self.goal.metric} for {patience} epochs.")
        return True

    def _epoch(self) -> None:
        """The rest of the current epoch."""
        place, recorder = self.place, self.recorder
        self.program.train()  # layers that keep their state begin anew
        if place.batch:
            put_back(self.program, self._carried, self.device)
        for batch in self.feeds.epoch(self.settings.seed, place.epoch, place.batch):
            if recorder.asked.is_set():
                self._obey()
            place.step += 1
            place.batch += 1
            if recorder.look_due:
                with self.watch.step(recorder.show):
                    losses = self._step(batch)
            else:
                losses = self._step(batch)
            for name, value in losses.items():
                recorder.log(f"train/{name}", place.step, place.epoch + 1, value.detach())
            recorder.progress(place.epoch + 1, place.step, self.steps)
            if place.step >= self.steps:
                break
            if time.monotonic() > self._save_at:
                self._keep()
        place.epoch += 1
        place.batch = 0

    def _step(self, batch: Batch) -> dict[str, Tensor]:
        """All updates that are due; of a loss in two updates, the first value counts.

        Layers that keep their state read the batch from the same state in each of them.
        """
        losses: dict[str, Tensor] = {}
        states = carried(self.program) if self._keeps_states else {}
        for update in self.updates:
            if self.place.step % update.every == 0:
                if losses and self._keeps_states:
                    put_back(self.program, states, self.device)
                losses = {**update.step(batch), **losses}
        if self.average is not None:
            self.average.step(self.place.step)
        return losses

    def _after_epoch(self) -> None:
        """Evaluates, decides whether this was the best epoch, looks through the probes; all of it with the averaged
        weights where there are such, since these are what the run is for.
        """
        with self.average.in_place() if self.average is not None else nullcontext():
            value = self._judge()
        for update in self.updates:
            update.judged(value)
        self.place.evaluated = self.place.epoch
        if time.monotonic() > self._save_at:
            self._keep()

    def _judge(self) -> float | None:
        """What the weights that the program has just now are worth, by the figure that decides."""
        split = VALIDATION if self.feeds.has(VALIDATION) else TRAIN
        values, totals = self.evaluate(split)
        if split == VALIDATION and self.metrics:
            self._train_figures()
        value = values.get(self.goal.metric)
        if value is not None and self.goal.better(value, self.place.best):
            self.place.best, self.place.best_epoch, self.place.best_step = (
                value,
                self.place.epoch,
                self.place.step,
            )
            self.best = {name: weight.cpu().clone() for name, weight in self.program.state_dict().items()}
        last = self.place.step >= self.steps
        if last or self.place.epoch == 1 or time.monotonic() - self._looked > LOOK_EVERY:
            with self._apart():
                self.look(self.place, totals, split)
            self._looked = time.monotonic()
        return value

    def _train_figures(self) -> None:
        """Metrics on training examples, as many as the validation has, so that the two can be compared."""
        values, _ = self._evaluate(TRAIN, self.feeds.steps(VALIDATION))
        self._log(TRAIN, values, self.metrics)

    def evaluate(self, split: str) -> tuple[dict[str, float], dict[str, Tensor]]:
        """Losses and metrics over a whole split, recorded under its name; also the summed states.

        Of training only the metrics are: its losses are those of the steps.
        """
        values, totals = self._evaluate(split)
        self._log(split, values, self.metrics if split == TRAIN else tuple(values))
        return values, totals

    def _log(self, split: str, values: Mapping[str, float], names: tuple[str, ...]) -> None:
        for name in names:
            self.recorder.log(f"{split}/{name}", self.place.step, self.place.epoch, values[name])

    def test(self) -> dict[str, float]:
        """The best weights, or else the last ones, on examples that no decision has seen."""
        self.program.load_state_dict(self._weights() if self.best is None else self.best)
        if not self.feeds.has(TEST):
            return {}
        place = self.place
        if self.best is not None:
            self.place = replace(place, epoch=place.best_epoch, step=place.best_step)
        values, totals = self.evaluate(TEST)
        with self._apart():
            self.look(self.place, totals, TEST)
        self.place = place
        return values

    def _evaluate(self, split: str, most: int = 0) -> tuple[dict[str, float], dict[str, Tensor]]:
        evaluate = self.program.evaluate
        totals: dict[str, Tensor] = {}
        self.program.eval()
        with self._apart():
            for index, batch in enumerate(self.feeds.split(split)):
                if most and index >= most:
                    break
                if self.recorder.wish() == "stop":
                    raise Stopped
                for name, state in evaluate(batch).items():  # type: ignore[operator]
                    totals[name] = totals[name] + state if name in totals else state
        values: dict[str, float] = self.program.summarise(totals)  # type: ignore[operator]
        return values, totals

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Random numbers drawn meanwhile are always the same and leave those of training as they were."""
        kept = checkpoint.random_of(self.device)
        with torch.random.fork_rng([]):
            torch.manual_seed(self.settings.seed)
            try:
                yield
            finally:
                checkpoint.set_random(self.device, kept)

    def _obey(self) -> None:
        """Pauses until told otherwise; raises Stopped to end."""
        recorder = self.recorder
        recorder.asked.clear()
        if recorder.wish() == "pause":
            self._keep()
            recorder.say("Paused.")
            recorder.insist(lambda: recorder.store.set_state(recorder.run, "paused"))
            while recorder.wish() == "pause":
                recorder.asked.wait(1.0)
                recorder.asked.clear()
                recorder.check()
            if recorder.wish() != "stop":
                recorder.say("Going on.")
                recorder.insist(lambda: recorder.store.set_state(recorder.run, "running"))
        if recorder.wish() == "stop":
            raise Stopped

    def _keep(self) -> None:
        """Writes the best weights where there are newer ones, then the last state.

        In this order: whatever the last state calls best is there, and one that is newer is found again from it.
        """
        began = time.monotonic()
        if self.best is not None and self._kept_best != self.place.best_step:
            best = replace(self.place, epoch=self.place.best_epoch, step=self.place.best_step, batch=0)
            self.save("best", checkpoint.pack(self.best, best, {}, {}, self.device), best)
            self._kept_best = self.place.best_step
        optimizers, schedules = self._state()
        states = carried(self.program) if self.place.batch else {}
        own = self.program.state_dict() if self.average is not None else {}
        content = checkpoint.pack(
            self._weights(), self.place, optimizers, schedules, self.device, carried=states, own=own
        )
        self.save("last", content, self.place)
        ended = time.monotonic()
        self._save_at = ended + max(SAVE_EVERY, (ended - began) / SAVE_SHARE)

    def _weights(self) -> dict[str, Tensor]:
        """The weights that a run is for: the averaged ones where there are such."""
        return self.program.state_dict() if self.average is None else self.average.weights

    def _state(self) -> tuple[checkpoint.Optimizers, checkpoint.Schedules]:
        optimizers = {update.name: update.optimizer for update in self.updates}
        return optimizers, {u.name: u.schedule for u in self.updates if u.schedule is not None}
