"""Set-up, wheel and the Python binding of Qt."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tools import set_up

ROOT = Path(__file__).resolve().parent.parent

# Stands for an environment's Python: complete, and with a pip whose `install` does what a test says.
PYTHON_WITH_PIP = """#!/bin/sh
case "$*" in
    *"pip install"*) {install} ;;
    *"pip config"*) echo "global.no-index='1'" ;;
esac
"""


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The files that set-up works with, in a folder whose name has a space."""
    tree = tmp_path / "a folder"
    tree.mkdir()
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tree)
    shutil.copytree(ROOT / "tools", tree / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    return tree


def call_shell(tree: Path, path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": path, "HOME": str(tree)}
    command = ["sh", str(tree / "tools" / "set_up.sh"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def start(tree: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-I", str(tree / "tools" / "set_up.py")]
    environment = {
        **os.environ,
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": "/nowhere",
    }
    return subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_second_call_does_nothing_until_what_was_asked_for_changes(tree: Path, tmp_path: Path) -> None:
    script(tmp_path / "bin" / "python3", '#!/bin/sh\n[ "$3" = -c ] || echo "set-up called: $*"\n')
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    (tree / ".venv" / "bin").mkdir(parents=True)
    (tree / ".venv" / "bin" / "python").symlink_to(sys.executable)
    assert "set-up called: -I tools/set_up.py" in call_shell(tree, path).stdout

    (tree / ".venv" / ".ready").write_text(call_shell(tree, path, "--key").stdout.strip())
    (tree / ".venv" / ".libraries").touch()
    done = call_shell(tree, path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    with (tree / "constraints.txt").open("a") as constraints:
        constraints.write("another==1\n")
    assert "set-up called" in call_shell(tree, path).stdout


def test_a_persons_own_runs_are_no_change_but_a_remade_sample_workspace_is(
    tree: Path, tmp_path: Path
) -> None:
    script(tmp_path / "bin" / "python3", "#!/bin/sh\n")
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"

    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
        return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stdout

    samples = tree / "experiments.db"
    samples.write_text("sample runs")
    git("init", "-q")
    git("add", "experiments.db")
    git("commit", "-q", "-m", "Sample runs")
    samples.write_text("remade by make samples, not committed yet")
    call_shell(tree, path)
    assert git("status", "--short", "--untracked-files=no") == " M experiments.db\n"

    git("commit", "-q", "-m", "Sample runs, remade", "--", "experiments.db")
    call_shell(tree, path)
    samples.write_text("sample runs and my own")
    assert git("status", "--short", "--untracked-files=no") == ""


def test_an_old_python_is_refused_with_what_to_do(tree: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    script(tools / "python3", '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    for tool in ("sh", "dirname", "cat", "cksum", "uname"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    refused = call_shell(tree, str(tools))
    assert refused.returncode == 1
    assert "needs Python 3.11 or newer, and here is Python 3.9.2" in refused.stderr


def test_a_newer_python_beside_an_old_one_is_found(tree: Path, tmp_path: Path) -> None:
    script(tmp_path / "bin" / "python3", "#!/bin/sh\nexit 1\n")
    script(tmp_path / "bin" / "python3.14", '#!/bin/sh\n[ "$3" = -c ] || echo "3.14 called: $*"\n')
    found = call_shell(tree, f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert "3.14 called: -I tools/set_up.py" in found.stdout


def test_a_killed_set_up_never_counts_as_done_and_is_made_anew(tree: Path) -> None:
    install = 'echo "Installing collected packages: torch"; exec sleep 30'
    script(tree / ".venv" / "bin" / "python", PYTHON_WITH_PIP.format(install=install))
    (tree / ".venv" / "pyvenv.cfg").touch()
    (tree / ".venv" / ".ready").write_text("the key of an earlier set-up")
    log = tree / ".venv" / "set-up.log"
    process = start(tree)
    wait_for(lambda: log.exists() and "Installing" in log.read_text())
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert (tree / ".venv" / ".incomplete").exists()
    assert not (tree / ".venv" / ".ready").exists()

    again = start(tree)
    assert again.stderr is not None
    assert "is incomplete or its Python is gone; making it anew" in again.stderr.readline()
    wait_for((tree / ".venv" / "bin" / "python").is_symlink)  # a real one, no longer the one of this test
    os.killpg(again.pid, signal.SIGKILL)  # and killed once more, before there is a pip
    again.communicate()
    assert (tree / ".venv" / ".incomplete").exists()
    assert not (tree / ".venv" / ".ready").exists()


def test_a_failed_download_leaves_a_complete_environment_alone(tree: Path) -> None:
    python = script(
        tree / ".venv" / "bin" / "python",
        PYTHON_WITH_PIP.format(install='echo "ERROR: No matching distribution found for x"; exit 1'),
    )
    (tree / ".venv" / "pyvenv.cfg").touch()
    process = start(tree)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "No matching distribution found for x" in said
    assert "needs the network" in said
    assert python.exists()
    assert not (tree / ".venv" / ".incomplete").exists()


def test_a_foreign_venv_folder_is_never_removed(tree: Path) -> None:
    kept = script(tree / ".venv" / "something of mine", "")
    process = start(tree)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Move it away" in said
    assert kept.exists()


def test_one_set_up_at_a_time_and_the_lock_dies_with_its_holder(tree: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, 'tools'); import set_up\n"
        "with set_up.locked(): print(flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tree, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with subprocess.Popen(command, cwd=tree, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as second:
            assert second.stderr is not None
            assert "waiting for it" in second.stderr.readline()
            holder.kill()
            second.communicate(timeout=30)
    assert second.returncode == 0


def test_torch_is_asked_for_by_its_pin() -> None:
    assert set_up.torch_pin((ROOT / "constraints.txt").read_text()) == "torch==2.13.0"
    assert set_up.torch_pin("torch-geometric==2\ntorch==9.9.1+cpu\n") == "torch==9.9.1"
    with pytest.raises(set_up.SetUpError, match="no line torch=="):
        set_up.torch_pin("torch-geometric==2\n")


def test_a_persons_own_package_source_comes_before_pytorchs() -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        on_linux = ["--extra-index-url", url] if sys.platform == "linux" else []
        assert set_up.torch_source(configured=False, nvidia=False, url=url) == on_linux
        assert set_up.torch_source(configured=True, nvidia=False, url=url) == []
        assert set_up.torch_source(configured=False, nvidia=True, url=url) == []
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert set_up.torch_source(configured=False, nvidia=False, url=url) == []  # nobody answers now


def test_pip_gets_the_persons_settings_but_installs_into_the_environment() -> None:
    given = {"PIP_INDEX_URL": "https://example.org", "PIP_USER": "1", "PYTHONPATH": "/x", "HOME": "/h"}
    got = set_up.pip_environment(given)
    assert got["PIP_INDEX_URL"] == "https://example.org"
    assert got["HOME"] == "/h"
    assert not {"PIP_USER", "PYTHONPATH"} & set(got)


@pytest.mark.parametrize(
    ("system", "machine", "libc", "reason"),
    [
        ("Darwin", "x86_64", "", "Intel Macs"),
        ("Linux", "x86_64", "", "glibc"),
        ("Linux", "riscv64", "glibc", "riscv64"),
    ],
)
def test_a_platform_without_pytorch_is_refused_at_once(
    system: str, machine: str, libc: str, reason: str
) -> None:
    with pytest.raises(set_up.SetUpError, match=reason):
        set_up.refuse_platform(system, machine, libc)


@pytest.mark.parametrize(
    ("system", "machine", "libc"), [("Darwin", "arm64", ""), ("Linux", "x86_64", "glibc")]
)
def test_a_platform_with_pytorch_is_taken(system: str, machine: str, libc: str) -> None:
    set_up.refuse_platform(system, machine, libc)


def test_the_line_that_installs_missing_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = ["libxcb-cursor.so.0", "libEGL.so.1", set_up.A_FONT]
    assert set_up.command_for(missing) == ""
    dnf = script(tmp_path / "dnf", "")
    assert "install 'libxcb-cursor.so.0()(64bit)' 'libEGL.so.1()(64bit)'" in set_up.command_for(missing)
    dnf.unlink()
    script(tmp_path / "apt-get", "")
    expected = "sudo apt-get install -y fonts-dejavu-core libegl1 libxcb-cursor0"
    assert set_up.command_for(missing) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="ldd is Linux's")
def test_missing_libraries_are_those_that_the_linker_does_not_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ldd = "echo '  libEGL.so.1 => not found'; echo '  libc.so.6 => /lib/libc.so.6 (0x1)'"
    script(tmp_path / "ldd", f"#!/bin/sh\n{ldd}\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(set_up, "FONT_FOLDERS", (str(tmp_path),))
    assert set_up.missing_libraries() == [set_up.A_FONT, "libEGL.so.1"]
    (tmp_path / "some.ttf").touch()
    assert set_up.missing_libraries() == ["libEGL.so.1"]


def test_what_only_recording_needs_keeps_nothing_from_being_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(set_up, "LIBRARIES", tmp_path / ".libraries")
    monkeypatch.setattr(set_up, "missing_libraries", list)
    monkeypatch.setattr(set_up, "can_record", lambda: False)
    monkeypatch.setattr(set_up, "install_packages", asked.append)  # which says that it did not work
    set_up.provide_libraries()
    assert asked == [["libportaudio2"]] and (tmp_path / ".libraries").exists()
    assert "sounds cannot be recorded without libportaudio2; everything else works" in capsys.readouterr().err


def test_the_wheel_has_the_resources_and_finds_them(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True, timeout=120)
    (wheel,) = tmp_path.glob("workbench-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "installed")
    expected = [
        path for path in (ROOT / "resources").rglob("*") if path.is_file() and path.name != ".DS_Store"
    ]
    assert expected
    missing = [p for p in expected if f"workbench/{p.relative_to(ROOT)}" not in names]
    assert not missing
    assert "workbench/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "tools/", "resources/"))]

    code = "from workbench.core.resources import resource; print(resource('icons'))"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()) == tmp_path / "installed" / "workbench" / "resources" / "icons"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal and has no count since Python 3.12")
def test_calls_that_return_nothing_leave_none_alone() -> None:
    from PySide6.QtCore import QObject

    thing, calls = QObject(), 10_000
    before = sys.getrefcount(None)
    for _ in range(calls):
        thing.setObjectName("x")
    assert sys.getrefcount(None) > before - calls // 10
