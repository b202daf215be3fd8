"""A residual network from an empty canvas in fewer than 60 interactions, and it is the network that was meant."""

from tests.gui.design.conftest import CanvasDriver
from tools.tour import Hands, build


def test_a_residual_network_in_fewer_than_60_interactions(canvas_driver: CanvasDriver) -> None:
    stages: list[str] = []
    hands = Hands(canvas_driver.view)
    build(hands, stages.append)
    assert stages == ["chain", "shortcut", "block", "network"]
    assert hands.count < 60
    analysis = canvas_driver.view.session.analyse_now()
    assert analysis.problems == ()
    stem, norm, block, scores = 32 * 9, 2 * 32, 2 * (32 * 32 * 9 + 2 * 32), 10 * 32 + 10
    assert analysis.parameters == stem + norm + 3 * block + scores
    assert analysis.root.infos["block1"].outputs["y"].shape == ("N", 32, 6, 6)
