"""Looks through all probes of a drawing at points of the training. Imports torch, the store and the kinds of probes."""

import time
from collections.abc import Callable, Mapping
from typing import Final

import torch
from torch import Tensor, nn

from workbench.catalog.check import Analysis
from workbench.core.errors import StoreError
from workbench.engine.carrying import apart
from workbench.engine.checkpoint import Progress
from workbench.engine.feeds import TEST, Feeds
from workbench.engine.loop import Stopped
from workbench.engine.probes_layers import histograms
from workbench.engine.probes_look import Look
from workbench.engine.probes_maps import attention, forecast, matrix
from workbench.engine.probes_pictures import images, overlay
from workbench.engine.probes_texts import text_samples, translations
from workbench.engine.recorder import Recorder

PROBES: Final[Mapping[str, Callable[[Look], None]]] = {
    "AttentionMap": attention,
    "ConfusionMatrix": matrix,
    "Forecast": forecast,
    "Images": images,
    "LayerHistograms": histograms,
    "Overlay": overlay,
    "TextSamples": text_samples,
    "Translations": translations,
}
_IN_TRAINING: Final = frozenset({"Images", "TextSamples", "LayerHistograms"})
"""These look at no part of the data in particular: the last weights of the training are the end of their story."""

_LONG = 2.0
_TURN = 9.0


class Probes:
    """All probes of one drawing. `look` records what they see at this point of the training."""

    def __init__(
        self,
        analysis: Analysis,
        program: nn.Module,
        feeds: Feeds,
        recorder: Recorder,
        device: torch.device,
    ) -> None:
        self.program = program
        self.feeds = feeds
        self.recorder = recorder
        self.device = device
        self.root = analysis.root
        self.last_step = 0
        """After which training is over, as soon as that is known."""
        self._failed: set[str] = set()
        self._slow: set[str] = set()
        self._next: dict[str, float] = {}
        self.nodes = {
            id: info
            for id, info in analysis.root.infos.items()
            if info.kind is not None and info.kind.family == "probe"
        }

    def look(self, progress: Progress, totals: Mapping[str, Tensor], split: str) -> None:
        """Runs every probe; `totals` are the summed states of the evaluation just made.

        One that fails, in whatever way, ends neither the training nor the others; the log says so once. One that
        takes long leaves training nine times as long before it looks again, unless training is over.
        """
        self.program.eval()
        with apart(self.program):
            self._look(progress, totals, split)

    def _look(self, progress: Progress, totals: Mapping[str, Tensor], split: str) -> None:
        for id, info in self.nodes.items():
            if split == TEST and info.node.type in _IN_TRAINING:
                continue
            started = time.monotonic()
            over = split == TEST or progress.step >= self.last_step
            if started < self._next.get(id, 0.0) and not over:
                continue
            try:
                PROBES[info.node.type](
                    Look(
                        id,
                        info,
                        self.root,
                        self.program,
                        self.feeds,
                        self.recorder,
                        self.device,
                        progress,
                        split,
                        totals,
                    )
                )
            except (StoreError, Stopped):
                raise
            except Exception as error:
                if id not in self._failed:
                    self._failed.add(id)
                    words = str(error).split("\n")[0] or type(error).__name__
                    self.recorder.say(f"The probe {id} could not record anything: {words}", "warning")
            self._wait(id, time.monotonic() - started)

    def _wait(self, id: str, seconds: float) -> None:
        """A probe that takes long is to wait, so that most of the time is training."""
        if seconds < _LONG:
            return
        self._next[id] = time.monotonic() + _TURN * seconds
        if id not in self._slow:
            self._slow.add(id)
            self.recorder.say(
                f"The probe {id} took {seconds:.1f} s; from now on it looks every {_TURN * seconds:.0f} s or so "
                "and after the last epoch."
            )
