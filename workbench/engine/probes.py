"""What probes record: grids of images as PNG, samples of text, confusion matrices. Imports torch, Pillow, the store."""

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import torch
from PIL import Image
from torch import Tensor, nn

from workbench.catalog.check import Analysis
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.schema import Schema
from workbench.catalog.scope import NodeInfo
from workbench.core.errors import StoreError
from workbench.engine.checkpoint import Progress
from workbench.engine.feeds import TEST, VALIDATION, Feeds
from workbench.engine.program import method
from workbench.engine.recorder import Recorder
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
        node, schema = next((id, s) for id, s in self.datasets.items() if s.kind == "text")
        kind = info.kind
        texts = generate(
            lambda tokens: cast(
                Tensor,
                method(self.program, f"probe_{id}")({f"{node}.tokens": tokens, f"{node}.next": tokens}),
            ),
            schema,
            prompt=getattr(kind, "prompt", ""),
            count=getattr(kind, "count", 2),
            length=getattr(kind, "length", 200),
            temperature=getattr(kind, "temperature", 0.8),
            context=next(f.length for f in self.feeds.feeds if f"{node}.tokens" in f.outputs.values()),
            device=self.device,
        )
        self._add(id, "text", progress, "\n\n".join(texts).encode(), f"epoch {progress.epoch}")

    def _matrix(self, id: str, total: Tensor, progress: Progress, split: str) -> None:
        labels = next((schema.labels for schema in self.datasets.values() if schema.kind != "text"), ())
        named = list(labels) if len(labels) == len(total) else []
        content = {"labels": named, "counts": [[round(v) for v in row] for row in total.tolist()]}
        self._add(id, "matrix", progress, json.dumps(content).encode(), split)


def generate(
    logits: Callable[[Tensor], Tensor],
    schema: Schema,
    *,
    prompt: str,
    count: int,
    length: int,
    temperature: float,
    context: int,
    device: torch.device,
) -> list[str]:
    """Texts that a language model writes, character by character, from the last `context` ones.

    `logits` maps tokens N×L to N×L×V; characters are drawn from the softmax of the last ones over `temperature`
    (0 takes the likeliest).
    """
    start = tokens_of(prompt, schema.labels)
    text = torch.tensor([start] * count, device=device)
    for _ in range(length):
        scores = logits(text[:, -context:])[:, -1].float()
        if temperature > 0:
            chosen = torch.multinomial(torch.softmax(scores / temperature, dim=-1), 1)
        else:
            chosen = scores.argmax(dim=-1, keepdim=True)
        text = torch.cat([text, chosen], dim=1)
    return ["".join(schema.labels[token] for token in row) for row in text.tolist()]


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


def tokens_of(text: str, vocabulary: Sequence[str]) -> list[int]:
    """Characters as numbers; those that the vocabulary lacks are left out, and nothing left means its first."""
    index = {character: number for number, character in enumerate(vocabulary)}
    return [index[character] for character in text if character in index] or [index.get("\n", 0)]
