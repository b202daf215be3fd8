from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.data import assembled
from workbench.engine.readers import series, show
from workbench.engine.readers.content import Content
from workbench.engine.readers.detect import detect
from workbench.engine.readers.reader import Reading

HOURS = np.datetime64("2020-01-01T00:00") + np.arange(100) * np.timedelta64(1, "h")


def rows(count: int = 100) -> list[str]:
    lines = ["time,load,wind"]
    return lines + [f"{str(HOURS[i]).replace('T', ' ')},{i * 2.5},{(i * 7) % 13}" for i in range(count)]


def written(tmp_path: Path, lines: list[str], name: str = "data.csv") -> Path:
    file = tmp_path / name
    file.write_text("\n".join(lines))
    return file


def read(tmp_path: Path, lines: list[str] | None = None, **options: object) -> tuple[Content, Reading]:
    reading = Reading(options)
    return series.read(written(tmp_path, rows() if lines is None else lines), reading), reading


def refused(tmp_path: Path, lines: list[str] | None = None, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        read(tmp_path, lines, **options)
    return str(caught.value)


def by_hand(
    values: np.ndarray, start: int, end: int, window: int, horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    """All windows whose foretold rows lie from start to end, one after the other."""
    firsts = [s for s in range(len(values)) if start <= s + window and s + window + horizon <= end]
    x = np.stack([values[s : s + window] for s in firsts])
    return x, np.stack([values[s + window : s + window + horizon] for s in firsts])


def test_every_window_is_what_a_loop_would_take(tmp_path: Path) -> None:
    content, _ = read(tmp_path, window=8, horizon=3)
    values = np.stack([np.arange(100) * 2.5, np.arange(100) * 7 % 13], axis=1)
    values = (values - values[:60].mean(0)) / values[:60].std(0)
    data = assembled(content)
    # Windows of training lie in it as a whole; those after it look back into the part before.
    for name, start, end in (("train", 8, 60), ("validation", 60, 80), ("test", 80, 100)):
        x, y = by_hand(values, start, end, 8, 3)
        assert data.count(name) == len(x)
        (batch,) = data.batches(name, 1_000, shuffle=False)
        assert np.allclose(batch["x"].numpy(), x, atol=1e-4)
        assert np.allclose(batch["y"].numpy(), y, atol=1e-4)


def test_the_schema_tells_sizes_and_items(tmp_path: Path) -> None:
    content, reading = read(tmp_path, window=8, horizon=3, targets="load")
    assert content.schema.outputs == {
        "x": TensorSpec(("N", 8, 2), "float"),
        "y": TensorSpec(("N", 3, 1), "float"),
    }
    facts = content.schema.facts
    assert (content.schema.items, facts["features"], facts["targets"]) == (100, 2, 1)
    assert facts["target_mean"] == pytest.approx(np.mean(np.arange(60) * 2.5))
    assert reading.understood["time"] == "time"
    assert reading.understood["targets"] == ["load"]


def test_columns_can_be_inputs_or_targets_only(tmp_path: Path) -> None:
    content, _ = read(tmp_path, window=4, horizon=2, inputs="wind", targets="load", standardise="no")
    assert content.arrays["x"][:, 0].tolist() == (np.arange(100) * 7 % 13).tolist()
    assert content.arrays["y"][:, 0].tolist() == (np.arange(100) * 2.5).tolist()
    assert "no numbers to learn from" in refused(tmp_path, targets="time")


def test_the_clock_can_be_an_input(tmp_path: Path) -> None:
    content, _ = read(tmp_path, window=4, horizon=2, time_features="yes")
    names = content.arrays["_inputs"].tolist()
    place = names.index(b"time time cosine")
    assert np.allclose(
        content.arrays["x"][:, place], np.cos(2 * np.pi * (np.arange(100) % 24) / 24), atol=1e-6
    )
    assert content.schema.facts["features"] == len(names) == 6
    assert content.schema.facts["targets"] == 2


def test_parts_can_be_given_in_rows(tmp_path: Path) -> None:
    content, reading = read(tmp_path, window=8, horizon=3, rows="50, 20, 20")
    assert content.sizes == {"train": 50 - 8 - 3 + 1, "validation": 20 - 3 + 1, "test": 20 - 3 + 1}
    assert reading.problems == ["The last 10 of 100 rows are in no part."]
    assert content.splits["test"][0] == 70 - 8
    assert "asks for 110" in refused(tmp_path, rows="50,30,30")
    assert "such as 8640" in refused(tmp_path, rows="half,half")


def test_training_windows_can_lie_further_apart(tmp_path: Path) -> None:
    content, _ = read(tmp_path, window=8, horizon=3, stride=5)
    assert content.splits["train"].tolist() == list(range(0, 50, 5))
    assert np.diff(content.splits["test"]).tolist() == [1] * (len(content.splits["test"]) - 1)


def test_rows_are_put_into_order(tmp_path: Path) -> None:
    lines = rows()
    order = np.random.default_rng(1).permutation(100)
    content, reading = read(tmp_path, [lines[0], *(lines[1 + i] for i in order)], standardise="no")
    assert content.arrays["x"][:, 0].tolist() == (np.arange(100) * 2.5).tolist()
    assert "are put into the order of" in reading.problems[0]


def test_rows_newest_first_may_follow_within_a_second(tmp_path: Path) -> None:
    times = HOURS[0].astype("datetime64[ms]") + np.arange(60) * np.timedelta64(250, "ms")
    lines = ["time,v", *(f"{time},{i}" for i, time in reversed(list(enumerate(times))))]
    content, reading = read(tmp_path, lines, standardise="no")
    assert content.arrays["x"][:, 0].tolist() == list(range(60))
    assert reading.figures[0].values[-1] == "250 milliseconds" and len(reading.problems) == 1


def test_an_hour_that_the_clock_strikes_twice_stays_in_order(tmp_path: Path) -> None:
    start = np.datetime64("2024-10-26T20:00")  # by the clock of Greenwich
    ahead = [2 if i < 10 else 1 for i in range(40)]
    times = [start + np.timedelta64(30 * i + 60 * hours, "m") for i, hours in enumerate(ahead)]
    lines = ["time,v", *(f"{time}:00+0{ahead[i]}:00,{i}" for i, time in enumerate(times))]
    content, reading = read(tmp_path, lines, standardise="no")
    assert content.arrays["x"][:, 0].tolist() == list(range(40)) and reading.problems == []


def test_gaps_are_closed_and_told(tmp_path: Path) -> None:
    lines = rows()
    for place in (11, 12):
        lines[place] = lines[place].rsplit(",", 2)[0] + ",,NaN"
    content, reading = read(tmp_path, lines, standardise="no", missing="line")
    assert content.arrays["x"][:, 0].tolist() == (np.arange(100) * 2.5).tolist()
    assert (
        reading.problems[0]
        == '2 missing values in the column "load" are set to a line between their neighbours.'
    )
    last, _ = read(tmp_path, lines, standardise="no", missing="last")
    assert last.arrays["x"][9:13, 0].tolist() == [22.5, 22.5, 22.5, 30.0]


def test_no_gap_is_closed_by_what_comes_later_unless_that_is_wanted(tmp_path: Path) -> None:
    lines = rows()
    for place in (11, 12):
        lines[place] = lines[place].rsplit(",", 2)[0] + ",,NaN"
    before, _ = read(tmp_path, lines, standardise="no")
    lines[13:] = [line.rsplit(",", 2)[0] + ",900,900" for line in lines[13:]]
    after, _ = read(tmp_path, lines, standardise="no")
    assert np.array_equal(before.arrays["x"][:12], after.arrays["x"][:12])
    assert after.arrays["x"][12:, 0].min() == 900


def test_a_row_without_time_is_left_out(tmp_path: Path) -> None:
    lines = rows()
    lines[31] = ",1,2"
    content, reading = read(tmp_path, lines)
    assert content.schema.items == 99
    assert reading.problems[0].endswith("the first is row 32.")


def test_steps_that_are_not_even_are_told(tmp_path: Path) -> None:
    lines = [rows()[0], *(line for i, line in enumerate(rows()[1:]) if i % 3)]
    assert "are not even; windows count rows" in read(tmp_path, lines)[1].problems[0]


@pytest.mark.parametrize(
    ("lines", "options", "message"),
    [
        (
            rows(8),
            {"window": 6, "horizon": 4},
            "4 rows to train on, too few for a window of 6 and a horizon of 4",
        ),
        (["day,name", "2020-01-01,a", "2020-01-02,b"], {}, "no column of numbers"),
        (rows(), {"time": "wave"}, 'asks for a column "wave"'),
        (rows(), {"validation": 0.6, "test": 0.5}, "leave nothing to train on"),
    ],
)
def test_what_gives_no_windows_is_refused(
    tmp_path: Path, lines: list[str], options: dict[str, object], message: str
) -> None:
    assert message in refused(tmp_path, lines, **options)


def test_only_numbers_are_a_series_when_asked(tmp_path: Path) -> None:
    content, reading = read(tmp_path, [f"{i % 7}" for i in range(50)], window=5, horizon=1)
    assert content.schema.items == 50
    assert content.schema.facts["features"] == 1
    assert "No column has dates" in reading.problems[0]


def test_series_and_tables_are_told_apart(tmp_path: Path) -> None:
    found = detect(written(tmp_path, rows()))
    assert found[0] == ("series", 'its column "time" has dates in even steps (1 hour) beside numbers')
    assert found[1][0] == "table"
    months = ["Month,Passengers", *(f"{1949 + i // 12}-{i % 12 + 1:02},{i * i % 37}" for i in range(40))]
    assert "even steps (1 month)" in dict(detect(written(tmp_path, months)))["series"]
    days = np.busday_offset("2020-01-01", np.arange(60), roll="forward")
    assert (
        "working days"
        in dict(detect(written(tmp_path, ["day,price", *(f"{d},{i}" for i, d in enumerate(days))])))["series"]
    )
    assert detect(written(tmp_path, ["3.5"] * 20))[0] == ("series", "it has one column, of numbers")
    named = [f"{line},{'ab'[i % 2]}" for i, line in enumerate(rows())]
    assert detect(written(tmp_path, named))[0][0] == "table"
    uneven = ["day,x,y", *(f"2020-0{1 + i % 9}-0{1 + i * i % 7},{i},{i}" for i in range(50))]
    assert detect(written(tmp_path, uneven))[0][0] == "table"
    assert detect(written(tmp_path, ["a,b", "1,2", "3,4"]))[0][0] == "table"


@pytest.mark.parametrize("stations", ["12", "ab"])
@pytest.mark.parametrize("blocks", [True, False])
def test_several_series_in_one_file_are_refused(tmp_path: Path, stations: str, blocks: bool) -> None:
    both = [(hour, station) for hour in HOURS for station in stations]
    lines = [
        f"{hour},{s},{i % 7}"
        for i, (hour, s) in enumerate(sorted(both, key=lambda row: row[1] if blocks else ""))
    ]
    lines = ["time,station,v", *lines]
    assert detect(written(tmp_path, lines))[0][0] == "table"
    assert 'which the column "station" tells apart' in refused(tmp_path, lines)
    # Where times are only coarse, nothing tells the rows apart.
    coarse = ["time,v", *(f"{HOURS[i // 2]},{i % 7}" for i in range(100))]
    assert read(tmp_path, coarse)[0].schema.items == 100


def test_windows_are_shown_as_curves(tmp_path: Path) -> None:
    content, _ = read(tmp_path, window=8, horizon=3, standardise="no", targets="load")
    x, y = show.items(content, "test", [1])[0]["parts"]
    assert (x["kind"], x["names"], len(x["channels"]), len(x["channels"][0])) == (
        "curve",
        ["load", "wind"],
        2,
        8,
    )
    assert x["channels"][0][0] == 73 * 2.5
    assert y["channels"] == [[81 * 2.5, 82 * 2.5, 83 * 2.5]]


@pytest.mark.parametrize(
    ("name", "items", "options", "sizes"),
    [
        ("series/airline-passengers.csv", 144, {}, None),
        ("series/monthly-sunspots.csv", 2_820, {}, None),
        (
            "etth1",
            17_420,
            {"rows": "8640,2880,2880", "window": 96, "horizon": 24},
            {"train": 8_640 - 96 - 24 + 1, "validation": 2_880 - 24 + 1, "test": 2_880 - 24 + 1},
        ),
    ],
)
def test_public_series(
    shared_data: Path, name: str, items: int, options: dict[str, object], sizes: dict[str, int] | None
) -> None:
    assert detect(shared_data / name)[0][0] == "series"
    content = series.read(shared_data / name, Reading(options))
    assert content.schema.items == items
    assert sizes is None or content.sizes == sizes
    assert all(content.sizes.values())
    assert np.isfinite(content.arrays["x"]).all()
