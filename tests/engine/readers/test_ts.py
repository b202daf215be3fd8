import gzip
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.readers import show, ts
from workbench.engine.readers.content import Content
from workbench.engine.readers.detect import detect
from workbench.engine.readers.reader import Reading

HEADER = "#made for this test\n@problemName Waves\n@timeStamps false\n@missing false\n@univariate true\n"
RANDOM = np.random.default_rng(2)


def series(count: int, lengths: tuple[int, ...] = (6,), channels: int = 1) -> list[np.ndarray]:
    return [np.round(RANDOM.normal(3, 2, (lengths[i % len(lengths)], channels)), 3) for i in range(count)]


def as_ts(values: list[np.ndarray], classes: str = "up down") -> str:
    names = classes.split()
    lines = [
        ":".join([*(",".join(map(str, channel)) for channel in each.T), names[i % len(names)]])
        for i, each in enumerate(values)
    ]
    return HEADER + f"@classLabel true {classes}\n@data\n" + "\n".join(lines) + "\n"


def as_arff(values: list[np.ndarray]) -> str:
    several = values[0].shape[1] > 1
    inner = "\n".join(f"@attribute t{i} numeric" for i in range(len(values[0])))
    head = f"@relation 'Waves'\n@attribute all relational\n{inner}\n@end all" if several else inner
    lines = []
    for i, each in enumerate(values):
        rows = [",".join(map(str, channel)) for channel in each.T]
        joined = "'" + "\\n".join(rows) + "'" if several else rows[0]
        lines.append(f"{joined},{('up', 'down')[i % 2]}")
    start = "" if several else "@RELATION Waves\n"
    return f"% made\n{start}{head}\n@attribute class {{up, down}}\n\n@data\n" + "\n".join(lines)


def written(tmp_path: Path, text: str, name: str = "Waves.ts") -> Path:
    file = tmp_path / name
    file.write_text(text)
    return file


def read(path: Path, **options: object) -> tuple[Content, Reading]:
    reading = Reading(options)
    return ts.read(path, reading), reading


def refused(tmp_path: Path, text: str, name: str = "Waves.ts") -> str:
    with pytest.raises(DataError) as caught:
        read(written(tmp_path, text, name))
    assert str(tmp_path) in str(caught.value)
    return str(caught.value)


def test_series_are_filled_up_and_tell_their_length(tmp_path: Path) -> None:
    values = series(20, (6, 9, 4), channels=3)
    content, reading = read(written(tmp_path, as_ts(values)), scale="none")
    assert content.schema.outputs == {
        "x": TensorSpec(("N", 9, 3), "float"),
        "length": TensorSpec(("N",), "index", 10),
        "label": TensorSpec(("N",), "index", 2),
    }
    assert content.schema.labels == ("up", "down")
    for x, length, each in zip(content.arrays["x"], content.arrays["length"], values, strict=True):
        assert length == len(each)
        assert np.array_equal(x[:length], each.astype(np.float32))
        assert not x[length:].any()
    assert content.arrays["label"].tolist() == [i % 2 for i in range(20)]
    assert content.schema.facts == {"channels": 3, "length": 9, "classes": 2}
    assert reading.problems == []


def test_channels_are_standardised_by_the_training_part(tmp_path: Path) -> None:
    values = series(20, (6, 9), channels=2)
    content, _ = read(written(tmp_path, as_ts(values)))
    train = np.concatenate([values[i] for i in content.splits["train"]])
    for x, each in zip(content.arrays["x"], values, strict=True):
        assert np.allclose(x[: len(each)], (each - train.mean(0)) / train.std(0), atol=1e-5)
        assert not x[len(each) :].any()
    alone, _ = read(written(tmp_path, as_ts(values)), scale="series")
    assert np.allclose(
        alone.arrays["x"][0, :6], (values[0] - values[0].mean(0)) / values[0].std(0), atol=1e-5
    )


@pytest.mark.parametrize("scale", ["channels", "series"])
def test_a_constant_channel_becomes_nothing(tmp_path: Path, scale: str) -> None:
    values = series(20, (97, 100), channels=2)
    for each in values:
        each[:, 1] = 0.1
    content, _ = read(written(tmp_path, as_ts(values)), scale=scale)
    assert np.abs(content.arrays["x"][:, :, 1]).max() < 1e-6


@pytest.mark.parametrize("channels", [1, 3])
def test_arff_holds_the_same(tmp_path: Path, channels: int) -> None:
    values = series(20, channels=channels)
    first, _ = read(written(tmp_path, as_ts(values)))
    second, _ = read(written(tmp_path, as_arff(values), "Waves.arff"))
    assert second.schema.labels == first.schema.labels
    for name, array in first.arrays.items():
        assert np.array_equal(second.arrays[name], array)
    assert detect(tmp_path / "Waves.arff")[0] == ("ts", "Waves.arff holds labelled series")


def test_two_files_are_the_split(tmp_path: Path) -> None:
    written(tmp_path, as_ts(series(30)), "Waves_TRAIN.ts")
    written(tmp_path, as_ts(series(12)), "Waves_TEST.ts")
    written(tmp_path, "About the waves", "README.txt")
    for path in (tmp_path, tmp_path / "Waves_TRAIN.ts"):
        content, _ = read(path)
        assert content.sizes == {"train": 26, "validation": 4, "test": 12}
        assert content.splits["test"].tolist() == list(range(30, 42))
        assert ts.READER.files(path, Reading()) == [tmp_path / "Waves_TRAIN.ts", tmp_path / "Waves_TEST.ts"]
        assert detect(path)[0] == ("ts", "Waves_TRAIN.ts and Waves_TEST.ts hold labelled series")
    other, _ = read(tmp_path, split="stratified")
    assert sum(other.sizes.values()) == 42 and other.sizes["test"] < 12
    written(tmp_path, as_ts(series(12)), "Others_TRAIN.ts")
    with pytest.raises(DataError, match="several files: Others_TRAIN"):
        read(tmp_path)


def test_a_packed_file_is_read_in_place(tmp_path: Path) -> None:
    file = tmp_path / "Waves.ts.gz"
    file.write_bytes(gzip.compress(as_ts(series(20)).encode()))
    assert detect(file)[0][0] == "ts"
    assert read(file)[0].schema.items == 20


def test_letters_of_old_comments_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "Waves.ts"
    file.write_bytes("#Müller\r\n".encode("latin-1") + as_ts(series(20)).replace("\n", "\r\n").encode())
    assert read(file)[0].schema.items == 20


def test_numbers_can_be_predicted(tmp_path: Path) -> None:
    text = as_ts(series(20), " ".join(str(i * 1.5) for i in range(20)))
    content, _ = read(written(tmp_path, text.replace("@classLabel true", "@targetLabel true")))
    facts = content.schema.facts
    restored = content.arrays["target"][:, 0].astype(np.float64) * facts["target_std"] + facts["target_mean"]
    assert np.allclose(restored, np.arange(20) * 1.5, atol=1e-4)
    assert content.schema.outputs["target"] == TensorSpec(("N", 1), "float")


def test_missing_values_lie_on_a_line(tmp_path: Path) -> None:
    text = as_ts(series(20)).replace("@data\n", "@data\n1,?,NaN,7,8,?:up\n?,?,?,?,?,?:down\n")
    content, reading = read(written(tmp_path, text), scale="none")
    assert content.arrays["x"][0, :, 0].tolist() == [1, 3, 5, 7, 8, 8]
    assert not content.arrays["x"][1].any()
    assert reading.problems == ["9 missing values are set to a line between their neighbours."]


def test_channels_of_different_length_are_told(tmp_path: Path) -> None:
    text = as_ts(series(20, channels=2)).replace("@data\n", "@data\n1,2,3:4,5:up\n")
    content, reading = read(written(tmp_path, text), scale="none")
    assert content.arrays["x"][0, :3].tolist() == [[1, 4], [2, 5], [3, 0]]
    assert reading.problems == [
        "1 channels are shorter than the others of their series and are filled up with 0."
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1,2,x:up", "it has a value that is no number"),
        ("1,2,3:sideways", 'its class "sideways" is not among those'),
        ("1,2,3:4,5,6:up", "it has 2 channels, those before it have 1"),
        ("1,2,3:?", "it has no label"),
        ("1,2,3", "it has no colon before its label"),
        ("1,inf,3:up", "it has a value that is infinite"),
        ("(0,1),(1,2):up", "its values have time stamps"),
    ],
)
def test_a_wrong_line_is_named_and_the_rest_is_used(tmp_path: Path, line: str, why: str) -> None:
    content, reading = read(written(tmp_path, as_ts(series(30)) + line + "\n"))
    assert content.schema.items == 30
    assert reading.problems[0].startswith(f"Line 38 of Waves.ts is left out: {why}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            as_ts(series(20)).replace("timeStamps false", "timeStamps true"),
            "line 3: its values have time stamps",
        ),
        (
            as_ts(series(20)).replace("@classLabel true up down", "@classLabel false"),
            "neither classes nor numbers",
        ),
        (as_ts(series(20)).replace("@data", ""), "no line “@data”"),
        (as_ts(series(0)), "no series that can be read"),
        (as_ts(series(20), "up"), 'all series are of the same class, "up"'),
        (as_ts(series(20)) + "1,2:4\n" * 5, "5 lines of"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert message in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("t0 numeric", "t0 date"), "the attribute t0 has dates"),
        (("class {up, down}", "class string"), "has strings"),
        (("@data", ""), "no line “@data”"),
    ],
)
def test_what_is_no_series_in_arff_is_refused(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    assert message in refused(tmp_path, as_arff(series(20)).replace(*change), "Waves.arff")


def test_files_must_fit_together(tmp_path: Path) -> None:
    written(tmp_path, as_ts(series(30)), "Waves_TRAIN.ts")
    written(tmp_path, as_ts(series(12, channels=2)), "Waves_TEST.ts")
    with pytest.raises(DataError, match="has 2 channels, Waves_TRAIN"):
        read(tmp_path)


def test_programs_that_end_in_ts_are_no_series(tmp_path: Path) -> None:
    file = written(tmp_path, "@Component({})\nexport class Waves {}\n")
    assert "ts" not in dict(detect(file))


def test_a_series_is_shown_as_long_as_it_is(tmp_path: Path) -> None:
    values = series(20, (6, 9), channels=2)
    content, _ = read(written(tmp_path, as_ts(values)), scale="none")
    item = show.items(content, "test", [0])[0]
    (part,) = item["parts"]
    assert part["kind"] == "curve" and part["rate"] is None
    assert np.allclose(np.array(part["channels"]).T, values[item["position"]], atol=1e-3)
    assert item["label"] in ("up", "down")


@pytest.mark.parametrize(
    ("name", "counts", "channels", "classes"),
    [
        ("GunPoint", (50, 150), 1, 2),
        ("ItalyPowerDemand", (67, 1_029), 1, 2),
        ("JapaneseVowels", (270, 370), 12, 9),
    ],
)
def test_public_series(
    shared_data: Path, name: str, counts: tuple[int, int], channels: int, classes: int
) -> None:
    assert detect(shared_data / "ucr" / name)[0][0] == "ts"
    content, reading = read(shared_data / "ucr" / name)
    assert content.schema.items == sum(counts)
    assert (content.sizes["train"] + content.sizes["validation"], content.sizes["test"]) == counts
    assert content.schema.facts["channels"] == channels
    assert content.schema.facts["classes"] == classes
    assert np.isfinite(content.arrays["x"]).all()
    assert reading.problems == []
