"""The list of public data sets: complete, safe to fetch by, and refused with its place where it is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.catalog.public import find_public, mirror_base, public_sets
from workbench.core.errors import DataError

ENTRY: dict[str, Any] = {
    "id": "tiny",
    "title": "Tiny",
    "kind": "table",
    "items": "3 rows",
    "description": "Three rows.",
    "licence": "MIT",
    "citation": "Nobody.",
    "page": "https://example.org/",
    "mirrors": ["https://example.org/data"],
    "files": [{"name": "a.csv"}],
}


def listed(tmp_path: Path, **changes: Any) -> Path:
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps({"format": 1, "sets": [{**ENTRY, **changes}]}), encoding="utf-8")
    return path


def test_the_sets_that_were_promised_are_there() -> None:
    promised = """mnist fashion-mnist kmnist cifar10 cifar100 svhn stl10 cora citeseer pubmed mutag proteins enzymes
    tiny-shakespeare names multi30k sms-spam ag-news ett-h1 ett-h2 ett-m1 ett-m2 speech-commands pneumoniamnist
    bloodmnist organmnist3d""".split()
    assert set(promised) <= set(public_sets())


@pytest.mark.parametrize("id", list(public_sets()))
def test_every_set_says_whose_it_is_and_where_it_comes_from(id: str) -> None:
    one = public_sets()[id]
    assert one.page.startswith("http") and one.mirrors and one.licence and one.citation.endswith(".")
    for file in one.files:
        for address in one.addresses(file):
            # Who stands between us and the publisher could put something else in its place.
            assert address.startswith("https://") or file.hash.startswith("sha256:"), address


def test_only_three_archives_are_not_pinned() -> None:
    assert [one.id for one in public_sets().values() if not one.pinned] == ["mutag", "proteins", "enzymes"]


def test_sizes_are_exact_about_or_not_known() -> None:
    sets = public_sets()
    assert sets["mnist"].exact and sets["mnist"].bytes == 11_594_722
    assert not sets["bloodmnist"].exact and sets["bloodmnist"].bytes == 35_500_000
    assert sets["mutag"].bytes == 0


def test_classes_that_files_only_number_have_names() -> None:
    sets = public_sets()
    assert sets["fashion-mnist"].classes["9"] == "Ankle boot" and len(sets["kmnist"].classes) == 10
    assert sets["stl10"].classes["1"] == "airplane" and sets["svhn"].classes == {"10": "0"}
    assert not sets["mnist"].classes


@pytest.mark.parametrize("written", ["mnist", "MNIST", " Mnist ", "m-nist"])
def test_a_set_is_found_as_people_write_it(written: str) -> None:
    assert find_public(written).id == "mnist"


def test_an_unknown_set_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(DataError, match=r"no “imagenet”; it has mnist, fashion-mnist, .*speech-commands"):
        find_public("imagenet")


def test_the_persons_mirror_comes_first_and_names_are_quoted() -> None:
    sms = find_public("sms-spam")
    assert sms.addresses(sms.files[0], ["https://here.test/x"]) == (
        "https://here.test/x/sms+spam+collection.zip",
        "https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip",
    )


@pytest.mark.parametrize(
    "address",
    ["file:///etc/", "ftp://example.org/", "example.org", "https://", "https://x:99999/", "http://a/?b"],
)
def test_a_mirror_is_an_http_folder(address: str) -> None:
    with pytest.raises(DataError, match=r"mirror"):
        mirror_base(address)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "A b"}, "small letters"),
        ({"licence": ""}, "licence"),
        ({"files": []}, "needs files"),
        ({"files": [{"name": "../x"}]}, "no name of a file inside"),
        ({"files": [{"name": "/etc/x"}]}, "no name of a file inside"),
        ({"files": [{"name": "a\\b"}]}, "no name of a file inside"),
        ({"files": [{"name": "a", "hash": "sha1:00"}]}, "neither sha256"),
        ({"files": [{"name": "a", "bytes": -1}]}, "no number of bytes"),
        ({"files": [{"name": "a", "bytes": "9"}]}, "no number of bytes"),
        ({"files": [{"name": "a"}, {"name": "A"}]}, "stands twice"),
        ({"files": [{"name": "a"}, {"name": "b"}], "members": [{"name": "c"}]}, "exactly one"),
        ({"mirrors": ["file:///etc"]}, "no address of a mirror"),
        ({"mirrors": "https://a/"}, "“mirrors” a list"),
        ({"classes": ["cat", "dog"]}, "“classes” is a table"),
        ({"classes": {"0": " "}}, "“classes” is a table"),
    ],
)
def test_a_wrong_list_is_refused_with_its_place(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        public_sets(listed(tmp_path, **changes))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ("[]", "no catalogue"),
        ('{"format": 2, "sets": []}', "format 1"),
        ('{"format": 1, "sets": [1]}', "set 1"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "catalogue.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        public_sets(path)


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.json cannot be read: No such file"):
        public_sets(tmp_path / "nowhere.json")
