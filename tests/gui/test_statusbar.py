"""The bar at the bottom."""

import re

from pytestqt.qtbot import QtBot

from workbench.gui.session import Session
from workbench.gui.statusbar import StatusBar, machine_load


def test_the_load_of_the_machine_is_never_cut_nor_moves_what_stands_beside(
    qtbot: QtBot, session: Session
) -> None:
    bar = StatusBar(session)
    qtbot.addWidget(bar)
    bar.resize(1280, 28)
    bar.show()
    now, longest = machine_load()
    assert re.fullmatch(r"CPU \d{1,3} % {4}Memory [\d.]+ / \d+ GiB", now)
    places = set()
    for load in (now, longest, now):
        bar._show_load((load, longest))
        assert bar.load.text() == load
        assert bar.load.width() >= bar.load.sizeHint().width()
        places.add(bar._gap.x())
    assert len(places) == 1
