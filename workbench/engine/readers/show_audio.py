"""Sounds as they are looked at: the wave, and the spectrogram with low notes at the bottom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.engine.readers.content import Array, Content


def parts(content: Content, position: int, png: Callable[[Array], str]) -> list[dict[str, Any]]:
    """A curve of the wave, thinned to its outline, and a picture of the spectrogram, of those that there are."""
    found = [_wave(content, position)] if "_curve" in content.arrays else []
    if "mel" not in content.schema.outputs:
        return found
    bands = content.arrays["mel"][position, :, ::-1].astype(np.float32)
    low, high = float(bands.min()), float(bands.max())
    scaled = (bands - low) * (255 / (high - low)) if high > low else np.zeros_like(bands)
    found.append(
        {
            "name": "mel",
            "title": "spectrogram",
            "kind": "spectrogram",
            "png": png(scaled.astype(np.uint8)),
        }
    )
    return found


def _wave(content: Content, position: int) -> dict[str, Any]:
    curve = content.arrays["_curve"][position].astype(np.float64)
    return {
        "name": "wave",
        "title": "wave over time",
        "kind": "curve",
        "channels": [[float(f"{value:.4g}") for value in curve]],
        "rate": float(content.arrays["_rate"][0]),
    }
