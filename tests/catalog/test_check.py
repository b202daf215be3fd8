"""The check of whole documents: what is refused and in which words, and that nothing makes it raise."""

import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.catalog.bad_models import ADAM, CASES, LAYER, Make, one_block
from tests.damage import TEMPLATES, changed, damaged
from tests.drawing import CLASSIFIER, block, draw
from workbench.catalog.check import Analysis, analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema, graph_outputs
from workbench.catalog.scope import NodeInfo
from workbench.catalog.templates import load
from workbench.core.document import Document, Port, Update
from workbench.core.edits import Connect, Disconnect, SetParam
from workbench.core.errors import DocumentError
from workbench.core.expressions import Value
from workbench.core.files import dumps, loads

CORA = Schema(
    "cora", "Cora", graph_outputs(1433, classes=7), {"classes": 7, "features": 1433}, "graph", items=2708
)


def errors(document: Document) -> list[str]:
    return [str(each) for each in analyse(document, SAMPLES).problems if each.severity == "error"]


def warnings(document: Document) -> list[str]:
    return [str(each) for each in analyse(document, SAMPLES).problems if each.severity == "warning"]


def test_a_whole_model_has_no_problems_and_every_node_is_known() -> None:
    analysis = analyse(draw(CLASSIFIER), SAMPLES)
    assert analysis.ok and analysis.problems == ()
    assert analysis.parameters == 64 * 16 + 16 + 16 * 10 + 10
    assert analysis.operations == 64 * 16 + 16 * 10
    assert str(analysis.nodes["fc2"].outputs["y"]) == "N×10"
    assert [step.trains for step in analysis.updates] == [("fc1", "fc2")]


@pytest.mark.parametrize(
    ("id", "schemas", "parameters"),
    [("lenet5", {}, 61_706), ("vae", {}, 652_824), ("gcn", {"cora": CORA}, 23_063)],
)
def test_parameter_counts_of_the_literature(id: str, schemas: dict[str, Schema], parameters: int) -> None:
    document = load(id)
    if schemas:
        document = SetParam("club", "dataset", "cora").apply(document)
    analysis = analyse(document, {**SAMPLES, **schemas})
    assert analysis.ok and analysis.parameters == parameters
    assert analysis.parameters == sum(
        info.parameters for path, info in analysis.nodes.items() if "/" not in path
    )


@pytest.mark.parametrize(("bad", "message"), CASES.values(), ids=CASES)
def test_what_is_wrong_is_said_with_its_place(bad: Make, message: str) -> None:
    assert message in errors(bad())


@pytest.mark.parametrize("bad", [case[0] for case in CASES.values()], ids=CASES)
def test_it_is_said_once(bad: Make) -> None:
    found = [str(each) for each in analyse(bad(), SAMPLES).problems]
    assert len(found) == len(set(found))


def test_two_links_into_one_input_are_refused_in_the_file() -> None:
    text = dumps(draw(CLASSIFIER)).replace(
        '["flat.y", "fc1.x"]', '["flat.y", "fc1.x"],\n      ["digits.image", "fc1.x"]'
    )
    with pytest.raises(DocumentError, match=r"two.json: link 3: input fc1.x already has a link from flat.y"):
        loads(text, "two.json")


# Facts and expressions.


def test_fields_may_use_facts_of_the_dataset_variables_and_parameters() -> None:
    document = draw(
        """
        data Dataset dataset=iris
        body @Body size='= width + 1' < data.features
        fc Linear out_features='= classes' < body
        loss CrossEntropyLoss < fc data.label
        """,
        blocks={
            "Body": block("x Input\nfc Linear out_features='= size * width + i' < x\ny Output < fc", size=1)
        },
        variables={"width": "= features * 2"},
    )
    analysis = analyse(document, SAMPLES)
    assert not analysis.problems
    assert str(analysis.nodes["body"].outputs["y"]) == f"N×{9 * 8}"
    assert analysis.nodes["body"].params == {"size": 9}


def test_repetitions_may_differ_by_their_number() -> None:
    widths = block("x Input\nfc Linear out_features='= 8 * 2 ** i' < x\ny Output < fc")
    document = draw(
        "data Dataset dataset=iris\nbody @Widths *3 < data\nfc Linear out_features=3 < body\n"
        "loss CrossEntropyLoss < fc data.label",
        blocks={"Widths": widths},
    )
    analysis = analyse(document, SAMPLES)
    assert not analysis.problems
    assert [str(analysis.nodes[f"body#{n}/fc"].outputs["y"]) for n in (1, 2, 3)] == ["N×8", "N×16", "N×32"]
    assert analysis.nodes["body"].parameters == 4 * 8 + 8 + 8 * 16 + 16 + 16 * 32 + 32


def test_a_linked_copy_counts_no_weights_of_its_own() -> None:
    document = draw(
        "data Dataset dataset=iris\na Linear out_features=4 < data\nb Linear out_features=4 ~a < a\n"
        "head Linear out_features=3 < b\nloss CrossEntropyLoss < head data.label"
    )
    analysis = analyse(document, SAMPLES)
    assert analysis.ok and analysis.parameters == 20 + 15
    assert analysis.nodes["b"].parameters == 0 and analysis.updates[0].trains == ("a", "head")


def test_a_text_has_the_length_that_its_node_asks_for() -> None:
    analysis = analyse(SetParam("text", "length", 7).apply(load("char-lstm")), SAMPLES)
    assert str(analysis.nodes["text"].outputs["tokens"]) == "N×7 index"


@pytest.mark.parametrize(("items", "told"), [(64, 1), (65, 0), (0, 0)])
def test_a_text_that_is_no_longer_than_a_window_is_refused(items: int, told: int) -> None:
    schemas = {**SAMPLES, "reference-text": replace(SAMPLES["reference-text"], items=items)}
    document = SetParam("text", "length", 64).apply(load("char-lstm"))
    said = "text.length: the text has 64 characters in all, too few for windows of 64."
    assert [str(problem) for problem in analyse(document, schemas).problems] == [said] * told


# Problems inside blocks.


def test_a_problem_inside_a_block_is_told_once_with_the_way_to_it() -> None:
    document = one_block(LAYER, "body @Body *4", width=8)
    broken = SetParam("fc", "out_features", "= nothing", "Body").apply(document)
    (problem,) = analyse(broken, SAMPLES).problems
    assert (problem.where, problem.path, problem.node, problem.port) == (
        "Body",
        "body#1/fc",
        "fc",
        "out_features",
    )


def test_a_problem_inside_a_block_is_told_for_each_node_that_shows_it() -> None:
    document = load("gan")
    broken = SetParam("fc2", "out_features", -1, "Discriminator").apply(document)
    found = [each for each in analyse(broken, SAMPLES).problems if each.where == "Discriminator"]
    assert [each.path for each in found] == ["judge/fc2", "judge_fake/fc2"]


# Warnings.


def test_softmax_before_cross_entropy() -> None:
    document = draw(
        CLASSIFIER.replace("loss CrossEntropyLoss < fc2", "soft Softmax < fc2\nloss CrossEntropyLoss < soft")
    )
    assert warnings(document) == [
        "loss.input: this loss contains the softmax; with “soft” before it the softmax is applied twice."
    ]
    assert errors(document) == []


def test_sigmoid_before_binary_cross_entropy() -> None:
    document = draw(
        "digits Dataset\nflat Flatten < digits\nfc Linear out_features=64 < flat\nsig Sigmoid < fc\n"
        "loss BCEWithLogitsLoss < sig flat"
    )
    assert warnings(document) == [
        "loss.input: this loss contains the sigmoid; with “sig” before it the sigmoid is applied twice."
    ]


def test_bias_before_batch_norm() -> None:
    document = draw(CLASSIFIER.replace("relu ReLU < fc1", "norm BatchNorm1d < fc1\nrelu ReLU < norm"))
    assert warnings(document) == ["fc1.bias: its bias is redundant: batch norm follows and has its own."]
    copied = draw(
        "data Dataset dataset=iris\na Linear out_features=4 < data\nb Linear out_features=4 ~a < a\n"
        "norm BatchNorm1d < b\nhead Linear out_features=3 < norm\nloss CrossEntropyLoss < head data.label"
    )
    assert warnings(copied) == [], "the bias is shared with a place where it counts"


def test_a_loss_that_nothing_minimises_and_a_layer_that_nothing_uses() -> None:
    document = draw(
        f"{CLASSIFIER}\nlost Linear out_features=2 < flat\nside L1Loss target=0 < fc2",
        updates=(Update("train", {"loss": 1}, (), ADAM),),
    )
    assert warnings(document) == ["lost: nothing uses its output.", "side: no update minimises this loss."]


def test_early_stopping_needs_a_figure_to_watch() -> None:
    document = load("gan")
    document = replace(document, training=replace(document.training, settings={"patience": 3}))
    assert warnings(document) == [
        "training, early stopping: several updates have no one best figure; choose one under “Best by”."
    ]
    watched = replace(document.training, settings={"patience": 3, "monitor": "fool_loss"})
    assert warnings(replace(document, training=watched)) == []


def test_a_plateau_needs_a_figure_to_watch() -> None:
    document = load("gan")
    first, *others = document.training.updates
    first = replace(first, schedule={"type": "ReduceLROnPlateau"})
    document = replace(document, training=replace(document.training, updates=(first, *others)))
    assert errors(document) == [
        f"Update “{first.name}”: ReduceLROnPlateau goes by the figure that is best, and several updates have no one "
        "such figure; choose one under “Best by”."
    ]
    watched = replace(document.training, settings={"monitor": "fool_loss"})
    assert errors(replace(document, training=watched)) == []


# Whatever a document holds.

RELAXED = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@RELAXED
@given(damaged())
def test_it_never_raises(document: Document) -> None:
    analysis = analyse(document, SAMPLES)
    assert all(problem.message for problem in analysis.problems)
    for problem in analysis.problems:
        assert problem.where in ("", *document.blocks)
        if problem.node:
            assert problem.node in document.graph_of(problem.where).nodes


def gist(analysis: Analysis) -> object:
    def of(info: NodeInfo) -> object:
        places = [copy.path for copy in info.copies]
        figures = (info.parameters, info.operations, info.params)
        return (info.node, info.kind, info.ports, info.inputs, info.outputs, *figures, places)

    return analysis.problems, {path: of(info) for path, info in analysis.nodes.items()}, analysis.updates


def nested() -> Document:
    """Repetitions in repetitions, twice over, with linked copies."""
    layer = block(
        "x Input\nfc Linear out_features='= wide + i' < x\nact ReLU < fc\ny Output < act\nz Output < fc",
        wide=3,
    )
    pile = block(
        "x Input\nmany @Layer *2 wide='= w' < x\nsum Add < many.y many.z\ny Output < sum",
        {"Layer": layer},
        w=4,
    )
    return draw(
        "data Dataset dataset=iris\na @Pile *2 w='= width' < data\nb @Pile w=6 < a\nc @Pile w=6 ~b < a\n"
        "both Add < b c\nhead Linear out_features='= classes' < both\nloss CrossEntropyLoss < head data.label",
        blocks={"Layer": layer, "Pile": pile},
        variables={"width": 4},
    )


@RELAXED
@given(st.data())
def test_what_is_remembered_of_an_earlier_version_changes_nothing(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from([*TEMPLATES, nested()]))
    before: Analysis | None = None
    for _ in range(data.draw(st.integers(1, 5))):
        before = analyse(document, SAMPLES, before)
        document = data.draw(changed(document))
    assert repr(gist(analyse(document, SAMPLES, before))) == repr(gist(analyse(document, SAMPLES)))


def test_a_link_that_moves_to_another_optional_input_counts_there() -> None:
    """What stands at the inputs in all is the same before and after."""
    document = draw(
        "text Dataset dataset=reference-text length=12\nemb Embedding embedding_dim=8 < text.tokens\n"
        "other Linear out_features=8 < emb\natt MultiheadAttention num_heads=2 < query:emb key:other"
    )
    before = analyse(document, SAMPLES)
    moved = Disconnect(Port("att", "key")).apply(document)
    moved = Connect(Port("other", "y"), Port("att", "value")).apply(moved)
    after = analyse(moved, SAMPLES, before).nodes["att"]
    assert (tuple(before.nodes["att"].given), tuple(after.given)) == (("query", "key"), ("query", "value"))
    assert after.kind == analyse(moved, SAMPLES).nodes["att"].kind != before.nodes["att"].kind


def test_a_variable_that_is_called_like_a_function_still_opens_and_is_told() -> None:
    document = replace(draw(CLASSIFIER), variables={"pick": 2, "width": 3})
    assert errors(loads(dumps(document))) == []
    assert warnings(loads(dumps(document))) == [
        "Variable “pick” has the name of a function, so expressions may take one for the other. Rename it."
    ]
    inside = "x Input\nfc Linear out_features='= ceil' < x\ny Output < fc"
    assert warnings(loads(dumps(one_block(inside, ceil=4)))) == [
        "Parameter “ceil” of block “Body” has the name of a function, so expressions may take one for the other. "
        "Rename it."
    ]


def test_a_variable_that_becomes_true_is_no_longer_one() -> None:
    """Equal in Python, but not to a switch."""
    document = SetParam("fc1", "bias", "= on").apply(draw(CLASSIFIER, variables={"on": True}))
    before = analyse(document, SAMPLES)
    after = analyse(replace(document, variables={"on": 1}), SAMPLES, before)
    assert before.ok and [each.port for each in after.problems] == ["bias"]


def test_a_block_that_repeats_a_block_that_repeats_ends_in_time() -> None:
    inner = block("x Input\na ReLU < x\ny Output < a")
    outer = block("x Input\nb @Inner *10000 < x\ny Output < b", {"Inner": inner})
    document = draw(
        "data Dataset dataset=iris\nbody @Outer *10000 < data\nfc Linear out_features=3 < body\n"
        "loss CrossEntropyLoss < fc data.label",
        blocks={"Inner": inner, "Outer": outer},
    )
    start = time.process_time()
    found = errors(document)
    assert "The model has more than 50,000 nodes with all its repetitions." in found
    assert time.process_time() - start < 10


def test_a_variable_in_the_way_of_a_fact_is_told_where_the_fact_is_needed() -> None:
    clash = (
        "The model has a variable “classes” of its own, 7, which goes before what the data says: rename it"
    )
    for value, told in ((7, True), (10, False), ("= classes", False)):
        document = replace(draw(CLASSIFIER), variables={"classes": value})
        said = [problem.message for problem in analyse(document, SAMPLES).problems]
        assert [message.endswith(clash) for message in said] == [told] * (2 if told else 0), said
    wide = replace(draw(CLASSIFIER), variables={"width": 7, "height": 7})
    assert not analyse(wide, SAMPLES).problems, "other facts are not needed by name"


def test_one_wrong_variable_leaves_the_others_known() -> None:
    variables: dict[str, Value] = {"t": "= t + 1", "wide": "= half * 2", "half": 4, "more": "= t * wide"}
    document = draw(CLASSIFIER, variables=variables)
    document = SetParam("fc1", "out_features", "= wide").apply(document)
    analysis = analyse(document, SAMPLES)
    assert [str(problem) for problem in analysis.problems] == ["Variable “t” depends on itself: t → t."]
    needs = SetParam("fc1", "out_features", "= t * 2").apply(document)
    assert [str(problem) for problem in analyse(needs, SAMPLES).problems] == [
        "Variable “t” depends on itself: t → t.",
        "fc1.out_features: “= t * 2” cannot be worked out: “t” has no value, see Variables.",
    ]
    large = replace(document, variables={**variables, "t": "= 2**200"})
    assert "Variable “t”: “= 2**200” cannot be worked out: the power is too large." in [
        str(problem) for problem in analyse(large, SAMPLES).problems
    ]
    assert analysis.root.names["wide"] == 8 and analysis.root.infos["fc1"].outputs["y"].shape == ("N", 8)
