from dataclasses import replace
from pathlib import Path

import pytest

from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.catalog.templates import load, templates
from workbench.codegen.program import generate
from workbench.core.document import Document, Graph, Port
from workbench.core.edits import SetParam
from workbench.core.errors import JobError
from workbench.core.files import loads
from workbench.jobs.datasets import add_dataset
from workbench.jobs.queue import enqueue
from workbench.jobs.settings import flatten
from workbench.store.records import Point
from workbench.store.store import Store


def test_a_model_is_queued_as_it_is(store: Store) -> None:
    document = load("lenet5")
    run = enqueue(store, document, schemas=SAMPLES, device="cpu", seed=11, name="first try")
    analysis = analyse(document, SAMPLES)
    assert (run.state, run.name, run.model, run.device, run.seed) == (
        "queued",
        "first try",
        document.name,
        "cpu",
        11,
    )
    assert (run.epochs, run.parameters, run.dataset) == (analysis.settings.epochs, 61_706, "digits")
    assert loads(store.document_text(run.id)) == document
    assert store.program_text(run.id) == generate(document, analysis)
    params = store.params(run.id)
    assert params["training.seed"] == 11 and params["training.epochs"] == analysis.settings.epochs


def test_name_and_seed_are_the_models_own_where_none_are_given(store: Store) -> None:
    document = load("lenet5")
    settings = {**document.training.settings, "seed": 5}
    document = replace(document, training=replace(document.training, settings=settings))
    run = enqueue(store, document, schemas=SAMPLES)
    assert (run.name, run.seed, run.device) == (document.name, 5, "auto")


def test_a_model_that_cannot_train_is_refused_with_all_its_problems(store: Store) -> None:
    document = load("lenet5")
    broken = replace(document, graph=Graph(document.graph.nodes, {}))
    with pytest.raises(JobError) as refused:
        enqueue(store, broken, schemas=SAMPLES)
    lines = str(refused.value).splitlines()
    errors = [str(each) for each in analyse(broken, SAMPLES).problems if each.severity == "error"]
    assert lines == [f"“{document.name}” cannot train yet:", *errors] and len(errors) > 1
    with pytest.raises(JobError, match="“empty” cannot train yet"):
        enqueue(store, Document("empty"), schemas=SAMPLES)
    assert store.runs() == []


def test_a_model_without_a_chosen_dataset_is_refused(store: Store) -> None:
    document = SetParam("digits", "dataset", "any 1x28x28 in 10 classes").apply(load("lenet5"))
    assert analyse(document, SAMPLES).ok
    with pytest.raises(JobError, match="cannot train yet: choose a dataset for “digits”"):
        enqueue(store, document, schemas=SAMPLES)


def test_a_text_whose_training_part_is_too_short_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text("Once upon a time. " * 4, "utf-8")
    record = add_dataset(store, tmp_path / "story.txt").record
    tokens = int(str(record.splits["train"]))
    schemas = {**SAMPLES, record.id: Schema.from_json(record.schema)}
    document = SetParam("text", "dataset", record.id).apply(load("char-lstm"))
    short = SetParam("text", "length", tokens).apply(document)
    assert analyse(short, schemas).ok, "only the workspace knows how much is held back"
    with pytest.raises(
        JobError, match=rf"“story” has {tokens} characters to train on, too few for windows of"
    ):
        enqueue(store, short, schemas=schemas)
    assert store.runs() == []
    enqueue(store, SetParam("text", "length", tokens - 1).apply(document), schemas=schemas)


@pytest.mark.parametrize("template", [each.id for each in templates() if not each.landmark])
def test_every_small_template_can_be_queued(store: Store, template: str) -> None:
    run = enqueue(store, load(template), schemas=SAMPLES)
    assert store.params(run.id)["training.epochs"] == run.epochs > 0


def test_settings_are_flat_and_count_once() -> None:
    document = load("gan")
    gan = flatten(document, analyse(document, SAMPLES))
    assert gan["training.updates.discriminator.lr"] and gan["training.updates.generator.optimizer"] == "Adam"
    assert gan["judge.block"] and "judge/fc1.out_features" in gan
    linked = [node.id for node in document.graph.nodes.values() if node.linked_to]
    assert linked and not [key for key in gan if key.split(".")[0].split("/")[0] in linked]
    assert all(isinstance(value, int | float | str | bool | tuple | None) for value in gan.values())


def test_of_a_copy_of_a_metric_the_type_is_known_too(store: Store) -> None:
    document = load("lenet5")
    nodes = document.graph.nodes
    copy = replace(nodes["accuracy"], id="again", linked_to="accuracy")
    links = document.graph.links
    more = {Port("again", to.name): source for to, source in links.items() if to.node == "accuracy"}
    graph = replace(document.graph, nodes={**nodes, "again": copy}, links={**links, **more})
    run = enqueue(store, replace(document, graph=graph), schemas=SAMPLES).id
    store.log_points(
        run, [Point("validation/again", 1, 1, 0.5, 0.0), Point("validation/loss", 1, 1, 0.5, 0.0)]
    )
    assert [found.type for found in store.summaries([run])[run].values()] == ["Accuracy", "CrossEntropyLoss"]


def test_settings_hold_what_expressions_come_to_and_the_first_repetition() -> None:
    document = load("char-gpt")
    analysis = analyse(document, SAMPLES)
    flat = flatten(document, analysis)
    repeated = next(id for id, node in document.graph.nodes.items() if node.block)
    assert flat[f"{repeated}.repeat"] == len(analysis.nodes[repeated].copies) > 1
    assert [key for key in flat if key.startswith(f"{repeated}/")] and not [key for key in flat if "#" in key]
    assert document.variables and all(
        isinstance(flat[f"variables.{name}"], int) for name in document.variables
    )
    assert not [value for value in flat.values() if isinstance(value, str) and value.startswith("=")]
