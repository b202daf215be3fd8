"""The process that downloads, seen from outside: what it prints, how it ends, and that nothing half is left."""

import hashlib
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.jobs.site import Site, gives, status
from workbench.jobs.downloads import download_command, reports

LONG = bytes(range(256)) * 4000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "downloads"


def sha256(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


@pytest.fixture
def command(site: Site, tmp_path: Path, folder: Path) -> list[str]:
    """Downloads a set of one long file from the site."""
    entry = {
        **dict.fromkeys(("title", "kind", "items", "description", "licence", "citation", "page"), "-"),
        "id": "tiny", "mirrors": [site.url], "files": [{"name": "a.bin", "bytes": len(LONG), "hash": sha256(LONG)}],
    }  # fmt: skip
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text(json.dumps({"format": 1, "sets": [entry]}), encoding="utf-8")
    return download_command("tiny", folder=folder, catalogue=catalogue)


def whole(folder: Path) -> list[Path]:
    return list((folder / "tiny").glob("*"))


def begun(folder: Path, size: int) -> None:
    """Waits until so much has come."""
    part, deadline = folder / ".parts" / "tiny" / "a.bin.part", time.monotonic() + 20
    while not part.exists() or part.stat().st_size < size:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_brings_a_set_and_says_how_it_goes(site: Site, command: list[str], folder: Path) -> None:
    site.on("/a.bin", gives(LONG))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = list(reports(io.StringIO("noise\n[1]\n" + done.stdout)))
    assert (done.returncode, done.stderr) == (0, "")
    assert [each["event"] for each in said if each["event"] != "progress"] == ["start", "check", "done"]
    assert said[0] == {
        "event": "start",
        "set": "tiny",
        "files": 1,
        "bytes": len(LONG),
        "folder": str(folder / "tiny"),
    }
    assert said[-1]["path"] == str(folder / "tiny") and said[-1]["hash"] == "pinned"
    progress = [each for each in said if each["event"] == "progress"]
    assert progress[-1]["done"] == progress[-1]["bytes"] == len(LONG)
    assert set(progress[0]) == set("event file number of done bytes all_done all_bytes rate left".split())
    assert (folder / "tiny" / "a.bin").read_bytes() == LONG


def test_a_process_that_is_ended_leaves_a_part_and_the_next_one_goes_on(
    site: Site, command: list[str], folder: Path
) -> None:
    site.on("/a.bin", gives(LONG, until=len(LONG) // 2, stall=True), gives(LONG))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        begun(folder, len(LONG) // 2)
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert second.returncode == 1 and "is being downloaded by another process already" in second.stderr
        process.terminate()
        output, _ = process.communicate()
    assert "Traceback" not in output and whole(folder) == []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and (folder / "tiny" / "a.bin").read_bytes() == LONG
    assert site.ranges("/a.bin") == ["", f"bytes={len(LONG) // 2}-"]


def test_a_process_says_in_one_sentence_why_not(site: Site, command: list[str], folder: Path) -> None:
    site.on("/a.bin", status(404))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = list(reports(io.StringIO(done.stdout)))
    sentence = f"{site.url}a.bin does not have the file (answer 404 Not Found)."
    assert (done.returncode, done.stderr) == (1, sentence + "\n")
    assert said[-1] == {"event": "failed", "text": sentence} and whole(folder) == []
    place = folder.parent / "file"
    place.write_text("in the way", encoding="utf-8")
    command[command.index("--folder") + 1] = str(place)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr == f"{place}: File exists.\n"


def test_a_process_does_not_outlive_the_one_that_started_it(
    site: Site, command: list[str], folder: Path
) -> None:
    site.on("/a.bin", gives(LONG, until=len(LONG) // 2, stall=True))
    code = "import subprocess, sys; p = subprocess.Popen(sys.argv[1:]); print(p.pid, flush=True); p.wait()"
    with subprocess.Popen(
        [sys.executable, "-c", code, *command], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        begun(folder, len(LONG) // 2)
        parent.kill()
        child.wait(10)
    assert not child.is_running() and whole(folder) == []


def test_an_unknown_set_ends_the_process_with_those_that_there_are(command: list[str]) -> None:
    command[command.index("tiny")] = "imagenet"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "The catalogue has no “imagenet”; it has tiny.\n")


def test_the_command_passes_all_that_was_asked_for(folder: Path, tmp_path: Path) -> None:
    command = download_command(
        "mnist", folder=folder, local=tmp_path, mirrors=["http://a/", "http://b/"], proxy="http://p:1"
    )
    assert command[command.index("workbench.jobs.download") + 1 :] == [
        "mnist", "--folder", str(folder), "--from", str(tmp_path), "--mirror", "http://a/", "--mirror", "http://b/",
        "--proxy", "http://p:1",
    ]  # fmt: skip
