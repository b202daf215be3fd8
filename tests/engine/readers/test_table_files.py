import datetime
import decimal
import gzip
import re
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.readings import Read, detected, loaded
from workbench.core.errors import DataError
from workbench.engine.readers import table_files, tables
from workbench.engine.readers.detect import detect
from workbench.engine.readers.reader import Reading

COLUMNS = {
    "length": [i + 0.5 for i in range(30)],
    "count": list(range(30)),
    "colour": ["red" if i % 2 else "blue" for i in range(30)],
    "species": ["b" if i >= 20 else "a" for i in range(30)],
}
CSV = "\n".join(
    [",".join(COLUMNS), *(",".join(map(str, row)) for row in zip(*COLUMNS.values(), strict=True))]
)


def refused(path: Path, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        loaded(tables.read, path, options)
    assert str(path) in str(caught.value)
    return str(caught.value)


def same(first: Read, second: Read) -> bool:
    return all(np.array_equal(first.tensors[name], second.tensors[name]) for name in first.tensors)


def plain(tmp_path: Path) -> Read:
    file = tmp_path / "plain.csv"
    file.write_text(CSV)
    return loaded(tables.read, file)


def as_parquet(path: Path, table: pa.Table | None = None) -> Path:
    parquet.write_table(pa.table(COLUMNS) if table is None else table, path)
    return path


def as_workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    """The smallest workbook that a spreadsheet program opens."""

    def cell(value: object) -> str:
        if value is None:
            return "<c/>"
        if isinstance(value, int | float):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        names, links = "", ""
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
        types = f'<Override PartName="/xl/workbook.xml" ContentType="{kind}"/>'
        there = f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
        content = "http://schemas.openxmlformats.org/package/2006/content-types"
        book.writestr("[Content_Types].xml", f'<Types xmlns="{content}">{types}</Types>')
        book.writestr("_rels/.rels", f'<Relationships xmlns="{package}">{there}</Relationships>')
        for number, (name, rows) in enumerate(sheets.items(), start=1):
            names += f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
            links += (
                f'<Relationship Id="r{number}" Type="{office}/worksheet" Target="worksheets/s{number}.xml"/>'
            )
            body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
            book.writestr(
                f"xl/worksheets/s{number}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>',
            )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{names}</sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{links}</Relationships>'
        )
    return path


def rows() -> list[list[object]]:
    return [list(COLUMNS), *(list(row) for row in zip(*COLUMNS.values(), strict=True))]


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    file = as_parquet(tmp_path / "data.parquet")
    assert same(loaded(tables.read, file), plain(tmp_path))
    for name in ("data.parquet.gz", "packed.parquet"):
        packed = tmp_path / name
        packed.write_bytes(gzip.compress(file.read_bytes()))
        assert same(loaded(tables.read, packed), plain(tmp_path))


def test_the_content_tells_the_kind_and_not_the_name(tmp_path: Path) -> None:
    file = as_parquet(tmp_path / "data.parquet").rename(tmp_path / "data.csv")
    assert same(loaded(tables.read, file), plain(tmp_path))
    other = as_workbook(tmp_path / "data.xlsx", {"A": rows()}).rename(tmp_path / "data.tsv")
    assert same(loaded(tables.read, other), plain(tmp_path))
    assert detect(as_parquet(tmp_path / "data"))[0] == ("table", "it begins as a Parquet file does")


def test_columns_of_parquet_have_their_types(tmp_path: Path) -> None:
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=40 * i) for i in range(30)]
    table = pa.table(
        {
            "days": days,
            "yes": [i % 3 == 0 for i in range(30)],
            "kinds": pa.array(COLUMNS["colour"]).dictionary_encode(),
            "parts": pa.array([i if i % 5 else None for i in range(30)], pa.int32()),
            "broken": pa.array([float("nan") if i == 3 else i / 2 for i in range(30)]),
            "lists": [[1, 2]] * 30,
            "bytes": [b"a"] * 30,
            "label": COLUMNS["species"],
        }
    )
    data = loaded(tables.read, as_parquet(tmp_path / "data.parquet", table))
    # year, month and weekday as sine and cosine; yes and no; two colours; two numbers
    assert data.schema.facts["features"] == 5 + 2 + 2 + 2
    assert [re.split(r":| are set| is set", problem)[0] for problem in data.problems] == [
        'The column "lists" is left out',
        'The column "bytes" is left out',
        '6 missing values in the column "parts"',
        '1 missing value in the column "broken"',
    ]


@pytest.mark.parametrize(
    ("cells", "features"),
    [
        (pa.array([datetime.time(i % 24) for i in range(30)]), 24),
        (pa.array([decimal.Decimal(f"{i}.25") for i in range(30)]), 1),
        (pa.array([2**62 + i for i in range(30)]), 0),
        (pa.array([2**64 - 1 - i for i in range(30)], pa.uint64()), 0),
        (pa.array([1e300 * i for i in range(30)]), 0),
        (pa.array(["ab"[i % 2] for i in range(30)], pa.large_string()), 2),
        (pa.array(["ab"[i % 2] for i in range(30)], pa.string_view()), 2),
        (pa.array([i % 3 for i in range(30)]).dictionary_encode(), 1),
        (
            pa.array(
                [datetime.datetime(2020, 1, 1 + i, i % 24) for i in range(30)], pa.timestamp("ns", "UTC")
            ),
            4,
        ),
        (pa.nulls(30), 0),
        (pa.array(range(30), pa.duration("s")), 0),
        (pa.array([b"a"] * 30, pa.large_binary()), 0),
        (pa.array([b"a"] * 30, pa.binary(1)), 0),
    ],
    ids=lambda cells: str(cells.type) if isinstance(cells, pa.Array) else "",
)
def test_every_type_of_parquet_is_used_or_left_out(tmp_path: Path, cells: pa.Array, features: int) -> None:
    table = pa.table({"v": cells, "x": list(range(30)), "label": COLUMNS["species"]})
    data = loaded(tables.read, as_parquet(tmp_path / "data.parquet", table))
    assert data.schema.facts["features"] == 1 + features
    assert np.isfinite(data.tensors["features"].numpy()).all()
    assert [problem.startswith('The column "v" is left out') for problem in data.problems] == [True] * (
        not features
    )


def test_the_numbers_of_rows_that_pandas_writes_are_no_feature(tmp_path: Path) -> None:
    shuffled = np.random.default_rng(0).permutation(60)
    for start in (0, 1):
        rows = [f"{number + start},{i * 0.5},{'abc'[i // 20]}" for i, number in enumerate(shuffled)]
        (tmp_path / "data.csv").write_text("\n".join([",len,target", *rows]))
        data = loaded(tables.read, tmp_path / "data.csv")
        assert data.schema.facts["features"] == 1
        assert data.problems == ("The first column, which has no name, is left out: it numbers the rows.",)
    years = [f"{1960 + i},{i % 7},{'abc'[i // 20]}" for i in range(60)]
    (tmp_path / "data.csv").write_text("\n".join([",len,target", *years]))
    assert loaded(tables.read, tmp_path / "data.csv").schema.facts["features"] == 2
    sheet: list[list[object]] = [[None, "len", "target"], *([i, i * 0.5, "abc"[i // 20]] for i in range(60))]
    as_workbook(tmp_path / "data.xlsx", {"one": sheet})
    assert loaded(tables.read, tmp_path / "data.xlsx").schema.facts["features"] == 1


@pytest.mark.parametrize(
    ("first", "line", "items"),
    [
        ("0,1,2", "{x},{y},{kind}", 60),
        ("1,2,3", "{x},{y},{kind}", 60),
        ("0,1,2,3", "{i},{i},{i},{kind}", 60),
        (",0,1,target", "{i},{x},{y},{kind}", 60),
        ("label,0,1", "{kind},{x},{y}", 60),
        # Examples.
        ("0,1,2", "1,2,3", 61),
        ("0,2,3,5", "{i},{i},{i},{kind}", 61),
        ("4,5,6,7", "{i},{i},{i},{kind}", 61),
    ],
)
def test_columns_may_be_called_by_their_numbers(tmp_path: Path, first: str, line: str, items: int) -> None:
    rows = [line.format(i=i * 7 % 60, x=i + 0.5, y=i % 7 + 0.25, kind=i % 3) for i in range(60)]
    file = tmp_path / "data.csv"
    file.write_text("\n".join([first, *rows[:-1], "7,8,9" if "{" not in line else rows[-1]]))
    data = loaded(tables.read, file, {"task": "regression"})
    assert data.schema.items == items
    assert any("columns' numbers" in problem for problem in data.problems) == (items == 60)


def test_the_index_of_a_parquet_file_is_left_out(tmp_path: Path) -> None:
    table = pa.table({**COLUMNS, "__index_level_0__": np.arange(30)[::-1]})
    data = loaded(tables.read, as_parquet(tmp_path / "data.parquet", table))
    assert data.schema.labels == ("a", "b") and same(data, plain(tmp_path))
    assert data.problems == (
        'The column "__index_level_0__" is left out: it numbers or names the rows, as pandas writes it.',
    )
    days = np.datetime64("2020-01-01") + np.arange(30)
    table = pa.table({"x": COLUMNS["length"], "kind": COLUMNS["species"], "__index_level_0__": days})
    assert loaded(tables.read, as_parquet(tmp_path / "data.parquet", table)).schema.labels == ("a", "b")


def test_a_comma_at_the_end_of_every_row_makes_no_target(tmp_path: Path) -> None:
    rows = [f"{i * 0.5},{i % 7},{'abc'[i % 3]}," for i in range(60)]
    (tmp_path / "data.csv").write_text("\n".join(["a,b,kind,", *rows]))
    data = loaded(tables.read, tmp_path / "data.csv")
    assert data.schema.labels == ("a", "b", "c") and data.schema.facts["features"] == 2


@pytest.mark.parametrize("cut", [8, 300, -20])
def test_a_damaged_parquet_file_is_refused(tmp_path: Path, cut: int) -> None:
    file = as_parquet(tmp_path / "data.parquet")
    file.write_bytes(file.read_bytes()[:cut])
    assert "is no proper Parquet file" in refused(file)


def test_a_parquet_file_that_unfolds_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = as_parquet(tmp_path / "data.parquet", pa.table({"a": np.zeros(100_000), "b": np.zeros(100_000)}))
    monkeypatch.setattr(table_files, "MAX_CELLS", 150_000)
    assert "100,000 rows of 2 columns, more than the 150,000 cells" in refused(file)


def test_a_workbook_is_read_as_csv_is(tmp_path: Path) -> None:
    file = as_workbook(tmp_path / "data.xlsx", {"Flowers": rows()})
    assert same(loaded(tables.read, file), plain(tmp_path))
    assert detected(file).reader == "table"


def test_the_sheet_can_be_chosen(tmp_path: Path) -> None:
    file = as_workbook(tmp_path / "data.xlsx", {"Notes": [["read", "me"]], "Flowers": rows()})
    reading = Reading({"sheet": "Flowers"})
    assert tables.read(file, reading).schema.items == 30
    assert reading.choices["sheet"] == ("Notes", "Flowers")
    assert loaded(tables.read, file, {"sheet": "2"}).schema.items == 30
    assert 'has no sheet "Trees"; it has Notes, Flowers' in refused(file, sheet="Trees")
    assert "a header but no rows" in refused(file)


def test_rows_of_a_workbook_are_those_that_its_program_shows(tmp_path: Path) -> None:
    table: list[list[object]] = [[None] * 4, *rows()]
    table[13][0] = "oops"
    table[5][0] = None
    data = loaded(tables.read, as_workbook(tmp_path / "data.xlsx", {"A": table}))
    assert '"oops" in row 14' in data.problems[0]
    assert data.problems[1].startswith('2 missing values in the column "length"')


def test_whole_numbers_of_a_workbook_are_names_without_a_point(tmp_path: Path) -> None:
    file = as_workbook(tmp_path / "data.xlsx", {"A": rows()})
    reading = Reading({"target": "count", "task": "classification"})
    assert tables.read(file, reading).schema.labels[:3] == ("0", "1", "2")


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 and nothing more", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600]
)
def test_a_damaged_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "data.xlsx"
    file.write_bytes(content)
    assert "is no workbook that can be read" in refused(file)


def test_an_archive_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.xlsx", "w") as other:
        other.writestr("picture.png", b"")
    assert "is no workbook that can be read" in refused(tmp_path / "data.xlsx")


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = as_workbook(tmp_path / "data.xlsx", {"A": rows()})
    monkeypatch.setattr(table_files, "MAX_SHEET", 1_000)
    assert "more than the 1,000 bytes allowed" in refused(file)


def test_a_packed_csv_is_read_in_place(tmp_path: Path) -> None:
    file = tmp_path / "data.csv.gz"
    file.write_bytes(gzip.compress(CSV.encode()))
    assert same(detected(file), plain(tmp_path))
    file.write_bytes(gzip.compress(CSV.encode())[:-30])
    assert "damaged gzip file" in refused(file)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_texts_in_other_encodings_keep_their_letters(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "data.csv"
    file.write_bytes(CSV.replace("species", "größe").replace("red", "röt").encode(encoding))
    reading = Reading({"target": "größe"})
    content = tables.read(file, reading)
    assert content.schema.labels == ("a", "b")
    assert "röt".encode() in content.arrays["_cells"]


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_lines_may_end_in_the_manner_of_other_systems(tmp_path: Path, end: str) -> None:
    file = tmp_path / "data.csv"
    file.write_bytes(CSV.replace("\n", end).encode())
    assert same(detected(file), plain(tmp_path))
    assert detect(file)[0] == ("table", "its name ends in .csv")


def test_quotes_hold_separators_quotes_and_line_feeds(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    cells = ['"a, b"', '"a\nb"', '"a ""b"""']
    file.write_text("\n".join(["kind,x,label", *(f"{cells[i % 3]},{i},{'ab'[i % 2]}" for i in range(30))]))
    content = tables.read(file, Reading())
    assert content.schema.facts["features"] == 4
    assert sorted(set(content.arrays["_cells"][:, 0].tolist())) == [b"a\nb", b'a "b"', b"a, b"]


def test_a_quote_that_is_never_closed_is_told(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text(CSV.replace("\n3.5,", '\n"3.5,') + "\n1.5,1,red,a" * 20_000)
    assert "row 5" in refused(file)


def test_repeated_names_get_their_number(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("a,a,,a,y\n" + "\n".join(f"{i},{i * i},{i % 7},{i % 3},{'ab'[i % 2]}" for i in range(30)))
    reading = Reading()
    tables.read(file, reading)
    assert reading.choices["columns"] == ("a", "a (column2)", "column3", "a (column4)", "y")
    assert reading.problems == [
        'Several columns are called "a"; the later ones are called so with their number.'
    ]


def test_a_million_columns_are_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text(",".join(["1"] * 1_000_000) + "\n" + ",".join(["2"] * 1_000_000) + "\n")
    assert "1,000,000 columns, more than the 10,000" in refused(file)


def test_a_preview_takes_the_beginning_of_a_large_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_files, "_PREVIEW", 300)
    file = tmp_path / "data.csv"
    file.write_text("x,y\n" + "\n".join(f"{i},{'ab'[i % 2]}" for i in range(1_000)))
    assert 40 < tables.read(file, Reading(limit=10)).schema.items < 100
    assert tables.read(file, Reading()).schema.items == 1_000
    # A table in the order of its classes has one of them only in its beginning.
    file.write_text("x,y\n" + "\n".join(f"{i},{'ab'[i > 500]}" for i in range(1_000)))
    assert tables.read(file, Reading(limit=10)).schema.items == 1_000
