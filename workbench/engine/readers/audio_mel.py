"""Spectrograms: short-time Fourier transform, mel filters and their logarithm.  NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Added to the energy before the logarithm, so that silence is a number.
FLOOR = 1e-6


@dataclass(frozen=True)
class Mel:
    """How sound at `rate` becomes a log-mel spectrogram of `bands` rows.

    Windows of `window` samples (Hann) every `hop` samples, centred, with zeros outside; power; triangular
    filters, equally spaced on the mel scale of HTK, 2595 log10(1 + f / 700); natural logarithm.
    """

    rate: int
    bands: int
    window: int
    hop: int
    low: float = 0.0
    high: float = 0.0

    @property
    def points(self) -> int:
        """Length of the Fourier transform: fine enough for the lowest filters."""
        return int(2 ** np.ceil(np.log2(max(self.window, 512))))

    def frames(self, samples: int) -> int:
        """Columns of the spectrogram of so many samples."""
        return 1 + samples // self.hop

    @cached_property
    def filters(self) -> NDArray[np.float64]:
        """Weights of the frequencies in each band, bands × (points / 2 + 1); each peaks at 1."""
        high = self.high or self.rate / 2
        corners = _hertz(np.linspace(_mel(self.low), _mel(high), self.bands + 2))
        frequencies = np.linspace(0, self.rate / 2, self.points // 2 + 1)
        left, centre, right = (corners[i : self.bands + i, None] for i in range(3))
        rising = (frequencies - left) / (centre - left)
        falling = (right - frequencies) / (right - centre)
        weights: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
        return weights

    def __call__(self, waves: Floats) -> Floats:
        """Waves N×T as logarithms N×bands×frames."""
        half = self.window // 2
        padded = np.pad(waves.astype(np.float32), ((0, 0), (half, self.window - half)))
        views = np.lib.stride_tricks.sliding_window_view(padded, self.window, axis=1)
        hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.window) / self.window)).astype(np.float32)
        count = self.frames(waves.shape[1])
        spectrum = np.fft.rfft(views[:, :: self.hop][:, :count] * hann, self.points, axis=2)
        power = spectrum.real**2 + spectrum.imag**2
        bands: Floats = np.log(power @ self.filters.T.astype(np.float32) + np.float32(FLOOR))
        return bands.transpose(0, 2, 1)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    hertz: NDArray[np.float64] = 700 * (10 ** (mel / 2595) - 1)
    return hertz
