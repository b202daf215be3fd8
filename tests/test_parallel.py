"""Tests in several processes at once: each has a home of its own, and one that dies is a failure, not a gap."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CASES = """
import os
from pathlib import Path

import pytest

@pytest.mark.parametrize("number", range(6))
def test_home(number: int) -> None:
    with open(os.environ["TOLD"], "a") as file:
        file.write(f"{os.environ['PYTEST_XDIST_WORKER']} {Path.home()} {Path.home().is_dir()}\\n")

def test_death() -> None:
    os._exit(0)
"""


def test_processes_share_no_home_and_a_dead_one_fails_its_test(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_cases.py").write_text(CASES)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    told = tmp_path / "told"
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    variables |= {"TOLD": str(told), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # each process would import Qt
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "xdist",
        "-n",
        "2",
        "--dist",
        "worksteal",
    ]
    done = subprocess.run(
        [*command, "test_cases.py"], cwd=tmp_path, env=variables,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "test_death" in done.stdout and "crashed" in done.stdout
    assert "1 failed, 6 passed" in done.stdout, "the others went on"
    homes = {line.split()[0]: line.split()[1] for line in told.read_text().splitlines()}
    assert len(homes) >= 2 and len(set(homes.values())) == len(homes)
    assert all(line.endswith("True") for line in told.read_text().splitlines())
    assert os.environ["HOME"] not in homes.values()
    assert not any(Path(home).exists() for home in homes.values()), "nothing stays, also of the dead one"
