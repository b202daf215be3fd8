import numpy as np
import pytest

from workbench.core.errors import DataError
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.split import (
    divided,
    held_back,
    labelled_few,
    parts_of,
    random_split,
    stratified_split,
)


def assert_partition(split: dict[str, np.ndarray], items: int) -> None:
    assert list(split) == ["train", "validation", "test"]
    assert np.array_equal(np.sort(np.concatenate(list(split.values()))), np.arange(items))
    assert all((np.diff(index) > 0).all() for index in split.values())


def test_a_split_never_changes() -> None:
    # Sets registered years ago, and the facts of the embedded samples, depend on these very numbers.
    split = random_split(10)
    assert {name: index.tolist() for name, index in split.items()} == {
        "train": [2, 3, 4, 6, 8, 9],
        "validation": [0, 5],
        "test": [1, 7],
    }


@pytest.mark.parametrize("items", [1, 2, 3, 10, 442])
def test_a_random_split_deals_every_item_once(items: int) -> None:
    split = random_split(items)
    assert_partition(split, items)
    assert len(split["train"]) >= 1
    if items >= 10:
        assert abs(len(split["test"]) - 0.2 * items) <= 1


def test_every_class_is_dealt_in_proportion() -> None:
    labels = np.repeat([0, 1, 2], [100, 50, 1])
    split = stratified_split(labels)
    assert_partition(split, 151)
    assert [np.bincount(labels[index], minlength=3).tolist() for index in split.values()] == [
        [60, 30, 1],
        [20, 10, 0],
        [20, 10, 0],
    ]


def test_what_the_files_hold_back_stays_and_the_rest_comes_from_training() -> None:
    labels = np.arange(1100) % 2
    given = {"train": np.arange(1000), "test": np.arange(1000, 1100)}
    split = held_back(labels, given)
    assert_partition(split, 1100)
    assert np.array_equal(split["test"], given["test"])
    assert len(split["validation"]) == 100


def test_at_most_5000_items_are_taken_from_a_large_training_set() -> None:
    labels = np.arange(70_000) % 10
    split = held_back(labels, {"train": np.arange(60_000), "test": np.arange(60_000, 70_000)})
    assert [len(index) for index in split.values()] == [55_000, 5_000, 10_000]


def test_few_nodes_of_each_class_train() -> None:
    labels = np.array([0] * 17 + [1] * 17)
    split = labelled_few(labels, 4)
    assert_partition(split, 34)
    assert np.bincount(labels[split["train"]]).tolist() == [4, 4]
    assert [len(index) for index in split.values()] == [8, 13, 13]


LABELS = np.repeat([0, 1, 2], [60, 30, 10])


def sizes(split: dict[str, np.ndarray]) -> list[int]:
    return [len(index) for index in split.values()]


def test_shares_are_those_that_a_person_wants_and_every_class_has_its_part() -> None:
    reading = Reading({"validation": "0.1", "test": 0.3})
    split = divided(reading, LABELS)
    assert_partition(split, 100)
    assert sizes(split) == [60, 10, 30]
    assert np.bincount(LABELS[split["test"]]).tolist() == [18, 9, 3]
    assert reading.understood == {"split": "stratified", "validation": 0.1, "test": 0.3}
    assert sizes(divided(Reading({"validation": 0, "test": 0}), LABELS)) == [100, 0, 0]


def test_what_the_files_say_is_kept_and_only_the_rest_is_dealt() -> None:
    given = {"train": np.arange(80), "test": np.arange(80, 100)}
    split = divided(Reading(), LABELS, given)
    assert split["test"].tolist() == list(range(80, 100)) and sizes(split) == [72, 8, 20]
    assert sizes(divided(Reading({"validation": 0.25, "test": 0.5}), LABELS, given)) == [60, 20, 20]
    assert sizes(divided(Reading({"split": "random"}), LABELS, given)) == [60, 20, 20]


def test_by_time_the_last_ones_test() -> None:
    split = divided(Reading(), 50, ordered=True)
    assert [index.tolist()[0] for index in split.values()] == [0, 30, 40] and sizes(split) == [30, 10, 10]
    assert sizes(divided(Reading({"split": "time", "validation": 0, "test": 0.5}), 50)) == [25, 0, 25]


def test_every_item_tests_in_one_of_the_folds() -> None:
    folds = [divided(Reading({"split": "folds", "folds": 4, "fold": fold}), LABELS) for fold in (1, 2, 3, 4)]
    for split in folds:
        assert_partition(split, 100)
        assert np.bincount(LABELS[split["test"]]).tolist() in ([15, 8, 2], [15, 7, 3])
    assert np.array_equal(np.sort(np.concatenate([split["test"] for split in folds])), np.arange(100))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation": 0.5, "test": 0.5}, "leave nothing to train on"),
        ({"test": "half"}, 'option "test" is a number from 0 to 0.9, not "half"'),
        ({"test": "nan"}, 'option "test" is a number'),
        ({"split": "sorted"}, 'option "split" is random or stratified or time or folds, not "sorted"'),
        ({"split": "folds", "folds": 99}, "10 examples cannot be dealt into 99 folds"),
        ({"split": "folds", "fold": 6}, 'option "fold" is a number from 1 to 5'),
    ],
)
def test_wrong_wishes_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        divided(Reading(options), 10)


def test_parts_are_those_that_items_are_named_for() -> None:
    parts = parts_of(["test", "train", "train", "test"])
    assert {name: index.tolist() for name, index in parts.items()} == {"test": [0, 3], "train": [1, 2]}
    assert parts_of([]) == {}


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_single_part_that_files_name_is_no_split(part: str) -> None:
    reading = Reading()
    split = divided(reading, 10, parts_of([part] * 10))
    assert reading.understood["split"] == "random"
    assert_partition(split, 10)
