"""Where a moved card snaps to."""

from PySide6.QtCore import QPointF, QRectF

from workbench.gui.design.guides import Guides

OWN = QRectF(0, 0, 100, 40)
FAR = QRectF(1003, 1003, 60, 30)


def test_an_edge_within_reach_beats_the_grid() -> None:
    guides = Guides(OWN, [QRectF(205, 303, 60, 30)])
    by, lines = guides.snapped(QPointF(202, 101), QPointF(0, 0), 6)
    assert (by.x(), by.y()) == (205, 104)
    (line,) = lines
    assert line.x1() == line.x2() == 205
    assert line.y1() < 104 and line.y2() > 333


def test_out_of_reach_there_is_the_grid() -> None:
    by, lines = Guides(OWN, [FAR]).snapped(QPointF(13, 27), QPointF(3, 0), 6)
    assert (by.x(), by.y()) == (13, 24)
    assert not lines
    by, lines = Guides(OWN, []).snapped(QPointF(0, -5), QPointF(0, 0), 6)
    assert (by.x(), by.y()) == (0, -8) and not lines


def test_right_edges_and_middles_meet() -> None:
    guides = Guides(OWN, [QRectF(500, 300, 60, 30)])
    by, _ = guides.snapped(QPointF(458, 0), QPointF(0, 0), 6)
    assert by.x() == 460, "the right edges"
    by, lines = guides.snapped(QPointF(482, 0), QPointF(0, 0), 3)
    assert by.x() == 480, "the middles"
    assert [line.x1() for line in lines if line.x1() == line.x2()] == [530]


def test_the_nearest_of_several_wins() -> None:
    guides = Guides(OWN, [QRectF(204, 900, 60, 30), QRectF(209, 900, 60, 30)])
    assert guides.snapped(QPointF(208, 0), QPointF(0, 0), 6)[0].x() == 209
    assert guides.snapped(QPointF(203, 0), QPointF(0, 0), 6)[0].x() == 204


def test_a_level_link_comes_before_edges() -> None:
    guides = Guides(OWN, [QRectF(300, 102, 60, 30)], [(QPointF(100, 20), QPointF(300, 120))])
    by, lines = guides.snapped(QPointF(0, 100.5), QPointF(0, 0), 6)
    assert by.y() == 100
    (line,) = [line for line in lines if line.y1() == line.y2()]
    assert (line.y1(), line.x1(), line.x2()) == (120, 100, 300)
