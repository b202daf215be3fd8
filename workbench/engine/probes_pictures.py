"""Probes that record pictures: sheets of images, and masks laid over them. Imports torch and Pillow."""

import io
import json
import math
from collections.abc import Sequence

import torch
from PIL import Image, PngImagePlugin
from torch import Tensor
from torch.nn import functional as F

from workbench.engine.probes_look import Look
from workbench.engine.readers.show_pictures import color_of

LARGEST_SIDE = 1024
LEGEND = "Legend"
"""The name of the text in a PNG that tells what its colours mean: [[label, color], …] as JSON."""

_FILL = 0.4
_GAP = 2  # around a pair, so that it is seen what belongs together
_SMALLEST = 96  # a side; smaller pictures are enlarged, so that lines around areas do not hide them


def images(look: Look) -> None:
    """A sheet of images."""
    count = look.param("count")
    values, _ = look.first(count)
    look.add("image", png(grid(values["input"])))


def overlay(look: Look) -> None:
    """Pictures with the true areas beside those with the predicted ones."""
    values, _ = look.first(look.param("count"))
    image, scores, target = values["image"], values["input"].float(), values["target"]
    if image.dim() == 5:
        middle = image.shape[2] // 2
        image, scores, target = image[:, :, middle], scores[:, :, middle], target[:, middle]
    guess = scores.argmax(1) if scores.shape[1] > 1 else (scores[:, 0] > 0).long()
    classes = max(2, scores.shape[1])
    pairs = torch.stack([painted(image, target, classes), painted(image, guess, classes)], dim=1)
    beside = torch.cat([pairs[:, 0], pairs.new_full((*pairs[:, 0].shape[:3], 1), 0.5), pairs[:, 1]], dim=3)
    beside = F.pad(beside, (_GAP, _GAP, _GAP, _GAP), value=0.5)
    labels = next((schema.labels for schema in look.schemas.values() if len(schema.labels) == classes), ())
    look.add("image", png(grid(beside), legend(labels, classes)), f"{look.split} · true | predicted")


def legend(labels: Sequence[str], count: int) -> list[tuple[str, str]]:
    """The names of areas and their colours, which are those of the data's own masks; that of class 0 has none."""
    names = [labels[each] if labels else f"class {each}" for each in range(1, count)]
    return [(name, f"#{bytes(color_of(each)).hex()}") for each, name in enumerate(names, 1)]


def painted(image: Tensor, classes: Tensor, count: int) -> Tensor:
    """N×C×H×W as colour pictures with the areas of N×H×W coloured, class 0 and -100 left as they are."""
    image, classes = image.detach().float().cpu().nan_to_num(0.0), classes.cpu()
    low, high = image.amin((1, 2, 3), keepdim=True), image.amax((1, 2, 3), keepdim=True)
    if float(image.min()) < 0 or float(image.max()) > 1:
        image = (image - low) / (high - low).clamp(min=1e-12)
    larger = max(1, _SMALLEST // max(image.shape[-2:]))
    image = image.expand(-1, 3, -1, -1).repeat_interleave(larger, 2).repeat_interleave(larger, 3)
    classes = classes.repeat_interleave(larger, 1).repeat_interleave(larger, 2)
    shown = classes.clamp(0, count - 1)
    colors = torch.tensor([color_of(each) for each in range(count)])[shown].permute(0, 3, 1, 2) / 255
    share = torch.where(_borders(shown), 1.0, _FILL)
    share = torch.where(classes > 0, share, 0.0)[:, None]
    return image * (1 - share) + colors * share


def _borders(classes: Tensor) -> Tensor:
    """Which pixels have a neighbour of another class."""
    padded = F.pad(classes[:, None].float(), (1, 1, 1, 1), mode="replicate")[:, 0]
    inner = padded[:, 1:-1, 1:-1]
    others = (padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    return torch.stack([other != inner for other in others]).any(0)


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


def png(picture: Tensor, legend: Sequence[tuple[str, str]] = ()) -> bytes:
    """A C×H×W picture with values in [0, 1] as a PNG file; values outside are cut off, NaN is black."""
    values = picture.detach().float().nan_to_num(0.0).clamp(0, 1).mul(255).round().byte().cpu()
    array = values[0].numpy() if len(values) != 3 else values.permute(1, 2, 0).numpy()
    image = Image.fromarray(array)
    if max(image.size) > LARGEST_SIDE:
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    told = PngImagePlugin.PngInfo()
    if legend:
        told.add_text(LEGEND, json.dumps(legend))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True, pnginfo=told)
    return buffer.getvalue()
