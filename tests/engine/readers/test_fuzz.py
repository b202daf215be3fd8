"""Damaged files of every kind: no crash, no hang, no hunger for memory, nothing but a result or a sentence."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.readers import seeds
from workbench.engine.readers.detect import READERS

GIGABYTE_IN_MB = 1024

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits and alarms of POSIX")


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One small healthy source for each reader."""
    root = tmp_path_factory.mktemp("healthy")
    made = {}
    for name, make in seeds.MAKERS.items():
        (root / name).mkdir()
        made[name] = make(root / name)
    return made


def mutated(source: Path, place: Path, chance: random.Random) -> Path:
    """A copy with some of its files damaged: bytes changed, cut off, repeated, swapped with others, or emptied."""
    if source.is_dir():
        shutil.copytree(source, place)
        copy = place
    else:
        place.mkdir()
        copy = Path(shutil.copy(source, place / source.name))
    files = sorted(file for file in place.rglob("*") if file.is_file())
    for file in chance.sample(files, k=min(len(files), chance.choice((1, 1, 2, 3)))):
        data = bytearray(file.read_bytes())
        other = chance.choice(files).read_bytes()
        for _ in range(chance.choice((1, 1, 2, 8))):
            _damage(data, other, chance)
        file.write_bytes(bytes(data))
    if len(files) > 1 and chance.random() < 0.1:
        chance.choice(files).unlink()
    return copy


def _damage(data: bytearray, other: bytes, chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((1, 2, 4, 16, 200)))
    match chance.randrange(8):
        case 0:
            data[at:end] = chance.randbytes(end - at)
        case 1:
            del data[at:]
        case 2:
            del data[at:end]
        case 3:
            data[at:at] = data[at:end] * chance.choice((1, 2, 50))
        case 4:
            data[at:end] = b"\xff" * (end - at)
        case 5:
            data[at:end] = other[at:end]
        case 6:
            words = (
                b"nan",
                b"-1",
                b"1e308",
                b"99999999999999999999",
                b"\x00",
                b'"',
                b"\n",
                b",,",
                b"\xef\xbb\xbf",
                b"inf",
            )
            data[at:end] = chance.choice(words)
        case _:
            if at < len(data):
                data[at] ^= 1 << chance.randrange(8)


class Victim:
    """The program that reads; started anew when it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def read(self, reader: str, path: Path) -> tuple[int, str]:
        """Megabytes that the program has taken at most, and how the reading ended."""
        if self._process is None or self._process.poll() is not None:
            limit = str(GIGABYTE_IN_MB * 2**20)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.engine.readers.mutants"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "WORKBENCH_READER_MEMORY": limit},
            )  # fmt: skip
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{reader}\t{path}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            return 0, f"WRONG the program ended with {self._process.wait()} (-14: it took too long)"
        peak, _, answer = line.rstrip("\n").partition("\t")
        return int(peak), answer

    def end(self) -> None:
        if self._process is not None:
            with self._process as process:
                process.kill()


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    """One for all tests: it takes longer to start than to read what is healthy."""
    made = Victim()
    yield made
    made.end()


def campaign(
    healthy: dict[str, Path], victim: Victim, place: Path, mutants: int, say: Callable[[str], None] = print
) -> None:
    """Reads so many damaged sources, of every reader in turn; fails with all that went wrong."""
    ends = {"ok": 0, "refused": 0}
    wrong = []
    highest = 0
    slowest = (0.0, "")
    began = time.monotonic()
    for number in range(mutants):
        name = list(healthy)[number % len(healthy)]
        folder = place / f"{number}"
        source = mutated(healthy[name], folder, random.Random(number))
        asked = time.monotonic()
        peak, answer = victim.read(name, source)
        slowest = max(slowest, (time.monotonic() - asked, f"{name}, mutant {number}"))
        highest = max(highest, peak)
        word = answer.split(" ", 1)[0]
        if word in ends:
            ends[word] += 1
            shutil.rmtree(folder)
        else:
            wrong.append(f"{name}, mutant {number}: {answer}")
    say(
        f"{mutants:,} mutants in {time.monotonic() - began:,.0f} s: {ends['ok']:,} read, {ends['refused']:,} "
        f"refused; at most {highest:,} MB; the slowest took {slowest[0]:.1f} s ({slowest[1]})"
    )
    assert not wrong, "\n".join(wrong[:20])
    assert highest < GIGABYTE_IN_MB
    assert min(ends.values()) > mutants / 50, "all ended alike: the damage is too small or too great"


def test_every_reader_has_a_healthy_source_that_it_reads(healthy: dict[str, Path], victim: Victim) -> None:
    assert healthy.keys() == READERS.keys()
    assert {name: victim.read(name, path)[1] for name, path in healthy.items()} == dict.fromkeys(
        healthy, "ok"
    )


def test_damaged_files_give_a_result_or_a_sentence(
    healthy: dict[str, Path], victim: Victim, tmp_path: Path
) -> None:
    campaign(healthy, victim, tmp_path, 150)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_a_long_campaign(healthy: dict[str, Path], victim: Victim, tmp_path: Path) -> None:
    campaign(healthy, victim, tmp_path, 5_000)
