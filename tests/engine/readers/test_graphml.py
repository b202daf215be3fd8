"""GraphML files: one graph, and no tricks of XML."""

from pathlib import Path

import networkx
import pytest

from tests.readings import detected, loaded
from workbench.core.errors import DataError
from workbench.engine.readers import graphml

BOMB = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<graphml><graph edgedefault="undirected"><node id="n0"><data key="x">&b;</data></node></graph></graphml>
"""
OUTSIDE = """<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]><graphml><graph><node id="&x;"/></graph></graphml>"""
DEFAULTS = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="d0" for="node" attr.name="label" attr.type="string"><default>dog</default></key>
<key id="d1" for="edge" attr.name="weight" attr.type="double"/>
<graph edgedefault="directed">
<node id="a"><data key="d0">cat</data></node><node id="b"/><node id="c"/><node id="a"/>
<edge source="a" target="b"><data key="d1">2</data></edge>
<edge source="a" target="x"/><edge source="b" target="b"/>
</graph>
<graph><node id="other"/></graph>
</graphml>"""


def test_a_file_of_networkx_is_its_graph(tmp_path: Path) -> None:
    club = networkx.karate_club_graph()
    for node in club:
        club.nodes[node]["age"] = node % 5
    networkx.write_graphml_xml(club, tmp_path / "club.graphml")
    found = detected(tmp_path / "club.graphml")
    assert found.reader == "graphml" and found.schema.labels == ("Mr. Hi", "Officer")
    assert dict(found.schema.facts) == {"classes": 2, "features": 1, "nodes": 34, "edges": 156}
    theirs = {(int(a), int(b)) for a, b in club.to_directed().edges}
    assert {(a, b) for a, b in found.tensors["edges"].T.tolist()} == theirs
    assert detected(tmp_path).schema.items == 34


def test_defaults_directions_and_what_is_left_out(tmp_path: Path) -> None:
    (file := tmp_path / "g.graphml").write_text(DEFAULTS)
    found = loaded(graphml.read, file)
    assert found.tensors["edges"].tolist() == [[0], [1]] and found.tensors["label"].tolist() == [0, 1, 1]
    assert [problem.split(":")[0] for problem in found.problems[:4]] == [
        "g.graphml holds 2 graphs; the first one is read.",
        "g.graphml, line 5",
        "g.graphml, row 7",
        "g.graphml",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB.encode(), "document type or entities"),
        (BOMB.replace("1.0", '1.0" encoding="utf-16').encode("utf-16"), "document type or entities"),
        (OUTSIDE.encode(), "document type or entities"),
        (b"<graphml><graph>", "no proper GraphML"),
        (b"<graphml><graph/></graphml>", "has no nodes"),
        (b"", "is empty"),
        (b'<graphml><graph><node id="a"/></graph></graphml>', "tells no class"),
    ],
)
def test_attacks_and_damage_are_refused(tmp_path: Path, text: bytes, message: str) -> None:
    (file := tmp_path / "g.graphml").write_bytes(text)
    with pytest.raises(DataError, match=r"g\.graphml") as caught:
        loaded(graphml.read, file)
    assert message in str(caught.value)
