import pytest

from workbench.core.errors import DataError
from workbench.engine.readers.arrangement import Entry, arranged, several


def paths(*names: str) -> list[str]:
    return list(names)


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("image/1.png", "label/1.png", "masks"),
        ("images/1.jpg", "masks/1_mask.png", "masks"),
        ("JPEGImages/1.jpg", "SegmentationClass/1.png", "masks"),
        ("input/1.png", "target/1.png", "pairs"),
        ("LR/1_LR.png", "HR/1_HR.png", "pairs"),
    ],
)
def test_two_folders_of_the_same_names_are_pairs(first: str, second: str, kind: str) -> None:
    found = arranged(paths(first, second), "", "here", "pictures")
    assert (found.kind, found.entries) == (
        kind,
        (Entry(first, "train", other=second),),
    )


@pytest.mark.parametrize(
    "names",
    [
        ("train/image/1.png", "train/label/1.png", "test/image/1.png", "test/label/1.png"),
        ("images/train/1.png", "labels/train/1.png", "images/test/1.png", "labels/test/1.png"),
        ("train_images/1.png", "train_masks/1.png", "test_images/1.png", "test_masks/1.png"),
        ("imagesTr/1.nii.gz", "labelsTr/1.nii.gz", "imagesTs/1.nii.gz", "labelsTs/1.nii.gz"),
    ],
)
def test_splits_stand_above_below_or_in_the_name(names: tuple[str, ...]) -> None:
    found = arranged(paths(*names), "", "here", "pictures")
    assert [(str(e.file), str(e.other), e.split) for e in found.entries] == [
        (names[0], names[1], "train"),
        (names[2], names[3], "test"),
    ]


def test_a_picture_without_a_mask_is_named_and_left_out() -> None:
    found = arranged(
        paths("image/1.png", "image/2.png", "label/1.png", "label/3.png"), "", "/here", "pictures"
    )
    assert len(found.entries) == 1
    assert found.problems == (
        "/here/image/2.png has no partner of the same name and is left out.",
        "/here/label/3.png has no partner of the same name and is left out.",
    )


def test_masks_may_lie_beside_their_pictures() -> None:
    found = arranged(paths("a.png", "a_mask.png", "b (1).png", "b (1)_mask.png"), "", "here", "pictures")
    assert found.kind == "masks"
    assert [(str(e.file), str(e.other)) for e in found.entries] == [
        ("a.png", "a_mask.png"),
        ("b (1).png", "b (1)_mask.png"),
    ]


def test_ground_truth_may_be_either() -> None:
    assert arranged(paths("image/1.png", "gt/1.png"), "", "here", "pictures").unsure


def test_several_test_sets_are_no_classes() -> None:
    found = arranged(paths("Test/Set5/a.bmp", "Test/Set14/b.bmp", "Train/c.bmp"), "", "here", "pictures")
    assert found.kind == "plain"
    assert [entry.split for entry in found.entries] == ["test", "test", "train"]


def test_the_person_says_what_folders_mean() -> None:
    names = paths("high/1.png", "low/1.png")
    assert arranged(names, "", "here", "pictures").kind == "pairs"
    assert {e.label for e in arranged(names, "classes", "here", "pictures").entries} == {"high", "low"}
    assert {e.label for e in arranged(names, "plain", "here", "pictures").entries} == {""}
    with pytest.raises(DataError, match="has no pictures in pairs"):
        arranged(paths("1.png", "2.png"), "masks", "here", "pictures")
    with pytest.raises(DataError, match="has no folders of classes"):
        arranged(paths("1.png", "2.png"), "classes", "here", "pictures")


def test_many_sentences_are_counted() -> None:
    said = several([f"sentence {i}" for i in range(401)], "pictures are left out")
    assert len(said) == 21
    assert said[-1] == "And 381 more pictures are left out."


def test_classes_that_differ_in_capitals_are_told() -> None:
    files = [
        f"{folder}/{i}.png" for folder in ("train/Cat", "train/dog", "test/cat", "test/dog") for i in range(2)
    ]
    found = arranged(files, "", "here", "pictures")
    assert {entry.label for entry in found.entries} == {"Cat", "cat", "dog"}
    assert (
        len(found.problems) == 1
        and "The folders “Cat” and “cat” are classes of their own" in found.problems[0]
    )
    assert arranged(files[2:4] + files[4:], "", "here", "pictures").problems == ()
