"""Very many curves are measured and painted together, and look as if each were alone."""

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from workbench.gui.widgets import curve_painting
from workbench.gui.widgets.axes import Frame
from workbench.gui.widgets.curves import STYLES, Band, Curve, Seen, Smoothing, look, y_extent
from workbench.gui.widgets.series import Series

LEFT, WIDE, HIGH = 10, 400, 200


def curves() -> list[Curve]:
    """Of all styles and of several lengths, with gaps, single points and none."""
    chance, made = np.random.default_rng(0), []
    for number in range(24):
        count = (30, 1, 80, 0, 300)[number % 5]
        y = chance.normal(size=count)
        y[chance.random(count) < (0, 0.3, 1)[number % 3] / 2] = np.nan
        style = STYLES[number % 4]
        made.append(Curve(f"run {number}", Series(np.arange(count), y), number, style, thin=number % 7 == 0))
    return made


def painted(seen: list[Seen], frame: Frame) -> QImage:
    picture = QImage(LEFT + WIDE + 10, HIGH + 20, QImage.Format.Format_RGB32)
    picture.fill(0)
    painter = QPainter(picture)
    curve_painting.paint(painter, frame, seen)
    painter.end()
    return picture


@pytest.mark.parametrize("log", [False, True])
def test_curves_that_are_painted_together_look_as_one_by_one(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, log: bool
) -> None:
    seen = look(curves(), 0, 100, WIDE, Smoothing())
    low, high = (0.01, 3.0) if log else (-3.0, 3.0)
    frame = Frame(LEFT, 10, WIDE, HIGH, 0, 100, low, high, log, False)
    together = painted(seen, frame)
    monkeypatch.setattr(curve_painting, "_lines_only", lambda one, *, dots: False)
    assert painted(seen, frame) == together
    assert painted(seen[:5], frame) != together


@pytest.mark.parametrize("log", [False, True])
def test_the_range_of_values_is_that_of_all_curves_and_bands(log: bool) -> None:
    least, most = (np.inf, -np.inf)
    for curve in (made := curves()):
        y = curve.series.y[20:61] if len(curve.series) > 20 else curve.series.y[-1:]
        known = y[y > 0] if log else y[~np.isnan(y)]
        least, most = min([least, *known.tolist()]), max([most, *known.tolist()])
    assert y_extent(look(made, 20, 60, 2 * WIDE, Smoothing()), 20, 60, log=log) == (least, most)
    band = Band(np.array([30.0, 90.0]), np.array([-7.0, -9.0]), np.array([8.0, 9.0]))
    series = Series([0, 40], [1.0, 2.0])
    seen = look([Curve("mean", series, band=band)], 20, 60, WIDE, Smoothing())
    assert y_extent(seen, 20, 60, log=log) == ((2.0, 8.0) if log else (-7.0, 8.0))
    assert y_extent([], 20, 60, log=log) is None
