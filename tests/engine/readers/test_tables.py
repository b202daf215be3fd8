from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.readings import Read, loaded
from workbench.core.errors import DataError
from workbench.engine.readers import table_files, table_texts, tables
from workbench.engine.readers.reader import Reading


def written(tmp_path: Path, text: str | bytes, name: str = "data.csv") -> Path:
    file = tmp_path / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def flowers(rows: int = 30) -> str:
    """Length rises with the row, colour alternates, species changes at two thirds."""
    lines = [f"{i}.5,{'red' if i % 2 else 'blue'},{'b' if i >= rows * 2 / 3 else 'a'}" for i in range(rows)]
    return "\n".join(["length,colour,species", *lines]) + "\n"


def read(tmp_path: Path, text: str | bytes, **options: object) -> Read:
    return loaded(tables.read, written(tmp_path, text), options)


def refused(tmp_path: Path, text: str | bytes, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text, **options)
    assert str(tmp_path / "data.csv") in str(caught.value) or "option" in str(caught.value)
    return str(caught.value)


def test_numbers_are_standardised_and_texts_become_one_feature_each(tmp_path: Path) -> None:
    data = read(tmp_path, flowers())
    assert dict(data.schema.facts) == {"classes": 2, "features": 3}
    assert data.schema.labels == ("a", "b")
    assert data.sizes == {"train": 18, "validation": 6, "test": 6}
    rows = data.rows.numpy()
    length = rows + 0.5
    train = length[:18]
    features = data.tensors["features"].numpy()
    assert np.allclose(features[:, 0], (length - train.mean()) / train.std(), atol=1e-4)
    assert np.array_equal(features[:, 1:], np.stack([rows % 2 == 0, rows % 2 == 1], 1))
    assert np.array_equal(data.tensors["label"].numpy(), rows >= 20)
    assert data.problems == ()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path: Path, separator: str) -> None:
    data = read(tmp_path, flowers().replace(",", separator))
    assert data.schema.facts["features"] == 3


def test_a_decimal_comma_is_understood(tmp_path: Path) -> None:
    text = flowers().replace(",", ";").replace(".5;", ",5;")
    data = read(tmp_path, text)
    assert torch.equal(data.tensors["features"], read(tmp_path, flowers()).tensors["features"])


@pytest.mark.parametrize(
    ("separator", "cells", "numbers", "told"),
    [
        (",", ("1,234", "12,500"), (1234, 12500), 'part thousands: "1,234" is 1234'),
        (";", ("1,234", "-12,500", "999"), (1234, -12500, 999), 'part thousands: "1,234" is 1234'),
        (";", ("1,234", "12,500"), (1.234, 12.5), 'are decimal ones: "1,234" is 1.234'),
        (";", ("1,234,567", "12,500"), (1234567, 12500), 'part thousands: "1,234,567" is 1234567'),
        (";", ("1,234", "12,500.75"), (1234, 12500.75), "part thousands"),
        (",", ("0,234", "12,500"), (0.234, 12.5), ""),
        (",", ("1,234", "12,5"), (1.234, 12.5), ""),
    ],
)
def test_commas_between_thousands_are_no_decimal_ones(
    tmp_path: Path, separator: str, cells: tuple[str, ...], numbers: tuple[float, ...], told: str
) -> None:
    lines = [f'"{cells[i % len(cells)]}"{separator}{"ab"[i // 3 % 2]}' for i in range(36)]
    text = "\n".join([f"pop{separator}kind", *lines])
    data = read(tmp_path, text, separator=separator, standardise=False)
    expected = [numbers[i % len(numbers)] for i in data.rows.tolist()]
    assert np.allclose(data.tensors["features"][:, 0].numpy(), expected)
    assert told in "".join(data.problems) and bool(data.problems) == bool(told)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: "\ufeff" + t,
        lambda t: t.replace("\n", "\r\n"),
        lambda t: t.replace("\n", "\n\n"),
        lambda t: t.strip(),
    ],
    ids=["byte-order mark", "carriage returns", "blank lines", "no last line feed"],
)
def test_habits_of_other_programs(tmp_path: Path, change: Callable[[str], str]) -> None:
    data = read(tmp_path, change(flowers()))
    assert data.schema.labels == ("a", "b")
    assert data.schema.items == 30


def test_utf_16_is_understood(tmp_path: Path) -> None:
    assert read(tmp_path, flowers().encode("utf-16")).schema.items == 30


def test_without_header_the_last_column_is_the_target(tmp_path: Path) -> None:
    data = read(tmp_path, "\n".join(f"{i},{i % 7}.5,{'yes' if i % 2 else 'no'}" for i in range(20)))
    assert data.schema.items == 20
    assert data.schema.labels == ("no", "yes")
    assert data.schema.facts["features"] == 2


def test_a_header_can_be_demanded(tmp_path: Path) -> None:
    text = "1990,1991\n" + "\n".join(f"{i},{i * i}" for i in range(20))
    assert read(tmp_path, text).schema.items == 21
    assert read(tmp_path, text, header="yes").schema.items == 20
    assert "yes or no" in refused(tmp_path, text, header="maybe")


def test_the_target_is_found_by_name(tmp_path: Path) -> None:
    text = "Class,a,b\n" + "\n".join(f"{i % 2},{i},{i * 3.5}" for i in range(30))
    assert read(tmp_path, text).schema.labels == ("0", "1")


def test_the_target_can_be_chosen(tmp_path: Path) -> None:
    text = "a,b,c\n" + "\n".join(f"{i % 2},{i}.25,{i % 3}" for i in range(30))
    assert read(tmp_path, text, target="A").schema.labels == ("0", "1")
    assert read(tmp_path, text, target="3").schema.labels == ("0", "1", "2")
    assert "target" in read(tmp_path, text, target="b").schema.outputs
    assert 'asks for a column "d"' in refused(tmp_path, text, target="d")


def test_a_numeric_target_is_standardised_and_can_be_restored(tmp_path: Path) -> None:
    data = read(tmp_path, "x,y\n" + "\n".join(f"{i},{1000 + 2.5 * i}" for i in range(50)))
    target = data.tensors["target"]
    assert tuple(target.shape) == (50, 1)
    facts = data.schema.facts
    restored = target[:, 0].double() * facts["target_std"] + facts["target_mean"]
    assert torch.allclose(restored, 1000 + 2.5 * data.rows.double(), atol=1e-3)
    assert abs(float(target[:30].mean())) < 1e-4


def test_a_target_that_varies_little_for_its_size_is_standardised_as_any_other(tmp_path: Path) -> None:
    values = 123456789 + np.random.default_rng(0).random(50)
    data = read(tmp_path, "x,y\n" + "\n".join(f"{i},{value:.9f}" for i, value in enumerate(values)))
    train = data.tensors["target"][:30].double()
    assert abs(float(train.mean())) < 1e-4 and abs(float(train.std(correction=0)) - 1) < 1e-4
    facts = data.schema.facts
    restored = data.tensors["target"][:, 0].double() * facts["target_std"] + facts["target_mean"]
    assert np.allclose(restored.numpy(), values[data.rows.numpy()], rtol=0, atol=1e-5)


def test_the_task_can_be_chosen(tmp_path: Path) -> None:
    text = "x,y\n" + "\n".join(f"{i}.5,{i % 4}" for i in range(40))
    assert read(tmp_path, text).schema.labels == ("0", "1", "2", "3")
    assert "target" in read(tmp_path, text, task="regression").schema.outputs
    assert "classification or regression" in refused(tmp_path, text, task="clustering")
    assert "regression needs numbers" in refused(tmp_path, flowers(), task="regression")


def test_missing_values_are_filled_and_told(tmp_path: Path) -> None:
    lines = flowers().splitlines()
    lines[3] = "NA,?,a"
    lines[9] = "8.5,blue,"
    data = read(tmp_path, "\n".join(lines))
    assert data.schema.items == 29
    row = int((data.rows == 2).nonzero())
    assert data.tensors["features"][row].tolist() == [0.0, 0.0, 0.0]
    assert [problem.split(" in the ")[0] for problem in data.problems] == [
        "1 row without a value",
        "1 missing value",
        "1 missing value",
    ]


def test_columns_of_no_use_are_left_out_and_told(tmp_path: Path) -> None:
    text = "PassengerId,name,same,gone,x,label\n" + "\n".join(
        f"{i + 1},person{i},7,,{i * i},{'ab'[i % 2]}" for i in range(30)
    )
    data = read(tmp_path, text)
    assert data.schema.facts["features"] == 1
    reasons = {problem.split('"')[1]: problem.split(": ")[1] for problem in data.problems}
    assert reasons == {
        "PassengerId": "it numbers the rows.",
        "name": "every text in it occurs only once.",
        "same": "it has the same value everywhere.",
        "gone": "it has no values to train on.",
    }


def test_columns_can_be_dropped_or_taken_as_categories(tmp_path: Path) -> None:
    text = "zip,x,label\n" + "\n".join(f"{i % 5},{i},{'ab'[i % 2]}" for i in range(30))
    assert read(tmp_path, text).schema.facts["features"] == 2
    assert read(tmp_path, text, categorical="zip").schema.facts["features"] == 6
    assert read(tmp_path, text, drop=["zip"]).schema.facts["features"] == 1


def test_text_in_a_numeric_column_is_named_by_row_and_counts_as_missing(tmp_path: Path) -> None:
    lines = flowers().splitlines()
    lines[12] = "twelve,red,a"
    data = read(tmp_path, "\n".join(lines))
    assert data.problems[0] == (
        'In the column "length", one cell is no number and counts as missing: "twelve" in row 13.'
    )
    assert data.schema.items == 30
    row = int((data.rows == 11).nonzero())
    assert data.tensors["features"][row, 0] == 0
    assert read(tmp_path, "\n".join(lines), drop="length").problems == ()


def test_the_row_of_a_cell_is_that_of_the_file(tmp_path: Path) -> None:
    lines = [*flowers(100).splitlines(), '7.5,"red\nand blue",a', "", "oops,red,b", "ragged", "no,blue,b"]
    data = read(tmp_path, "\n".join(lines))
    assert data.problems[:2] == (
        "Row 105 is left out: it has 1 column, the first row has 3.",
        'In the column "length", 2 cells are no numbers and count as missing: "oops" in row 104, "no" in row 106.',
    )
    assert data.schema.items == 103


@pytest.mark.parametrize("value", ["inf", "-Infinity", "1_000", "1e999", "-1e300", "0x10", "१२"])
def test_what_is_a_number_to_some_programs_only_counts_as_missing(tmp_path: Path, value: str) -> None:
    lines = flowers(100).splitlines()
    lines[50] = f"{value},red,a"
    assert f'"{value}" in row 51' in read(tmp_path, "\n".join(lines)).problems[0]


def test_a_target_that_is_no_number_loses_its_row(tmp_path: Path) -> None:
    lines = ["x,y", *(f"{i},{i * 1.5}" for i in range(50))]
    lines[7], lines[9] = "6,about 9", "8,NaN"
    data = read(tmp_path, "\n".join(lines))
    assert data.schema.items == 48
    assert data.problems == (
        'In the column "y", one cell is no number and counts as missing: "about 9" in row 8.',
        '2 rows without a value in the target column "y" are left out.',
    )


def test_a_column_with_numbers_and_texts_is_a_category(tmp_path: Path) -> None:
    text = "size,x,label\n" + "\n".join(f"{(1, 2, 'large')[i % 3]},{i},{'ab'[i % 2]}" for i in range(30))
    assert read(tmp_path, text).schema.facts["features"] == 4


@pytest.mark.parametrize(
    ("line", "there"), [("1.5,red", "2 columns"), ("1.5,red,a,b", "4 columns"), ("oops", "1 column")]
)
def test_a_ragged_row_is_named_and_the_rest_is_used(tmp_path: Path, line: str, there: str) -> None:
    lines = flowers().splitlines()
    lines[6] = line
    data = read(tmp_path, "\n".join(lines))
    assert data.schema.items == 29
    assert data.problems == (f"Row 7 is left out: it has {there}, the first row has 3.",)


def test_a_quotation_mark_that_stays_open_is_told(tmp_path: Path) -> None:
    lines = flowers(100).splitlines()
    lines[80] = '"' + lines[80]
    data = read(tmp_path, "\n".join(lines))
    assert data.schema.items == 79
    assert data.problems == (
        "Row 81 is left out: it has 1 column (a quotation mark opens in it, and only 20 lines later it ends), "
        "the first row has 3.",
    )


def test_of_many_ragged_rows_the_first_are_named(tmp_path: Path) -> None:
    lines = flowers(1_000).splitlines() + ["1.5,red"] * 30
    data = read(tmp_path, "\n".join(lines))
    assert data.schema.items == 1_000
    assert len(data.problems) == 11
    assert data.problems[9].startswith("Row 1,011 is left out")
    assert data.problems[10] == "So are 20 more rows, for the same reason."


def test_a_table_with_too_many_ragged_rows_is_refused(tmp_path: Path) -> None:
    lines = flowers().splitlines()
    lines[6], lines[7], lines[8] = "1.5,red", "2.5", "a,b,c,d"
    assert "row 7: it has 2 columns, but the first row has 3. So it is in 3 rows." in refused(
        tmp_path, "\n".join(lines)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n\n", "has no rows"),
        ("a,b\n", "a header but no rows"),
        ("a\n1\n2\n", "only one column"),
        ("x,y\n1,\n2,\n3,1\n", "has only 1 row with a target"),
        ("x,label\n" + "1,a\n" * 5, "the same value in every row"),
        ("x,label\n" + "".join(f"{i},n{i}\n" for i in range(9)), "9 different texts, too many to be classes"),
        ("x,label\n" + "1,a\n1,b\n" * 5, "no column to learn from"),
        ("x,y\n1,2\n1,\0\n", "a zero byte at position 10"),
        ("x,y\n1," + "9" * 200_000 + "\n", "row 2: it is no CSV"),
        (",".join("1" * 20_000) + "\n", "20,000 columns, more than the 10,000"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert message in refused(tmp_path, text)


def test_a_text_that_is_no_utf_8_is_taken_for_western_and_told(tmp_path: Path) -> None:
    text = flowers().replace("red", "röd").encode("latin-1")
    reading = Reading()
    content = tables.read(written(tmp_path, text), reading)
    assert "röd".encode() in content.arrays["_cells"]
    assert f"(the byte 0xf6 at position {text.index(0xF6):,})" in reading.problems[0]
    assert reading.understood["encoding"] == "cp1252"
    greek = flowers().replace("red", "κόκκινο").encode("iso8859-7")
    content = tables.read(written(tmp_path, greek), Reading({"encoding": "iso8859-7"}))
    assert "κόκκινο".encode() in content.arrays["_cells"]
    assert f"byte 0xf6 at position {text.index(0xF6):,} is wrong" in refused(tmp_path, text, encoding="utf-8")
    assert 'names "klingon", which Python does not know' in refused(tmp_path, flowers(), encoding="klingon")


def test_the_wrong_byte_is_found_across_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_texts, "_BLOCK", 7)
    text = flowers().replace("red", "röd").encode()
    assert read(tmp_path, text).problems == ()
    text = text.replace(b"22.5,blue", b"22.5,bl\xe4e")
    assert f"(the byte 0xe4 at position {text.index(0xE4):,})" in read(tmp_path, text).problems[0]


def test_a_table_larger_than_memory_allows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_files, "MAX_TABLE", 100)
    assert "more than 100 bytes of content" in refused(tmp_path, flowers())


def test_a_split_never_depends_on_the_order_of_reading(tmp_path: Path) -> None:
    first, second = read(tmp_path, flowers()), read(tmp_path, flowers())
    assert torch.equal(first.rows, second.rows)


@pytest.mark.parametrize(
    ("name", "items", "facts"),
    [
        ("titanic_train.csv", 891, {"classes": 2, "features": 10}),
        ("winequality-red.csv", 1599, {"classes": 6, "features": 11}),
        ("wine.csv", 178, {"classes": 3, "features": 13}),
    ],
)
def test_public_tables(shared_data: Path, name: str, items: int, facts: dict[str, int]) -> None:
    data = loaded(tables.read, shared_data / "tabular" / name, {})
    assert data.schema.items == items
    assert dict(data.schema.facts) == facts
    assert torch.isfinite(data.tensors["features"]).all()
