import numpy as np
import pytest

from workbench.engine.readers.split import held_back, labelled_few, random_split, stratified_split


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
