"""What probes record: grids of images as PNG, samples of text, confusion matrices. Imports torch, Pillow, the store."""

import io
import json
import math
from collections.abc import Mapping
from typing import cast

import torch
from PIL import Image
from torch import Tensor, nn

from workbench.catalog.check import Analysis
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.scope import NodeInfo
from workbench.core.errors import StoreError
from workbench.engine.checkpoint import Progress
from workbench.engine.feeds import TEST, VALIDATION, Feeds
from workbench.engine.program import method
from workbench.engine.recorder import Recorder
from workbench.engine.writing import written
from workbench.store.records import MediaKind

LARGEST_SIDE = 1024


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
        self._failed: set[str] = set()
        self.nodes = {
            id: info
            for id, info in analysis.root.infos.items()
            if info.kind is not None and info.kind.family == "probe"
        }
        self.datasets = {
            id: info.kind.schema
            for id, info in analysis.root.infos.items()
            if isinstance(info.kind, Dataset) and info.kind.schema is not None
        }

    def look(self, progress: Progress, totals: Mapping[str, Tensor], split: str) -> None:
        """Runs every probe; `totals` are the summed states of the evaluation just made.

        One that fails, in whatever way, ends neither the training nor the others; the log says so once.
        """
        self.program.eval()
        for id, info in self.nodes.items():
            try:
                self._run(id, info, progress, totals, split)
            except StoreError:
                raise
            except Exception as error:
                if id not in self._failed:
                    self._failed.add(id)
                    words = str(error).split("\n")[0] or type(error).__name__
                    self.recorder.say(f"The probe {id} could not record anything: {words}", "warning")

    def _run(
        self, id: str, info: NodeInfo, progress: Progress, totals: Mapping[str, Tensor], split: str
    ) -> None:
        match info.node.type:
            case "Images" if split != TEST:
                self._images(id, info, progress)
            case "TextSamples" if split != TEST:
                self._text(id, info, progress)
            case "ConfusionMatrix":
                self._matrix(id, totals[id], progress, split)

    def _add(self, id: str, kind: MediaKind, progress: Progress, data: bytes, caption: str) -> None:
        recorder = self.recorder
        recorder.insist(
            lambda: recorder.store.add_media(
                recorder.run, id, kind, progress.step, progress.epoch, data, caption
            )
        )

    def _images(self, id: str, info: NodeInfo, progress: Progress) -> None:
        split = VALIDATION if self.feeds.has(VALIDATION) else "train"
        count = getattr(info.kind, "count", 16)
        found: list[Tensor] = []
        for batch in self.feeds.split(split):
            found.append(cast(Tensor, method(self.program, f"probe_{id}")(batch)))
            if sum(map(len, found)) >= count:
                break
        self._add(id, "image", progress, png(grid(torch.cat(found)[:count])), f"epoch {progress.epoch}")

    def _text(self, id: str, info: NodeInfo, progress: Progress) -> None:
        node, feed = next(
            (name, feed)
            for feed in self.feeds.feeds
            for name in self.datasets
            if f"{name}.next" in feed.outputs.values() and feed.data.vocabularies
        )
        kind = info.kind
        texts = written(
            lambda batch: cast(Tensor, method(self.program, f"probe_{id}")(batch)),
            node,
            feed,
            prompt=getattr(kind, "prompt", ""),
            count=getattr(kind, "count", 2),
            length=getattr(kind, "length", 200),
            temperature=getattr(kind, "temperature", 0.8),
            device=self.device,
        )
        self._add(id, "text", progress, "\n\n".join(texts).encode(), f"epoch {progress.epoch}")

    def _matrix(self, id: str, total: Tensor, progress: Progress, split: str) -> None:
        labels = next((schema.labels for schema in self.datasets.values() if "label" in schema.outputs), ())
        named = list(labels) if len(labels) == len(total) else []
        content = {"labels": named, "counts": [[round(v) for v in row] for row in total.tolist()]}
        self._add(id, "matrix", progress, json.dumps(content).encode(), split)


def grid(images: Tensor) -> Tensor:
    """N×C×H×W values in [0, 1] as one C×H×W picture, nearly square, with a line of one pixel between the images."""
    count, channels, height, width = images.shape
    columns = max(1, math.ceil(math.sqrt(count * height / width)))
    rows = math.ceil(count / columns)
    canvas = images.new_full((channels, rows * (height + 1) - 1, columns * (width + 1) - 1), 0.5)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + 1), (index % columns) * (width + 1)
        canvas[:, top : top + height, left : left + width] = image
    return canvas


def png(picture: Tensor) -> bytes:
    """A C×H×W picture with values in [0, 1] as a PNG file; values outside are cut off, NaN is black."""
    values = picture.detach().float().nan_to_num(0.0).clamp(0, 1).mul(255).round().byte().cpu()
    array = values[0].numpy() if len(values) != 3 else values.permute(1, 2, 0).numpy()
    image = Image.fromarray(array)
    if max(image.size) > LARGEST_SIDE:
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
