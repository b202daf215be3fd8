import numpy as np
import pyarrow as pa
import pytest

from workbench.engine.readers.dates import dates_in, instants_in, parts


def read(*cells: str | None) -> list[str] | None:
    found = dates_in(pa.chunked_array([pa.array(cells, pa.string())]))
    return None if found is None else [str(date) for date in found]


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("2020-02-29", "2020-02-29T00:00:00"),
        ("1949-01", "1949-01-01T00:00:00"),
        ("2016/7/1", "2016-07-01T00:00:00"),
        ("2016-07-01 23:05:59", "2016-07-01T23:05:59"),
        ("2016-07-01T23:05:59.123456Z", "2016-07-01T23:05:59.123456"),
        ("2016-07-01T23:05:59.25", "2016-07-01T23:05:59.250000"),
        ("2016-07-01T23:05:59.123456789", "2016-07-01T23:05:59.123456"),
        ("2016-07-01T23:05:59,000", "2016-07-01T23:05:59"),
        ("2016-07-01 23:05:59+02:00", "2016-07-01T23:05:59"),
        ("3.4.2020", "2020-04-03T00:00:00"),
        ("03/04/2020 10:20", "2020-04-03T10:20:00"),
        ("1887-12-31", "1887-12-31T00:00:00"),
    ],
)
def test_dates_as_people_write_them(cell: str, date: str) -> None:
    assert read(cell, None) == [date, "NaT"]


def test_parts_of_a_second_of_a_typed_column_are_kept() -> None:
    moments = np.datetime64("2016-07-01T23:05:59.25") + np.arange(3) * np.timedelta64(250, "ms")
    for unit in ("ms", "us", "ns"):
        found = dates_in(pa.chunked_array([pa.array(moments.astype(f"datetime64[{unit}]"))]))
        assert found is not None and (found == moments).all()


def test_offsets_count_for_the_order_where_all_are_given() -> None:
    def instants(*cells: str | None) -> list[str]:
        chunked = pa.chunked_array([pa.array(cells, pa.string())])
        dates = dates_in(chunked)
        assert dates is not None
        return [str(date) for date in instants_in(chunked, dates)]

    assert instants(
        "2024-10-27 02:30:00+02:00", "2024-10-27T02:00:00.5 +0100", "2024-01-01 00:00Z", None
    ) == [
        "2024-10-27T00:30:00.000000",
        "2024-10-27T01:00:00.500000",
        "2024-01-01T00:00:00.000000",
        "NaT",
    ]
    assert instants("2024-10-27 02:30-03:30", "2024-01-01 00:00") == [
        "2024-10-27T02:30:00",
        "2024-01-01T00:00:00",
    ]
    assert instants("3-4-2020", "4-4-2020") == ["2020-04-03T00:00:00", "2020-04-04T00:00:00"]


def test_the_month_stands_first_where_the_day_can_be_no_month() -> None:
    assert read("01/02/2020", "01/31/2020") == ["2020-01-02T00:00:00", "2020-01-31T00:00:00"]
    assert read("01/02/2020", "31/01/2020") == ["2020-02-01T00:00:00", "2020-01-31T00:00:00"]


@pytest.mark.parametrize("cell", ["red", "2020", "12-34", "2020-13-01x", "1.5", "10:30"])
def test_what_is_no_date(cell: str) -> None:
    assert read(cell, cell) is None


def test_a_day_that_no_calendar_has_is_missing() -> None:
    cells = [f"2020-01-{day:02}" for day in range(1, 31)]
    assert read(*cells, "2020-02-30") == [*(f"{cell}T00:00:00" for cell in cells), "NaT"]
    assert read("2020-02-30", "2021-02-29") is None


def test_parts_agree_with_the_calendar() -> None:
    dates = np.arange(
        np.datetime64("1960-01-01"), np.datetime64("2030-01-01"), 40 * 3600 + 1, dtype="datetime64[s]"
    )
    found = parts(dates)
    known = [date.item() for date in dates]
    assert found["year"].tolist() == [date.year for date in known]
    for name, turn in (
        ("month", [(date.month - 1) / 12 for date in known]),
        ("weekday", [date.weekday() / 7 for date in known]),
        ("time", [(date.hour * 3600 + date.minute * 60 + date.second) / 86_400 for date in known]),
    ):
        assert np.allclose(found[f"{name} sine"], np.sin(2 * np.pi * np.array(turn)))
        assert np.allclose(found[f"{name} cosine"], np.cos(2 * np.pi * np.array(turn)))
    assert np.isnan(parts(np.array(["NaT"], dtype="datetime64[s]"))["year"]).all()
