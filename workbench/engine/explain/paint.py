"""Weights and maps as pictures: grey levels, heat in two colours, and heat over a picture. Imports torch and Pillow."""

import base64
import io
from math import ceil
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

_SMALLEST, _LARGEST = 112, 512
"""A smaller side is enlarged by whole pixels, a larger one made smaller."""
_FOR, _AGAINST = (230, 72, 32), (40, 108, 220)
"""What speaks for the target and against it: told apart also by those who see no red or green."""


def grey(values: Tensor, *, signed: bool = False) -> dict[str, Any]:
    """A map H×W from its least (black) to its largest number (white); `signed`: 0 is the middle grey."""
    low, high = float(values.min()), float(values.max())
    if signed:
        high = max(abs(low), abs(high))
        low = -high
    shares = (values.float() - low) / max(high - low, 1e-12)
    return coloured(shares[None])


def coloured(picture: Tensor) -> dict[str, Any]:
    """A picture of one or three channels with values in [0, 1]; of other numbers of channels their mean."""
    some = picture if len(picture) in (1, 3) else picture.mean(0, keepdim=True)
    levels = _fitted(some.detach().float().cpu().nan_to_num(0.0)).clamp(0, 1).mul(255).round().byte()
    array = levels[0].numpy() if len(levels) == 1 else levels.permute(1, 2, 0).numpy()
    return _told(Image.fromarray(array))


def shown(picture: Tensor) -> Tensor:
    """A picture C×H×W with its values brought into [0, 1], if they are not there already."""
    picture = picture.detach().float().cpu().nan_to_num(0.0)
    low, high = float(picture.min()), float(picture.max())
    return picture if low >= 0 and high <= 1 else (picture - low) / max(high - low, 1e-12)


def heat(values: Tensor) -> dict[str, Any]:
    """Weights H×W in two colours; the less a weight matters the less is seen of it."""
    shares = _shares(values)
    colors = _colors(shares)
    alpha = shares.abs()[None]
    array = torch.cat([colors, alpha]).mul(255).round().byte().permute(1, 2, 0).numpy()
    return _told(Image.fromarray(array))


def overlay(picture: Tensor, values: Tensor) -> dict[str, Any]:
    """Weights H×W over the picture C×H×W that they are of, whose own colours are left out."""
    ground = _fitted(shown(picture).mean(0, keepdim=True)).clamp(0, 1).expand(3, -1, -1) * 0.8 + 0.1
    shares = _shares(values)
    alpha = shares.abs().sqrt() * 0.85
    mixed = ground * (1 - alpha) + _colors(shares) * alpha
    return _told(Image.fromarray(mixed.mul(255).round().byte().permute(1, 2, 0).numpy()))


def _shares(values: Tensor) -> Tensor:
    values = values.detach().float().cpu().nan_to_num(0.0)
    largest = float(values.abs().max())
    return _fitted(values[None])[0] / largest if largest else _fitted(values[None])[0]


def _colors(shares: Tensor) -> Tensor:
    ends = torch.tensor([_FOR, _AGAINST]) / 255
    return torch.where(shares[None] >= 0, ends[0][:, None, None], ends[1][:, None, None])


def _fitted(picture: Tensor) -> Tensor:
    """C×H×W at a size at which it can be seen."""
    height, width = picture.shape[1:]
    if max(height, width) > _LARGEST:
        return F.interpolate(picture[None], scale_factor=_LARGEST / max(height, width), mode="area")[0]
    times = max(1, ceil(_SMALLEST / max(height, width)))
    return picture.repeat_interleave(times, 1).repeat_interleave(times, 2)


def _told(image: Image.Image) -> dict[str, Any]:
    file = io.BytesIO()
    image.save(file, "PNG")
    return {
        "png": base64.b64encode(file.getvalue()).decode("ascii"),
        "width": image.width,
        "height": image.height,
    }


def numbers(values: Tensor) -> Any:
    """Plain lists with six digits; NaN and infinite numbers become null on their way to the window."""
    array = values.detach().double().cpu().numpy()
    with np.errstate(all="ignore"):
        scale = 10.0 ** (5 - np.floor(np.log10(np.where(array == 0, 1, np.abs(array)))))
        rounded = np.where(np.isfinite(array), np.round(array * scale) / scale, array)
    return rounded.tolist()
