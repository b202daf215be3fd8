"""The spectrogram beside SciPy's Fourier transform and filters written out one by one."""

import math

import numpy as np
import pytest
from scipy import signal

from workbench.engine.readers.audio_mel import FLOOR, Mel


def filters_one_by_one(mel: Mel) -> np.ndarray:
    """Young et al. 2006, The HTK book, section 5.4, with the peaks at 1."""
    high = mel.high or mel.rate / 2
    to_mel = [2595 * math.log10(1 + f / 700) for f in (mel.low, high)]
    step = (to_mel[1] - to_mel[0]) / (mel.bands + 1)
    corners = [700 * (10 ** ((to_mel[0] + i * step) / 2595) - 1) for i in range(mel.bands + 2)]
    weights = np.zeros((mel.bands, mel.points // 2 + 1))
    for band in range(mel.bands):
        left, centre, right = corners[band : band + 3]
        for k in range(mel.points // 2 + 1):
            f = k * mel.rate / mel.points
            if left < f <= centre:
                weights[band, k] = (f - left) / (centre - left)
            elif centre < f < right:
                weights[band, k] = (right - f) / (right - centre)
    return weights


@pytest.mark.parametrize(
    "mel",
    [Mel(8_000, 40, 200, 80), Mel(16_000, 64, 400, 160, 20, 7_600), Mel(44_100, 80, 1_102, 441)],
    ids=["8 kHz", "16 kHz", "44.1 kHz"],
)
def test_it_is_that_of_scipy(mel: Mel) -> None:
    wave = np.random.RandomState(1).standard_normal(mel.rate // 2).astype(np.float32)
    wave += np.sin(2 * np.pi * 440 * np.arange(len(wave)) / mel.rate).astype(np.float32)
    got = mel(wave[None])
    window = signal.get_window("hann", mel.window, fftbins=True)
    half = mel.window // 2
    padded = np.pad(wave.astype(np.float64), (half, mel.window))
    frames = [padded[i * mel.hop : i * mel.hop + mel.window] * window for i in range(mel.frames(len(wave)))]
    power = np.abs(np.fft.fft(np.array(frames), mel.points)[:, : mel.points // 2 + 1]) ** 2
    wanted = np.log(power @ filters_one_by_one(mel).T + FLOOR).T
    assert got.shape == (1, mel.bands, 1 + len(wave) // mel.hop) and got.dtype == np.float32
    assert np.abs(got[0] - wanted).max() < 2e-4
    # ... and the transform itself is SciPy's, between the edges.
    _, _, theirs = signal.stft(
        wave, window=window, nperseg=mel.window, noverlap=mel.window - mel.hop, nfft=mel.points,
        boundary=None, padded=False, scaling="spectrum",
    )  # fmt: skip
    ours = np.fft.rfft(np.array([wave[: mel.window] * window]), mel.points)[0] / window.sum()
    assert np.abs(ours - theirs[:, 0]).max() < 1e-5


def test_every_filter_sees_something_and_silence_is_a_number() -> None:
    mel = Mel(8_000, 40, 200, 80)
    assert (mel.filters.max(axis=1) > 0.3).all() and mel.filters.max() <= 1
    assert np.allclose(mel(np.zeros((2, 800), dtype=np.float32)), math.log(FLOOR))


def test_a_tone_lies_in_its_band() -> None:
    mel = Mel(8_000, 40, 200, 80)
    tone = np.sin(2 * np.pi * 1_000 * np.arange(4_000) / 8_000).astype(np.float32)
    loudest = mel(tone[None])[0, :, 10:40].mean(axis=1).argmax()
    assert mel.filters[loudest].argmax() * mel.rate / mel.points == pytest.approx(1_000, abs=60)


def test_a_sound_shorter_than_a_window() -> None:
    assert Mel(8_000, 40, 200, 80)(np.ones((1, 10), dtype=np.float32)).shape == (1, 40, 1)
