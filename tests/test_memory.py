"""The picture of what networks remember, which the guide shows."""

from xml.etree import ElementTree

from tools.memory import HIGH, NETWORKS, PANELS, TARGET, TOP, Curves, picture
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load

SVG = "{http://www.w3.org/2000/svg}"


def test_each_network_has_a_curve_in_each_panel() -> None:
    curves: Curves = {"rnn": [-3.0, 0.0], "lstm": [0.0, 1.0], "transformer": [1.0, 1.0]}
    drawn = ElementTree.fromstring(picture([(panel, curves) for panel in PANELS]))
    lines = [line.attrib["points"].split() for line in drawn.iter(f"{SVG}polyline")]
    assert len(lines) == len(PANELS) * len(NETWORKS) and all(len(line) == 2 for line in lines)
    low, high = (float(point.split(",")[1]) for point in lines[1])
    assert (low, high) == (TOP + HIGH, TOP), "0 lies at the axis and 1 at the top"
    assert TOP + HIGH < float(lines[0][0].split(",")[1]) < TOP + HIGH + 20, "far below stays in the panel"


def test_the_guide_shows_it_as_it_would_be_drawn() -> None:
    drawn = ElementTree.fromstring(TARGET.read_text(encoding="utf-8"))
    words = {text.text for text in drawn.iter(f"{SVG}text")}
    assert {panel.title for panel in PANELS} | {name for _, name, _ in NETWORKS} <= words
    epochs = {len(line.attrib["points"].split()) for line in drawn.iter(f"{SVG}polyline")}
    assert epochs == {load(panel.template).training.settings["epochs"] for panel in PANELS}


def test_the_ready_models_record_what_is_plotted() -> None:
    for panel in PANELS:
        nodes = analyse(load(panel.template), SAMPLES).root.infos
        assert {f"{id}_{panel.metric}" for id, *_ in NETWORKS} <= set(nodes)
