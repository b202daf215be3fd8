"""Definitions and parameters of blocks: every use follows, and what would break one is refused."""

from dataclasses import replace

import pytest

from tests.drawing import block, draw
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.core.definitions import (
    AddBlock,
    MakeIndependent,
    MovePort,
    RemoveUnused,
    RenameBlock,
    RenamePort,
    adopted,
    free_name,
    needed,
    renaming,
    unused,
)
from workbench.core.document import Block, Document, Port
from workbench.core.edits import RenameNode, SetParam
from workbench.core.errors import EditError
from workbench.core.files import dumps, loads
from workbench.core.looks import SetBends
from workbench.core.parameters import (
    ExposeField,
    RemoveParameter,
    RenameParameter,
    SetParameter,
    uses_of,
)


@pytest.fixture
def document() -> Document:
    inner = block("x Input\nf Linear out_features='= width * 2' < x\ny Output < f", width=4)
    outer = block("x Input\nin1 @Inner width='= size' < x\ny Output < in1", {"Inner": inner}, size=6)
    drawn = draw(
        """
        digits Dataset
        flat Flatten < digits.image
        a @Inner < flat
        b @Inner ~a < flat
        c @Outer size=3 < flat
        loss MSELoss < a b
        other MSELoss < c c
        """,
        blocks={"Inner": inner, "Outer": outer},
    )
    return SetBends(Port("a", "x"), ((5, 5),)).apply(drawn)


def parameters(document: Document) -> int:
    analysis = analyse(document, SAMPLES)
    assert analysis.ok, [str(problem) for problem in analysis.problems]
    assert loads(dumps(document)) == document
    return analysis.parameters


def test_a_port_is_renamed_in_all_uses(document: Document) -> None:
    after = RenamePort("Inner", "x", "features").apply(document)
    assert after.blocks["Inner"].inputs == ("features",)
    assert Port("a", "features") in after.graph.links
    assert after.graph.bends == {Port("a", "features"): ((5, 5),)}
    assert Port("in1", "features") in after.blocks["Outer"].graph.links
    assert Port("c", "x") in after.graph.links
    assert parameters(after) == parameters(document)
    after = RenamePort("Inner", "y", "out").apply(after)
    assert after.graph.links[Port("loss", "input")] == Port("a", "out")
    assert parameters(after) == parameters(document)
    for new, reason in (("f", "already a node"), ("Not good", "cannot name"), ("for", "cannot name")):
        with pytest.raises(EditError, match=reason):
            RenamePort("Inner", "x", new).apply(document)
    with pytest.raises(EditError, match="no input or output"):
        RenamePort("Inner", "f", "g").apply(document)


def test_an_input_and_an_output_of_one_name_are_told_apart() -> None:
    echo = block("x Input\nf ReLU < x\ny Output < f")
    renamed = RenamePort("Echo", "y", "x2").apply(
        draw("digits Dataset\na @Echo < digits.image\nb @Echo < a", blocks={"Echo": echo})
    )
    assert renamed.graph.links == {Port("a", "x"): Port("digits", "image"), Port("b", "x"): Port("a", "x2")}


def test_renaming_asks_what_the_node_is(document: Document) -> None:
    assert renaming(document, "Inner", "x", "z") == RenamePort("Inner", "x", "z")
    assert renaming(document, "Inner", "f", "z") == RenameNode("f", "z", "Inner")
    assert renaming(document, "", "flat", "z") == RenameNode("flat", "z", "")


def test_ports_change_places() -> None:
    two = block("a Input\nb Input\nf Add < a b\ny Output < f")
    document = Document(blocks={"Two": two})
    after = MovePort("Two", "b", -1).apply(document)
    assert after.blocks["Two"].inputs == ("b", "a")
    assert MovePort("Two", "b", 1).apply(after).blocks["Two"].inputs == ("a", "b")
    assert MovePort("Two", "b", 1).apply(document) is document
    with pytest.raises(EditError, match="no input or output"):
        MovePort("Two", "f", 1).apply(document)


def test_a_definition_is_renamed_everywhere(document: Document) -> None:
    after = RenameBlock("Inner", "Core").apply(document)
    assert list(after.blocks) == ["Core", "Outer"]
    assert after.blocks["Outer"].graph.nodes["in1"].block == "Core"
    assert {node.block for node in after.graph.nodes.values()} == {"", "Core", "Outer"}
    assert parameters(after) == parameters(document)
    for new, reason in (("Outer", "already a block"), ("2x", "cannot be a name"), ("", "cannot be a name")):
        with pytest.raises(EditError, match=reason):
            RenameBlock("Inner", new).apply(document)
    with pytest.raises(EditError, match="There is no block"):
        RenameBlock("Lost", "Found").apply(document)


def test_an_instance_becomes_independent_with_its_copies(document: Document) -> None:
    after = MakeIndependent("b", "Mine").apply(document)
    assert [after.graph.nodes[id].block for id in "abc"] == ["Mine", "Mine", "Outer"]
    after = SetParam("f", "out_features", 5, "Mine").apply(after)
    assert after.blocks["Inner"] == document.blocks["Inner"]
    assert analyse(after, SAMPLES).ok
    with pytest.raises(EditError, match="already a block"):
        MakeIndependent("a", "Outer").apply(document)
    with pytest.raises(EditError, match="not a block"):
        MakeIndependent("flat", "Mine").apply(document)


def test_unused_definitions_go(document: Document) -> None:
    more = AddBlock("Lone", block("x Input\no @Inner < x\ny Output < o", dict(document.blocks))).apply(
        document
    )
    more = AddBlock("Lower", Block()).apply(more)
    assert unused(document) == ()
    assert unused(more) == ("Lone", "Lower")
    assert list(RemoveUnused().apply(more).blocks) == ["Inner", "Outer"]
    assert list(needed(more, [more.graph.nodes["c"]])) == ["Inner", "Outer"]


def test_definitions_from_elsewhere_are_brought_once_and_renamed_where_they_differ(
    document: Document,
) -> None:
    edits, names = adopted(document, document.blocks)
    assert (edits, names) == ((), {"Inner": "Inner", "Outer": "Outer"})
    edits, names = adopted(Document(), dict(reversed([*document.blocks.items()])))
    assert [edit.label for edit in edits] == ["Add block Inner", "Add block Outer"]
    other = replace(document, blocks={"Inner": block("x Input\ny Output < x")})
    edits, names = adopted(other, document.blocks)
    assert names == {"Inner": "Inner2", "Outer": "Outer"}
    for edit in edits:
        other = edit.apply(other)
    assert other.blocks["Outer"].graph.nodes["in1"].block == "Inner2"
    assert adopted(other, document.blocks) == ((), names)
    loop = {"Loop": block("x Input\na @Loop < x\ny Output < a", {"Loop": block("x Input\ny Output < x")})}
    assert adopted(Document(), loop)[1] == {"Loop": "Loop"}
    edits, names = adopted(Document(blocks={"Loop": block("x Input\ny Output < x")}), loop)
    assert names == {"Loop": "Loop2"}
    assert [edit.block.graph.nodes["a"].block for edit in edits if isinstance(edit, AddBlock)] == ["Loop2"]


def test_free_names_count_on() -> None:
    assert free_name((), "Block") == "Block"
    assert free_name(("Block",), "Block") == "Block2"
    assert free_name(("Block1", "Block2"), "Block1") == "Block3"


def test_a_field_is_exposed_and_taken_back(document: Document) -> None:
    exposed = ExposeField("Inner", "f", "bias", "with_bias", True).apply(document)
    assert exposed.blocks["Inner"].params == {"width": 4, "with_bias": True}
    assert exposed.blocks["Inner"].graph.nodes["f"].params["bias"] == "= with_bias"
    assert uses_of(exposed.blocks["Inner"], "with_bias") == [("f", "bias")]
    assert parameters(exposed) == parameters(document)
    fewer = SetParam("c", "size", 9).apply(SetParam("a", "with_bias", False).apply(exposed))
    assert parameters(SetParam("b", "with_bias", False).apply(fewer)) != parameters(document)
    back = RemoveParameter("Inner", "with_bias").apply(exposed)
    assert back.blocks["Inner"].params == {"width": 4}
    assert back.blocks["Inner"].graph.nodes["f"].params["bias"] is True
    with pytest.raises(EditError, match="“a” sets “with_bias” to a value of its own"):
        RemoveParameter("Inner", "with_bias").apply(fewer)
    with pytest.raises(EditError, match="already has a parameter"):
        ExposeField("Inner", "f", "bias", "width", True).apply(document)
    with pytest.raises(EditError, match="worked out from the parameter “width”"):
        ExposeField("Inner", "f", "out_features", "size", "= width * 2").apply(document)
    with pytest.raises(EditError, match="“i” is a word that Python, torch or the program uses"):
        ExposeField("Inner", "f", "bias", "i", True).apply(document)


def test_a_parameter_must_not_capture_what_comes_from_outside(document: Document) -> None:
    nodes = document.blocks["Inner"].graph.nodes
    used = replace(nodes["f"], params={"out_features": "= width * classes"})
    inner = replace(
        document.blocks["Inner"],
        graph=replace(document.blocks["Inner"].graph, nodes={**nodes, "f": used}),
    )
    document = replace(document, blocks={**document.blocks, "Inner": inner})
    with pytest.raises(EditError, match="“f” in block “Inner” already uses a “classes” from outside"):
        ExposeField("Inner", "f", "bias", "classes", True).apply(document)
    with pytest.raises(EditError, match="already uses a “classes”"):
        RenameParameter("Inner", "width", "classes").apply(document)


def test_a_parameter_is_renamed_in_fields_and_instances(document: Document) -> None:
    after = RenameParameter("Inner", "width", "units").apply(document)
    assert after.blocks["Inner"].params == {"units": 4}
    assert after.blocks["Inner"].graph.nodes["f"].params["out_features"] == "= units * 2"
    assert after.blocks["Outer"].graph.nodes["in1"].params == {"units": "= size"}
    assert parameters(after) == parameters(document)
    assert RenameParameter("Inner", "width", "width").apply(document) is document
    with pytest.raises(EditError, match="has no parameter"):
        RenameParameter("Inner", "size", "other").apply(document)


def test_a_parameter_that_blocks_inside_use_stays() -> None:
    inner = block("x Input\nf Linear out_features='= size' < x\ny Output < f")
    outer = block("x Input\nb @Inner < x\ny Output < b", {"Inner": inner}, size=6)
    document = Document(blocks={"Inner": inner, "Outer": outer})
    for edit in (RenameParameter("Outer", "size", "other"), RemoveParameter("Outer", "size")):
        with pytest.raises(EditError, match="Block “Inner” inside “Outer” uses “size” too"):
            edit.apply(document)


def test_parameters_are_added_and_set(document: Document) -> None:
    after = SetParameter("Inner", "depth", 3).apply(document)
    assert after.blocks["Inner"].params == {"width": 4, "depth": 3}
    assert SetParameter("Inner", "width", 8).apply(after).blocks["Inner"].params == {"width": 8, "depth": 3}
    with pytest.raises(EditError, match="There is no block"):
        SetParameter("Lost", "depth", 3).apply(document)


def test_a_parameter_that_only_a_default_inside_uses_keeps_its_name_and_place() -> None:
    inner = block("x Input\ns Scale factor='= f' < x\ny Output < s", f="= k")
    outer = block("x Input\nin1 @Inner < x\ny Output < in1", {"Inner": inner}, k=3)
    drawn = draw(
        "data Dataset dataset=iris\no @Outer < data\nloss MSELoss target=0 < o",
        blocks={"Inner": inner, "Outer": outer},
        variables={"k": 7},
    )
    for edit in (RenameParameter("Outer", "k", "kk"), RemoveParameter("Outer", "k")):
        with pytest.raises(EditError, match="“Inner” inside “Outer” uses “k” too"):
            edit.apply(drawn)


def test_a_field_that_counts_repetitions_inside_is_not_exposed() -> None:
    inner = block("x Input\ns Scale factor='= f' < x\ny Output < s", f=1)
    outer = block("x Input\nin1 @Inner f='= i + 1' *3 < x\ny Output < in1", {"Inner": inner})
    drawn = draw(
        "data Dataset dataset=iris\no @Outer < data\nloss MSELoss target=0 < o",
        blocks={"Inner": inner, "Outer": outer},
    )
    with pytest.raises(EditError, match="counts the repetitions of in1"):
        ExposeField("Outer", "in1", "f", "ff", "= i + 1").apply(drawn)
