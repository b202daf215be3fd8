import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads do the work")

# What a test says is done by two processes, whatever the machine has.
BEGINNING = """
import os, signal, sys, time
from workbench.core.errors import DataError
from workbench.engine.readers import forks
forks._PROCESSES = 2

class OtherError(Exception): pass

def spread(do, count=200, told=lambda done: None):
    assert forks.possible()
    return forks.in_processes(do, count, lambda number: f"item {number}", told, OtherError)
"""


def run(code: str) -> str:
    """What such a program prints."""
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def lives(pid: int) -> bool:
    """Whether a process does anything; a zombie waits for its parent only."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_results_come_in_order_from_several_processes_that_have_limits() -> None:
    said = run("""
import resource
told = []
def do(number): return f"{number} {os.getpid()} {resource.getrlimit(resource.RLIMIT_DATA)[0]}"
print(os.getpid(), told == [], *spread(do, told=told.append), sep="\\n")
print(len(told) == 7 and told == sorted(told) and told[-1] == 200)
""").split("\n")
    lines = [line.split() for line in said[2:-1]]
    assert [int(number) for number, _, _ in lines] == list(range(200))
    processes = {pid for _, pid, _ in lines}
    assert len(processes) == 2 and said[0] not in processes
    assert {int(limit) for _, _, limit in lines} == {2 * 2**30}
    assert said[-1] == "True"


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "DataError Reading item 77 ended the process that did it."),
        ("raise OtherError", "OtherError"),
        ("bytearray(2**40)", "MemoryError"),
        ("raise KeyError('x')", "RuntimeError KeyError: 'x'"),
    ],
)
def test_an_item_that_goes_wrong_ends_the_work_in_words(do: str, expected: str) -> None:
    said = run(f"""
def work(number):
    if number == 77: {do}
    return ""
try: spread(work)
except Exception as error: print(type(error).__name__, error)
""")
    assert said.startswith(expected)


def test_long_sentences_and_names_of_any_bytes_come_through() -> None:
    said = run("""
beginning = os.fsdecode(b"caf\\xff") + "\\n"
signs = "\\u20ac\\x01"
found = spread(lambda number: beginning + signs[number % 2] * 5000)
print({(len(each), each[:5] == beginning, each[-1]) for each in found} == {(600, True, sign) for sign in signs})
""")
    assert said == "True"


def test_the_processes_end_with_the_one_that_forked_them() -> None:
    code = (
        BEGINNING
        + """
def work(number):
    os.write(1, f"{os.getpid()}\\n".encode())
    time.sleep(0.1)
    return ""
spread(work, 2000)
"""
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        children: set[int] = set()
        while len(children) < 2:
            children.add(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        until = time.monotonic() + 20
        while any(map(lives, children)) and time.monotonic() < until:
            time.sleep(0.05)
        assert not any(map(lives, children))


def test_no_process_is_forked_beside_threads() -> None:
    code = "import threading; threading.Thread(target=time.sleep, args=(1,)).start(); print(forks.possible())"
    assert run(code) == "False"


def test_a_large_folder_is_read_alike_by_processes_and_by_threads(tmp_path: Path) -> None:
    said = run(f"""
from pathlib import Path
import numpy as np
from PIL import Image
from workbench.engine.readers import images, images_decode
from workbench.engine.readers.reader import Reading
root = Path({str(tmp_path)!r})
pixels = np.random.default_rng(0).integers(0, 256, (600, 12, 10, 3), dtype=np.uint8)
for label in "ab": (root / "in" / label).mkdir(parents=True)
for number, each in enumerate(pixels):
    Image.fromarray(each).save(root / "in" / "ab"[number % 2] / f"{{number:03}}.jpg")
cut = root / "in" / "a" / "100.jpg"
cut.write_bytes(cut.read_bytes()[:-40])
(root / "copy").mkdir()
whole, kept = Reading(), Reading(folder=root / "copy")
first = images.read(root / "in", whole)
images_decode.in_threads = None  # these are not asked
second = images.read(root / "in", kept)
good = np.concatenate(list(first.splits.values()))
import json
print(json.dumps([len(good), bool((first.arrays["image"][good] == second.arrays["image"][good]).all()),
    [first.splits[name].tolist() == second.splits[name].tolist() for name in first.splits],
    whole.problems == kept.problems, kept.problems]))
""")
    count, same, splits, alike, problems = json.loads(said)
    assert count == 599 and same and all(splits) and alike
    assert len(problems) == 1
    assert problems[0].startswith(f"{tmp_path}/in/a/100.jpg is damaged and left out (")


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ("return str(os.getpid())", "another"),
        (
            "if os.getpid() != me: os.kill(os.getpid(), signal.SIGKILL)\n    return str(os.getpid())",
            "this one",
        ),
        ("if os.getpid() != me: raise OSError\n    return str(os.getpid())", "this one"),
    ],
    ids=["made", "killed", "failed"],
)
def test_a_text_is_made_beside_by_another_process_and_otherwise_when_it_is_asked_for(
    do: str, said: str
) -> None:
    assert said == run(f"""
sys.stderr = open(os.devnull, "w")
me = os.getpid()
def do():
    {do}
with forks.beside(do) as asked:
    made = asked()
print("this one" if made == str(me) else "another")
try:
    os.waitpid(-1, os.WNOHANG)
    print("a process is left")
except ChildProcessError:
    pass
""")
