"""Bypassed and muted nodes: what the check, the program and the updates make of a drawing that holds some."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drawing import CLASSIFIER, block, draw
from tests.programs import analysed, batch_of, call, live, text_of
from workbench.catalog.check import analyse
from workbench.catalog.modes import active
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load, templates
from workbench.core.document import Block, Document, Update
from workbench.core.edits import RemoveNodes
from workbench.core.expressions import Value
from workbench.core.looks import SetMode

HEAD = "head Linear out_features=3 < last\nloss CrossEntropyLoss < head data.label"
SGD: dict[str, Value] = {"type": "SGD", "lr": 0.1}


def muted(document: Document, *ids: str, where: str = "") -> Document:
    return SetMode(ids, "mute", where).apply(document)


def bypassed(document: Document, *ids: str, where: str = "") -> Document:
    return SetMode(ids, "bypass", where).apply(document)


def links(document: Document, where: str = "") -> set[str]:
    return {f"{source}→{target}" for target, source in active(document).graph_of(where).links.items()}


def errors(document: Document) -> list[str]:
    return [str(each) for each in analyse(document, SAMPLES).problems if each.severity == "error"]


def iris(lines: str, **blocks: Block) -> Document:
    return draw(f"data Dataset dataset=iris\n{lines}\n{HEAD}", blocks=blocks)


@pytest.mark.parametrize("id", [each.id for each in templates()])
def test_a_drawing_without_modes_counts_as_it_is(id: str) -> None:
    document = load(id)
    assert active(document) is document


def test_bypass_hands_the_first_input_on() -> None:
    document = bypassed(draw(CLASSIFIER), "fc1", "relu")
    assert "relu" not in active(document).graph.nodes
    assert "flat.y→fc2.x" in links(document)
    analysis = analysed(document)
    assert analysis.parameters == 64 * 10 + 10 and "fc1" not in analysis.nodes
    assert [step.trains for step in analysis.updates] == [("fc2",)]


def test_the_program_is_that_of_the_drawing_without_the_node() -> None:
    drawn = iris("one Linear out_features=4 < data\nlast ReLU < one")
    without = iris("last ReLU < data")
    assert text_of(bypassed(drawn, "one")) == text_of(without)
    side = iris("last ReLU < data\nside Linear out_features=3 < data\nextra MSELoss target=0 < side")
    assert text_of(muted(side, "side")) == text_of(without)


def test_one_step_trains_what_is_left() -> None:
    document = muted(draw(CLASSIFIER), "accuracy")
    document = bypassed(document, "fc1")
    program, batch = live(document), batch_of(analysed(document))
    optimizer = call(program, "optimizer_train")
    before = {name: weight.clone() for name, weight in program.state_dict().items()}
    assert set(before) == {"fc2.weight", "fc2.bias"}
    next(iter(call(program, "update_train", batch).values())).backward()
    optimizer.step()
    assert not torch.equal(before["fc2.weight"], program.state_dict()["fc2.weight"])
    assert set(call(program, "evaluate", batch)) == {"loss"}


def test_a_muted_node_takes_with_it_what_needs_it() -> None:
    document = iris(
        "last ReLU < data\nside Linear out_features=2 < last\nact Tanh < side\nextra MSELoss target=0 < act"
    )
    found = analysed(muted(document, "side"))
    assert set(found.nodes) == {"data", "last", "head", "loss"}
    assert list(found.updates[0].losses) == ["loss"] and not found.problems


def test_what_feeds_a_muted_node_is_no_dead_end() -> None:
    document = iris(
        "last ReLU < data\nside Linear out_features=2 < last\nact Tanh < side\nextra MSELoss target=0 < act"
    )
    assert analysed(muted(document, "act")).problems == ()
    removed = RemoveNodes(("act", "extra")).apply(document)
    assert [str(each) for each in analysed(removed).problems] == ["side: nothing uses its output."]


def test_a_dead_branch_ends_where_a_muted_node_is_fed() -> None:
    """Deleting it would leave the muted node without its input."""
    document = iris(
        "last ReLU < data\nside Linear out_features=2 < last\nend ReLU < side\nact Tanh < side\n"
        "extra MSELoss target=0 < act"
    )
    (told,) = analysed(muted(document, "act")).problems
    assert str(told) == "end: nothing uses its output." and told.fixes[0].edit == RemoveNodes(("end",))


def test_what_cannot_be_handed_on_is_as_muted() -> None:
    document = draw(CLASSIFIER)
    unlinked = RemoveNodes(("digits",)).apply(document)
    assert "fc1" not in active(bypassed(unlinked, "flat")).graph.nodes
    two = bypassed(muted(iris("a ReLU < data\nb Tanh < a\nlast Sigmoid < b"), "a"), "b")
    assert set(active(two).graph.nodes) == {"data"}


def test_bypass_hands_on_what_is_linked_and_counts() -> None:
    """Where the first input is out, the next one is handed on."""
    document = iris("a Linear out_features=4 < data\nlast Add < a data.features")
    assert "data.features→head.x" in links(bypassed(muted(document, "a"), "last"))
    assert "a.y→head.x" in links(bypassed(document, "last"))


def test_bypass_hands_on_by_name_where_outputs_are_named_like_inputs() -> None:
    document = draw(
        "digits Dataset\nmix MixUp < digits.image digits.label\nflat Flatten < mix.x\n"
        "fc Linear out_features=10 < flat\nloss CrossEntropyLoss < fc mix.label"
    )
    after = bypassed(document, "mix")
    assert links(after) == {
        "digits.image→flat.x",
        "flat.y→fc.x",
        "fc.y→loss.input",
        "digits.label→loss.target",
    }
    assert not errors(after) and not errors(document)


def test_a_merge_goes_on_with_fewer_inputs() -> None:
    document = iris(
        "a ReLU < data\nb Tanh < data\nc Linear out_features=7 < data\nlast Concatenate count=3 < a b c"
    )
    found = analysed(muted(document, "a"))
    assert str(found.nodes["last"].outputs["y"]) == "N×11"
    assert {"b.y→last.a", "c.y→last.b"} <= links(muted(document, "a"))
    assert "c.y→head.x" in links(muted(document, "a", "b"))
    assert "head" not in active(muted(document, "a", "b", "c")).graph.nodes


def test_a_merge_counts_by_arithmetic_too() -> None:
    document = replace(
        iris("a ReLU < data\nb Tanh < data\nlast Concatenate count='= n' < a:a b:b c:data.features"),
        variables={"n": 3},
    )
    assert str(analysed(muted(document, "b")).nodes["last"].outputs["y"]) == "N×8"


def test_no_fix_is_offered_at_an_input_of_another_name() -> None:
    document = iris(
        "a Linear out_features=4 < data\nb Linear out_features=9 < data\nc Linear out_features=8 < data\n"
        "last Add count=3 < a b c"
    )
    (problem,) = [each for each in analyse(muted(document, "a"), SAMPLES).problems if each.node == "last"]
    assert problem.severity == "error" and problem.fixes == ()


def test_an_optional_input_is_just_not_linked() -> None:
    document = draw(
        """
        text Dataset dataset=reference-text
        emb Embedding embedding_dim=8 < text.tokens
        side Linear out_features=8 < emb
        att MultiheadAttention num_heads=2 < emb side side
        head Linear out_features='= vocabulary' < att
        loss CrossEntropyLoss < head text.next
        """
    )
    assert [
        target.name for target in active(muted(document, "side")).graph.links if target.node == "att"
    ] == ["query"]
    assert analysed(muted(document, "side")).parameters < analysed(document).parameters


# Updates.


def gan() -> Document:
    return load("gan")


def test_a_muted_loss_is_not_minimised() -> None:
    found = analysed(muted(gan(), "fake_loss"))
    assert [list(step.losses) for step in found.updates] == [["real_loss"], ["fool_loss"]]


def test_an_update_left_without_a_loss_says_so() -> None:
    assert errors(muted(gan(), "fool_loss")) == [
        "Update “generator” minimises nothing: its losses (fool_loss) are bypassed or muted, or need a node that is."
    ]


def test_an_update_left_without_a_part_says_so() -> None:
    document = draw(
        CLASSIFIER,
        updates=(
            Update("head", {"loss": 1}, ("fc1",), SGD),
            Update("both", {"loss": 1}, ("fc1", "fc2"), SGD),
        ),
    )
    found = analyse(bypassed(document, "fc1"), SAMPLES)
    assert [str(each) for each in found.problems] == [
        "Update “head” trains nothing: its parts (fc1) are bypassed or muted, or need a node that is."
    ]
    assert [(step.name, step.trains) for step in found.updates] == [("both", ("fc2",))]


def test_without_any_loss_nothing_is_minimised() -> None:
    said = "Every loss is bypassed or muted, or needs a node that is, so nothing is minimised."
    assert errors(muted(draw(CLASSIFIER), "digits")) == [said]
    assert errors(bypassed(draw(CLASSIFIER), "loss")) == [said]


def test_one_click_lets_a_loss_work_again() -> None:
    for document in (muted(draw(CLASSIFIER), "loss"), muted(gan(), "fool_loss")):
        (problem,) = analyse(document, SAMPLES).problems
        (fix,) = problem.fixes
        assert fix.label.startswith("Use ") and not analyse(fix.edit.apply(document), SAMPLES).problems
    assert analyse(muted(draw(CLASSIFIER), "flat"), SAMPLES).problems[0].fixes == ()


def test_best_by_a_muted_metric_is_refused() -> None:
    document = muted(draw(CLASSIFIER, monitor="accuracy"), "accuracy")
    assert errors(document) == ["training, best by: “accuracy” is bypassed or muted (there are: loss)."]


# Linked copies.


def test_a_copy_stands_in_for_its_muted_owner() -> None:
    document = draw(
        "data Dataset dataset=iris\na Linear out_features=3 < data\nb Linear out_features=3 ~a < data\n"
        "c Linear out_features=3 ~a < data\none CrossEntropyLoss < a data.label\n"
        "two CrossEntropyLoss < b data.label\nthree CrossEntropyLoss < c data.label",
        updates=(Update("train", {"one": 1, "two": 1, "three": 1}, ("a",), SGD),),
    )
    found = analysed(muted(document, "a"))
    assert found.parameters == 15 and found.updates[0].trains == ("b",)
    assert found.nodes["c"].node.linked_to == "b"
    program = live(muted(document, "a"))
    assert [name for name, _ in program.named_parameters()] == ["b.weight", "b.bias"]
    assert set(call(program, "update_train", batch_of(found))) == {"loss", "two", "three"}


def test_a_part_named_by_its_muted_copy_is_still_trained() -> None:
    document = draw(
        "data Dataset dataset=iris\na Linear out_features=3 < data\nb Linear out_features=3 ~a < data\n"
        "one CrossEntropyLoss < a data.label\ntwo CrossEntropyLoss < b data.label",
        updates=(Update("train", {"one": 1, "two": 1}, ("b",), SGD),),
    )
    assert analysed(muted(document, "b")).updates[0].trains == ("a",)


def test_a_muted_judge_leaves_its_copy_to_judge() -> None:
    """The block stands twice in the drawing; its weights are those of the instance that is left."""
    document = muted(gan(), "judge")
    found = analysed(document)
    assert [(step.name, list(step.losses), step.trains) for step in found.updates] == [
        ("discriminator", ["fake_loss"], ("judge_fake",)),
        ("generator", ["fool_loss"], ("generator",)),
    ]
    assert found.parameters == analysed(gan()).parameters
    program, batch = live(document), batch_of(found)
    next(iter(call(program, "update_discriminator", batch).values())).backward()
    trained = {
        name.partition(".")[0] for name, weight in program.named_parameters() if weight.grad is not None
    }
    assert trained == {"judge_fake"}


def test_copies_in_a_block_follow_modes_as_well() -> None:
    shared = block(
        "x Input\na Linear out_features=4 < x\nb Linear out_features=4 ~a < x\nsum2 Add < a b\ny Output < sum2"
    )
    document = iris("one @Two < data\nlast @Two ~one < one", Two=shared)
    assert analysed(document).parameters == 20 + 15
    for id in ("a", "b"):
        left = muted(document, id, where="Two")
        assert analysed(left).parameters == 20 + 15
        assert sum(weight.numel() for weight in live(left).parameters()) == 35
    assert analysed(bypassed(document, "one")).nodes["last"].node.linked_to == ""


def test_an_instance_of_a_block_is_bypassed_with_all_its_repetitions() -> None:
    layer = block("x Input\nfc Linear out_features=4 < x\ny Output < fc")
    document = iris("deep @Layer *5 < data\nlast ReLU < deep", Layer=layer)
    assert analysed(bypassed(document, "deep")).parameters == 4 * 3 + 3


# Inside blocks.

TWO = block("x Input\na Linear out_features=4 < x\nb Tanh < a\ny Output < b\nmore Output < a")


def test_modes_count_inside_every_instance() -> None:
    document = iris("one @Two < data\nlast @Two *3 < one", Two=TWO)
    found = analysed(bypassed(document, "a", where="Two"))
    assert found.parameters == 4 * 3 + 3
    assert "class Two" in text_of(bypassed(document, "a", where="Two"))


def test_an_output_out_of_which_nothing_comes_is_muted_outside() -> None:
    document = iris(
        "one @Two < data\nside Tanh < one.y\nextra MSELoss target=0 < side\nlast ReLU < one.more", Two=TWO
    )
    inner = muted(document, "b", where="Two")
    assert set(analysed(inner).nodes) == {"data", "one", "one/x", "one/a", "one/more", "last", "head", "loss"}
    program, batch = live(inner), batch_of(analysed(inner))
    assert torch.isfinite(call(program, "update_train", batch)["loss"])
    chained = iris("one @Two *2 < data\nlast ReLU < one.more", Two=TWO)
    assert "one" not in active(muted(chained, "b", where="Two")).graph.nodes


def test_nothing_comes_out_through_several_levels() -> None:
    outer = block("x Input\ndeep @Two < x\ny Output < deep", {"Two": TWO})
    document = iris("one @Outer < data\nlast Add < one data.features", Two=TWO, Outer=outer)
    inner = muted(document, "b", where="Two")
    assert set(active(inner).graph.nodes) == {"data", "head", "loss"}
    assert analysed(inner).parameters == 15


def test_ports_of_a_block_are_always_there() -> None:
    """Also where a file says otherwise."""
    graph = TWO.graph
    nodes = {id: replace(node, mode="mute") if id in ("x", "y") else node for id, node in graph.nodes.items()}
    document = iris("last @Two < data", Two=replace(TWO, graph=replace(graph, nodes=nodes)))
    assert active(document).graph is document.graph and analysed(document).ok


# Whatever is muted.


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([each.id for each in templates()]), st.data())
def test_nothing_that_counts_is_linked_to_what_does_not(id: str, data: st.DataObject) -> None:
    document = load(id)
    for where in ("", *document.blocks):
        ids = sorted(document.graph_of(where).nodes)
        for mode in ("mute", "bypass"):
            some = data.draw(st.lists(st.sampled_from(ids), max_size=3, unique=True))
            ports = {
                node.id
                for node in document.graph_of(where).nodes.values()
                if node.type in ("Input", "Output")
            }
            document = SetMode(tuple(id for id in some if id not in ports), mode, where).apply(document)
    for where in ("", *document.blocks):
        graph, drawn = active(document).graph_of(where), document.graph_of(where)
        assert list(graph.nodes) == [id for id in drawn.nodes if id in graph.nodes]
        assert all(port.node in graph.nodes for link in graph.links.items() for port in link)
        assert not any(node.mode for node in graph.nodes.values())
        whole = {
            id for id in graph.nodes if id not in drawn.nodes or drawn.upstream([id]) <= graph.nodes.keys()
        }
        assert all(graph.nodes[id].params == drawn.nodes[id].params for id in whole)
    assert active(active(document)) == active(document)
    found = analyse(document, SAMPLES)
    assert {path for path in found.nodes if "/" not in path} <= set(active(document).graph.nodes)
    if found.ok:
        compile(text_of(document), "program.py", "exec")  # raises where the text is no program


# With the memory of the check.


def test_what_did_not_change_is_the_same_object_in_the_next_version() -> None:
    document = muted(draw(CLASSIFIER), "accuracy")
    first = active(document)
    moved = replace(document, name="other")
    again = active(moved, first)
    assert again.graph.links is first.graph.links
    assert all(again.graph.nodes[id] is node for id, node in first.graph.nodes.items())


def test_the_order_of_links_is_that_of_the_drawing_whatever_was_before() -> None:
    """It decides in which order the program is written."""
    first = muted(draw(CLASSIFIER), "accuracy")
    turned = dict(reversed(list(first.graph.links.items())))
    second = replace(first, graph=replace(first.graph, links=turned))
    again = active(second, active(first)).graph.links
    assert list(again.items()) == list(active(second).graph.links.items())


def test_a_cycle_is_told_as_one_and_opened_by_muting() -> None:
    from tests.catalog.bad_models import linked

    document = linked(iris("a Add < data.features data.features\nb Tanh < a\nlast ReLU < a"), "b.y", "a.b")
    assert errors(document)[0].startswith("a: the links form a cycle")
    assert errors(muted(document, "b")) == []
