import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.readings import detected
from workbench.core.errors import DataError
from workbench.engine.readers import audio
from workbench.engine.readers.arrangement import Entry
from workbench.engine.readers.audio_files import resampled
from workbench.engine.readers.audio_labels import condition, matcher, pattern_of
from workbench.engine.readers.content import Content, opened, write
from workbench.engine.readers.detect import detect
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.show import items


def tone(file: Path, hertz: float = 440, *, seconds: float = 0.1, rate: int = 8_000, **how: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    soundfile.write(file, wave, rate, **how)
    return file


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """24 sounds called as those of the Free Spoken Digit Dataset."""
    folder = tmp_path / "digits"
    for digit in (0, 1, 10):
        for speaker in ("ann", "bob"):
            for index in range(4):
                tone(folder / "recordings" / f"{digit}_{speaker}_{index}.wav", 200 + 300 * digit)
    (folder / "README.md").write_text("about")
    return folder


def content(path: Path, **options: object) -> Content:
    return audio.read(path, Reading(options))


def problems(path: Path, **options: object) -> list[str]:
    reading = Reading(options)
    audio.read(path, reading)
    return reading.problems


def test_names_tell_the_class(digits: Path) -> None:
    assert detect(digits)[0] == ("audio", "it has sounds such as recordings/0_ann_0.wav")
    reading = Reading({})
    data = audio.read(digits, reading)
    assert data.schema.labels == ("0", "1", "10") and np.bincount(data.arrays["label"]).tolist() == [8, 8, 8]
    assert reading.understood["pattern"] == "{label}_{part2}_{index}"
    assert data.schema.outputs["mel"].shape == ("N", 1, 40, 11) and data.schema.kind == "audio"
    assert sum(data.sizes.values()) == data.schema.items == 24
    train = data.arrays["mel"][data.splits["train"]]
    assert abs(train.mean()) < 1e-3 and train.std() == pytest.approx(1, abs=1e-3)
    names = [figure.title for figure in reading.figures]
    assert names == ["Seconds", "Sampling rate (Hz)", "Channels"]


def test_a_part_of_the_name_tells_what_tests(digits: Path) -> None:
    data = content(digits, test_when="index<1")
    assert data.sizes["test"] == 6 and data.sizes["train"] + data.sizes["validation"] == 18
    data = content(digits, pattern="{*}_{label}_{take}", test_when="take>=2 and take!=3")
    assert data.schema.labels == ("ann", "bob") and data.sizes["test"] == 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pattern": "{speaker}_{index}"}, "does not say where the class is"),
        ({"pattern": "{label}_{label}"}, "uses a name twice"),
        ({"pattern": "take {label}"}, "No sound in .* is called like take {label}; .*wav is not"),
        ({"test_when": "index"}, 'not "index"'),
        ({"test_when": "speaker=ann"}, "the parts of the names are label, part2, index"),
        ({"test_when": "index<0"}, "holds for no sound"),
        ({"test_when": "index>=0"}, "holds for every sound"),
        ({"label_from": "table"}, "has no table in which most of its sounds are named"),
        ({"labels": "x.csv"}, 'There is no file "x.csv"'),
        ({"low": 3000, "high": 2000}, "is not above the lowest"),
        ({"rate": 50}, "from 100 on, not 50"),
    ],
)
def test_options_that_cannot_be(digits: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        content(digits, **options)


def test_patterns_and_conditions() -> None:
    assert (
        pattern_of(["7_george_1.wav", "7_theo_2.wav", "8_theo_3.wav", "8_theo_4.wav"])
        == "{label}_{part2}_{index}"
    )
    assert pattern_of([f"a{i}.wav" for i in range(9)]) == ""
    assert pattern_of([f"03-{i % 3}-x{i}.wav" for i in range(9)]) == "{part1}-{label}-{part3}"
    match = matcher("{*}.[{label}]*").fullmatch("a.[b]c")
    assert match is not None and match["label"] == "b"
    assert condition('speaker="ann" and index<=10')({"speaker": "ann", "index": "9"})
    assert not condition("index<5")({"index": "10"}), "numbers are compared as numbers"


def test_folders_tell_the_class_and_lists_the_part(tmp_path: Path) -> None:
    for label in ("no", "yes", "_noise_"):
        for i in range(6):
            tone(tmp_path / label / f"{i}.wav", 300 + 10 * i)
    (tmp_path / "testing_list.txt").write_text("no/0.wav\nyes/0.wav\n")
    (tmp_path / "validation_list.txt").write_text("no/1.wav\n")
    data = content(tmp_path)
    assert data.schema.labels == ("no", "yes") and data.sizes == {"train": 9, "validation": 1, "test": 2}
    assert "6 sounds in the folder _noise_ are left out: it is no class." in problems(tmp_path)


def test_a_table_tells_the_class(tmp_path: Path) -> None:
    for i in range(6):
        tone(tmp_path / "audio" / f"{i}.wav")
    rows = "".join(f"{i}.wav,{i},{'dog' if i % 2 else 'cat'}\n" for i in range(5))
    (tmp_path / "meta.csv").write_text("filename,fold,category\n" + rows)
    reading = Reading({})
    data = audio.read(tmp_path, reading)
    assert data.schema.labels == ("cat", "dog") and data.schema.items == 5
    assert reading.understood["label_from"] == "table" and reading.understood["target"] == "category"
    assert [p for p in reading.problems if "5.wav has no class in meta.csv and is left out" in p]
    assert content(tmp_path, target="fold").schema.facts["classes"] == 5
    with pytest.raises(DataError, match=r'meta\.csv has no column "x"'):
        content(tmp_path, target="x")


@pytest.mark.parametrize("name", ["label", "instrument"])
def test_a_column_may_name_the_split(tmp_path: Path, name: str) -> None:
    for i in range(24):
        tone(tmp_path / f"{i}.wav")
    rows = "".join(f"{i}.wav,{'abc'[i % 3]},{'test' if i >= 18 else 'train'}\n" for i in range(24))
    (tmp_path / "meta.csv").write_text(f"file,{name},split\n" + rows)
    data = content(tmp_path)
    assert data.schema.labels == ("a", "b", "c") and data.sizes["test"] == 6
    assert content(tmp_path, target="split").schema.labels == ("test", "train")


def test_rows_that_differ_about_a_sound_are_told(tmp_path: Path) -> None:
    for i in range(8):
        tone(tmp_path / f"{i}.wav")
    rows = "".join(f"{i}.wav,{'ab'[i % 2]}\n" for i in range(8))
    (tmp_path / "meta.csv").write_text("file,label\n" + rows + "0.wav,b\n1.wav,b\n")
    assert content(tmp_path).schema.items == 7
    assert [p for p in problems(tmp_path) if "0.wav has several rows in meta.csv that differ" in p]


def test_without_classes(tmp_path: Path) -> None:
    for i in range(6):
        tone(tmp_path / f"sound{i}.flac")
    data = content(tmp_path, features="wave")
    assert set(data.schema.outputs) == {"wave"} and data.arrays["wave"].shape == (6, 1, 800)


def test_waves_of_every_coding_are_the_same(tmp_path: Path) -> None:
    forms = [
        ("a.wav", "PCM_16"),
        ("b.wav", "PCM_24"),
        ("c.wav", "FLOAT"),
        ("d.wav", "PCM_U8"),
        ("e.flac", "PCM_16"),
    ]
    for name, coding in [*forms, ("f.wav", "DOUBLE")]:
        tone(tmp_path / name, subtype=coding)
    tone(tmp_path / "g.ogg", format="OGG", subtype="VORBIS")
    data = content(tmp_path, features="wave", label_from="none", length=0.1)
    waves = data.arrays["wave"][:, 0].astype(np.float64)
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(800) / 8_000)
    assert np.abs(waves[[0, 1, 2, 4, 5]] - wanted).max() < 1e-4
    assert np.abs(waves[3] - wanted).max() < 0.01 and np.abs(waves[6] - wanted).mean() < 0.05


def test_rates_lengths_and_channels(tmp_path: Path) -> None:
    for i in range(8):
        tone(tmp_path / f"a{i}_x.wav", 300)
    tone(tmp_path / "b_x.wav", 300, rate=44_100)
    stereo = np.stack([np.full(800, 0.5), np.full(800, -0.25)], axis=1)
    soundfile.write(tmp_path / "c_x.wav", stereo, 8_000)
    tone(tmp_path / "d_x.wav", 300, seconds=0.05)
    tone(tmp_path / "e_x.wav", 300, seconds=3)
    data = content(tmp_path, features="wave", label_from="none", length=0.1)
    waves = data.arrays["wave"][:, 0].astype(np.float64)
    assert np.abs(waves[8, 50:-50] - waves[0, 50:-50]).max() < 0.01, "44.1 kHz became 8 kHz"
    assert waves[9].mean() == pytest.approx(0.125, abs=1e-3)
    assert (waves[10, 400:] == 0).all() and np.abs(waves[10, :400]).max() > 0.4
    told = problems(tmp_path, features="wave", label_from="none", length=0.1)
    assert (
        "The sounds have several sampling rates (11 with 8,000 Hz, 1 with 44,100 Hz); all become 8,000 Hz."
        in told
    )
    assert "1 of 12 sounds are longer than 0.1 s and are cut there; the option “length” keeps more." in told
    first = content(tmp_path, features="wave", label_from="none", length=0.1, channel="first")
    assert first.arrays["wave"][9].mean() == pytest.approx(0.5, abs=1e-3)


def test_resampling_keeps_a_tone() -> None:
    wave = np.sin(2 * np.pi * 500 * np.arange(16_000) / 16_000).astype(np.float32)
    other = resampled(wave, 16_000, 11_025)
    wanted = np.sin(2 * np.pi * 500 * np.arange(11_025) / 11_025)
    assert len(other) == 11_025 and np.abs(other[200:-200] - wanted[200:-200]).max() < 2e-3


def test_bad_files_are_named_and_the_rest_is_used(digits: Path) -> None:
    folder = digits / "recordings"
    good = (folder / "0_ann_0.wav").read_bytes()
    (folder / "0_ann_90.wav").write_bytes(b"")
    (folder / "0_ann_91.wav").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 500)
    (folder / "0_ann_92.wav").write_bytes(good[:20])
    (folder / "0_ann_93.wav").write_bytes(good[:-600])
    soundfile.write(folder / "0_ann_94.wav", np.zeros(0), 8_000)
    soundfile.write(folder / "0_ann_95.wav", np.full(800, np.nan), 8_000, subtype="FLOAT")
    soundfile.write(folder / "0_ann_97.wav", np.full(800, 1e30), 8_000, subtype="FLOAT")
    tone(folder / "x.flac").rename(folder / "0_ann_96.wav")
    tone(folder / "stray.wav")
    reading = Reading({"pattern": "{label}_{*}_{index}"})
    data = audio.read(digits, reading)
    assert data.schema.items == 26, "24, the one cut short, and FLAC under another name"
    told = " ".join(reading.problems)
    assert "0_ann_90.wav is empty. It is left out." in told
    assert "0_ann_91.wav is no readable sound (" in told and "0_ann_92.wav is no readable sound (" in told
    assert "0_ann_93.wav is cut short: 1,000 of 1,600 bytes of sound are there, and used." in told
    assert "0_ann_94.wav has no samples. It is left out." in told
    assert "0_ann_95.wav holds samples that are no numbers. It is left out." in told
    assert "0_ann_97.wav holds a sample of 1e+30; sound lies between -1 and 1. It is left out." in told
    assert "stray.wav is not called like {label}_{*}_{index} and is left out." in told
    assert len(reading.problems) == 8


def test_the_others_close_up_where_a_sound_is_left_out(digits: Path, tmp_path: Path) -> None:
    options: dict[str, object] = {"rate": 8_000, "length": 0.2, "features": "wave"}
    good = audio.read(digits, Reading(options))
    file = sorted(digits.rglob("*.wav"))[3]
    wave, rate = soundfile.read(file, dtype="float32")
    wave[5] = np.nan
    soundfile.write(file, wave, rate, subtype="FLOAT")
    copy = tmp_path / "copy"
    copy.mkdir()
    rest = audio.read(digits, Reading(options, folder=copy))
    assert isinstance(rest.arrays["wave"], np.memmap), "not taken into the memory"
    for kind in ("wave", "_curve", "label"):
        assert np.array_equal(rest.arrays[kind], np.delete(good.arrays[kind], 3, axis=0))
    write(rest, copy)
    assert np.array_equal(opened(copy).arrays["wave"], rest.arrays["wave"])


def test_no_sound_or_one_class(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no sounds"):
        content(tmp_path)
    for i in range(3):
        (tmp_path / f"{i}.wav").write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(DataError, match=r"Only 0 of the 3 sounds .* can be read\. .*no readable sound"):
        content(tmp_path)
    for i in range(3):
        tone(tmp_path / f"{i}.wav")
    for i in range(3):
        (tmp_path / f"{i}.wav").rename(tmp_path / f"a_{i}.wav")
    with pytest.raises(DataError, match="are of the class “a”"):
        content(tmp_path, pattern="{label}_{index}")


def test_sounds_in_an_archive(digits: Path, tmp_path: Path) -> None:
    packed = tmp_path / "digits.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(digits.rglob("*.wav")):
            archive.write(file, file.relative_to(digits).as_posix())
    assert detect(packed)[0][0] == "audio"
    assert detected(packed).schema.items == 24


def test_the_wave_and_its_spectrogram_are_shown(digits: Path) -> None:
    shown = items(content(digits, test_when="index<1"), "test", [0, 3])
    assert [item["label"] for item in shown] == ["0", "10"]
    wave, mel = shown[0]["parts"]
    assert (wave["kind"], mel["kind"], mel["name"]) == ("curve", "spectrogram", "mel")
    assert max(wave["channels"][0]) == pytest.approx(0.5, abs=0.05)
    assert len(wave["channels"][0]) / wave["rate"] == pytest.approx(0.11, abs=0.011), "seconds"
    (wave,) = items(content(digits, features="wave"), "train", [0])[0]["parts"]
    assert wave["kind"] == "curve"


def test_a_look_decodes_few(digits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "_LOOK", 6)
    data = audio.read(digits, Reading({}, limit=6))
    assert data.schema.items == 6 and data.schema.labels == ("0", "1", "10")


def test_a_look_sees_every_class_and_all_parts_of_the_files() -> None:
    entries = [Entry(f"{label}/{n}", "train", label) for label in "ab" for n in range(500)]
    entries += [Entry("rare/0", "train", "rare")]
    seen = audio._some(entries)
    assert Counter(entry.label for entry in seen) == {"a": 16, "b": 16, "rare": 1}
    assert seen[0].file == "a/0" and seen[15].file == "a/468", "from all over the files, in their order"


def test_spoken_digits(shared_data: Path) -> None:
    data = detected(shared_data / "fsdd", options={"test_when": "index<5"})
    assert data.reader == "audio" and data.schema.labels == tuple("0123456789")
    assert sum(data.sizes.values()) == 3_000 and data.sizes["test"] == 300
