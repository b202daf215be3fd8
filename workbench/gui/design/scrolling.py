"""Scrolling while something is dragged to the edge of the canvas: steadily, the faster the nearer to the edge.

Imports Qt.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QPoint, QTimer

if TYPE_CHECKING:
    from workbench.gui.design.canvas import Canvas

BAND = 36
"""How near to an edge the pointer must be, in pixels on the screen."""
_DWELL, _FRAME = 120, 16
_SLOW, _FAST = 160.0, 1100.0
_LONGEST = 0.05
"""Seconds that one step makes up for at most, so that a pause of the program is no jump."""


class EdgeScroll(QObject):
    """Pans the canvas of a gesture that is going on, and tells the gesture where the pointer is then.

    An edge scrolls only after the pointer has come to it: what is taken near an edge stays until it is pulled further.
    """

    def __init__(self, canvas: "Canvas") -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._at = QPoint()
        self._open: set[tuple[int, int]] = set()  # edges from which the pointer has been away
        self._rest = (0.0, 0.0)
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._step)

    def scrolling(self) -> bool:
        """Whether the view moves now or is about to."""
        return self._timer.isActive()

    def follow(self, at: QPoint) -> None:
        """The pointer of a drag is there now."""
        self._at = at
        for edge, depth in self._depths().items():
            if depth <= 0 or depth >= BAND:
                self._open.add(edge)
        if self._speed() == (0.0, 0.0):
            self._timer.stop()
        elif not self._timer.isActive():
            self._rest = (0.0, 0.0)
            self._clock.start()
            self._timer.start(_DWELL)

    def stop(self) -> None:
        """The drag is over."""
        self._timer.stop()
        self._open.clear()

    def _depths(self) -> dict[tuple[int, int], int]:
        """How far the pointer is into the band along each edge; more than the band outside the view."""
        x, y, view = self._at.x(), self._at.y(), self._canvas.viewport().rect()
        return {
            (-1, 0): BAND - x,
            (1, 0): BAND - (view.right() - x),
            (0, -1): BAND - y,
            (0, 1): BAND - (view.bottom() - y),
        }

    def _speed(self) -> tuple[float, float]:
        """Pixels a second, to the right and down."""
        right = down = 0.0
        for edge, depth in self._depths().items():
            if depth > 0 and edge in self._open:
                speed = _SLOW + (_FAST - _SLOW) * min(1.0, depth / BAND) ** 2
                right, down = right + edge[0] * speed, down + edge[1] * speed
        return right, down

    def _step(self) -> None:
        if self._timer.interval() != _FRAME:  # the pointer has stayed there
            self._clock.start()
            self._timer.start(_FRAME)
            return
        passed = min(_LONGEST, self._clock.restart() / 1000)
        right, down = (rest + speed * passed for rest, speed in zip(self._rest, self._speed(), strict=True))
        self._rest = right - int(right), down - int(down)
        self._canvas.scroll_under(self._at, QPoint(int(right), int(down)))
