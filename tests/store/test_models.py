import json
import time
from dataclasses import replace

import pytest
from sqlalchemy import event

from workbench.core.errors import StoreError
from workbench.store.records import DatasetRecord
from workbench.store.store import Store

DIGITS = DatasetRecord(
    id="digits-1",
    title="Digits",
    source="/data/digits",
    reader="idx",
    options={"invert": True},
    schema={"outputs": {"image": [["N", 1, 8, 8], "float"]}},
    splits={"train": 0.8, "test": 0.2},
    fingerprint="ab12",
    created=1000.5,
)


def test_a_model_is_saved_and_saved_again(store: Store) -> None:
    first = store.save_model(None, '{"name": "lenet"}')
    assert (first.name, first.revision) == ("lenet", 1) and first.created == first.updated
    time.sleep(0.002)
    second = store.save_model(first.id, '{"name": "lenet, wider"}')
    assert (second.id, second.name, second.revision) == (first.id, "lenet, wider", 2)
    assert second.updated > first.updated and second.created == first.created
    assert store.model_text(first.id) == '{"name": "lenet, wider"}'


def test_saving_the_same_text_changes_nothing(store: Store) -> None:
    first = store.save_model(None, '{"name": "a"}')
    assert store.save_model(first.id, '{"name": "a"}') == first


def test_models_are_listed_last_changed_first(store: Store) -> None:
    first = store.save_model(None, '{"name": "a"}').id
    second = store.save_model(None, '{"name": "b"}').id
    assert [model.id for model in store.models()] == [second, first]
    time.sleep(0.002)
    store.save_model(first, '{"name": "a2"}')
    assert [model.id for model in store.models()] == [first, second]


def test_the_trash_gives_a_model_back(store: Store) -> None:
    model = store.save_model(None, '{"name": "a"}').id
    store.delete_model(model)
    assert store.models() == [] and [each.id for each in store.models(deleted=True)] == [model]
    store.restore_model(model)
    assert [each.id for each in store.models()] == [model]


def test_models_that_do_not_exist_or_have_no_name_are_refused(store: Store) -> None:
    for ask in (store.model_text, store.delete_model, lambda model: store.save_model(model, '{"name": "a"}')):
        with pytest.raises(StoreError, match="There is no model 99"):
            ask(99)
    for text in ("", "[]", '{"title": "a"}', "\x00"):
        with pytest.raises(StoreError, match="without a name"):
            store.save_model(None, text)


def test_a_dataset_is_renamed_and_its_classes_are(store: Store) -> None:
    store.add_dataset(replace(DIGITS, schema={"title": "Digits", "labels": ["0", "1"]}))
    store.rename_dataset("digits-1", "  My \n digits ")
    store.name_classes("digits-1", ["zero ", "one"])
    found = store.dataset("digits-1")
    assert (found.title, found.source) == ("My digits", DIGITS.source)
    assert found.schema == {"title": "My digits", "labels": ["zero", "one"]}


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["a"], "has 2 classes, not 1"),
        (["a", " "], "needs a name"),
        (["a", "a"], "Two classes are called “a”"),
    ],
)
def test_classes_are_told_apart(store: Store, names: list[str], reason: str) -> None:
    store.add_dataset(replace(DIGITS, schema={"labels": ["0", "1"]}))
    with pytest.raises(StoreError, match=reason):
        store.name_classes("digits-1", names)
    assert store.dataset("digits-1").schema == {"labels": ["0", "1"]}


def test_a_dataset_that_is_gone_or_without_a_title_is_refused(store: Store) -> None:
    store.add_dataset(DIGITS)
    with pytest.raises(StoreError, match="needs a title"):
        store.rename_dataset("digits-1", " ")
    for ask in (
        store.remove_dataset,
        lambda id: store.rename_dataset(id, "x"),
        lambda id: store.name_classes(id, []),
    ):
        with pytest.raises(StoreError, match="no dataset “b”"):
            ask("b")


def test_a_removed_dataset_can_be_brought_back(store: Store) -> None:
    store.add_dataset(DIGITS)
    record = store.remove_dataset("digits-1")
    assert store.datasets() == []
    store.add_dataset(record)
    assert store.datasets() == [DIGITS]


def test_models_with_a_dataset_are_found_wherever_it_stands(store: Store) -> None:
    node = {"id": "d", "params": {"dataset": "digits-1"}}

    def save(**document: object) -> int:
        return store.save_model(None, json.dumps(document)).id

    plain = save(name="a", graph={"nodes": [node]})
    block = save(name="b", blocks={"x": {"nodes": [node]}})
    save(name="digits-1", graph={"nodes": [{"id": "digits-1"}]})
    save(name="c", graph={"nodes": [{"params": {"dataset": "digits-10"}}]})
    store.delete_model(save(name="d", graph=[node]))
    assert {model.id for model in store.models_with("digits-1")} == {plain, block}


def test_datasets_come_back_and_can_be_replaced(store: Store) -> None:
    store.add_dataset(DIGITS)
    assert store.dataset("digits-1") == DIGITS
    store.add_dataset(replace(DIGITS, title="Digits, again"))
    store.add_dataset(replace(DIGITS, id="a", title="A"))
    assert [each.title for each in store.datasets()] == ["A", "Digits, again"]
    with pytest.raises(StoreError, match="no dataset “b”"):
        store.dataset("b")


def test_settings_hold_what_json_holds(store: Store) -> None:
    assert store.setting("theme") is None and store.setting("theme", "system") == "system"
    for value in ("dark", 3, 1.5, None, [1, {"a": True}]):
        store.set_setting("theme", value)
        assert store.setting("theme", "missing") == value


def test_a_setting_that_is_soon_replaced_does_not_wait_for_the_disk(store: Store) -> None:
    done: list[str] = []

    def note(connection: object, cursor: object, statement: str, *more: object) -> None:
        done.append(statement)

    event.listen(store._engine, "before_cursor_execute", note)
    store.set_setting("live:1", {"nodes": {}}, durable=False)
    assert "PRAGMA synchronous = NORMAL" in done and store.setting("live:1") == {"nodes": {}}
    done.clear()
    store.set_setting("live:1", {"nodes": {"a": {}}})
    assert "PRAGMA synchronous = FULL" in done and store.setting("live:1") == {"nodes": {"a": {}}}


def test_settings_of_one_kind_are_read_together_and_removed(store: Store) -> None:
    store.set_setting("view:a", [1])
    store.set_setting("view:b%", {"x": 2})
    store.set_setting("other", 3)
    assert store.settings("view:") == {"view:a": [1], "view:b%": {"x": 2}}
    store.remove_setting("view:a")
    store.remove_setting("view:a")
    assert store.settings("view:") == {"view:b%": {"x": 2}} and store.setting("other") == 3
