"""Makes `.venv` and what Qt needs from the system. Called by set_up.sh; standard library only.

Safe against a second call at the same time and against being killed at any moment: a lock that dies with
its holders, a mark while packages are incomplete, a stamp only after everything is in place.
"""

import ctypes.util
import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
READY = VENV / ".ready"  # holds the key of what is installed
INCOMPLETE = VENV / ".incomplete"  # there while packages are being installed
LIBRARIES = VENV / ".libraries"  # there when the system has what Qt needs
LOG = VENV / "set-up.log"
CPU_TORCH = "https://download.pytorch.org/whl/cpu"

# The package of Debian and Ubuntu that holds each library to which Qt's platform plugins link.
PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libstdc++.so.6": "libstdc++6",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
}
PORTAUDIO = "libportaudio2"  # only for recording sounds
A_FONT = "a font"  # Qt brings none, and without one every text is empty boxes
PACKAGES[A_FONT] = "fonts-dejavu-core"
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")


class SetUpError(Exception):
    """What is wrong and what to do, for the person at the terminal."""


def say(text: str) -> None:
    """Tells the person at the terminal one thing."""
    print(f"set-up: {text}", file=sys.stderr, flush=True)


@contextmanager
def locked() -> Iterator[int]:
    """Lets one set-up at a time into the folder; hands out the lock for processes that should hold it too.

    The kernel frees it when the last holder dies: a pip that outlives a killed set-up keeps the next one out.
    """
    descriptor = os.open(ROOT / ".venv.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work in this folder; waiting for it.")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


# ---------------------------------------------------------------- the environment


def refuse_platform(system: str, machine: str, libc: str) -> None:
    """Raises SetUpError where PyTorch has no build, before anything is downloaded."""
    if system == "Darwin" and machine != "arm64":
        raise SetUpError(
            "PyTorch has no build for Intel Macs any more. On a Mac with Apple silicon, this Python runs in "
            "translation: install an arm64 Python (brew install python@3.13) and call make again."
        )
    if system == "Linux" and libc != "glibc":
        raise SetUpError(
            "PyTorch and Qt need glibc, which this Linux does not use. Debian and Ubuntu are fine."
        )
    if machine not in ("x86_64", "arm64", "aarch64"):
        raise SetUpError(f"PyTorch and Qt have no build for this kind of processor ({machine}).")


def key() -> str:
    """What the stamp must hold, as set_up.sh computes it."""
    command = ["sh", str(ROOT / "tools" / "set_up.sh"), "--key"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def works(python: Path) -> bool:
    """Whether an environment's Python starts, has pip and is new enough."""
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([python, "-I", "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_environment() -> None:
    """A new, empty environment in place of whatever is there."""
    if VENV.is_symlink() or VENV.exists():
        if VENV.is_symlink() or not (INCOMPLETE.exists() or (VENV / "pyvenv.cfg").exists()):
            raise SetUpError(f"{VENV} is not an environment of ours. Move it away and call make again.")
        say(f"{VENV} is incomplete or its Python is gone; making it anew.")
        shutil.rmtree(VENV)
    provide_ensurepip()
    VENV.mkdir()
    INCOMPLETE.touch()
    subprocess.run([sys.executable, "-I", "-m", "venv", str(VENV)], check=True)
    INCOMPLETE.unlink()


def provide_ensurepip() -> None:
    """Debian and Ubuntu keep the half of `venv` that installs pip in a package of its own."""
    check = [sys.executable, "-I", "-c", "import ensurepip, venv"]
    if subprocess.run(check, capture_output=True, check=False).returncode == 0:
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not (
        install_packages([package])
        and subprocess.run(check, capture_output=True, check=False).returncode == 0
    ):
        raise SetUpError(
            f"{sys.executable} cannot make environments: ensurepip is missing. On Debian and Ubuntu run\n"
            f"    sudo apt-get install -y {package}\nand call make again."
        )


def install(lock: int) -> None:
    """Brings `.venv` to what pyproject.toml and constraints.txt ask for. Raises SetUpError."""
    started = time.monotonic()
    if INCOMPLETE.exists() or not works(PYTHON):
        make_environment()
    wanted = key()  # before pip: a file that changes meanwhile must lead to another set-up
    READY.unlink(missing_ok=True)
    constraints = ["--constraint", "constraints.txt"]
    torch = torch_pin((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    say(f"installing {torch} (1 of 2) ...")
    pip([*constraints, *torch_source(pip_configured(), has_nvidia()), torch, "hatchling"], lock)
    say("installing Qt and the other packages (2 of 2) ...")
    pip([*constraints, "--no-build-isolation", "--editable", ".[dev]"], lock)
    compile_packages()
    temporary = READY.with_suffix(".new")
    temporary.write_text(wanted)
    temporary.replace(READY)
    LIBRARIES.unlink(missing_ok=True)
    say(f"done in {time.monotonic() - started:.0f} s.")


def torch_pin(constraints: str) -> str:
    """`torch==x.y.z`: asked for without it, pip takes the newest build of several GB."""
    found = re.search(r"^torch==[\d.]+", constraints, re.MULTILINE)
    if found is None:
        raise SetUpError("constraints.txt has no line torch==VERSION.")
    return found.group()


def torch_source(configured: bool, nvidia: bool, url: str = CPU_TORCH) -> list[str]:
    """Where else to look for torch: without an NVIDIA card, PyTorch's own CPU builds (0.2 GB and not 3).

    A person's own pip settings come first, and an address that does not answer is left out.
    """
    if configured or nvidia or platform.system() != "Linux":
        return []
    try:
        urllib.request.urlopen(f"{url}/torch/", timeout=4).close()
    except OSError:
        return []
    return ["--extra-index-url", url]


def has_nvidia() -> bool:
    """Whether this machine has an NVIDIA card with a driver."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def pip_configured() -> bool:
    """Whether the person told pip where to look for packages."""
    command = [str(PYTHON), "-I", "-m", "pip", "config", "list"]
    listed = subprocess.run(
        command, capture_output=True, text=True, env=pip_environment(os.environ), check=False
    )
    return re.search(r"[.](?:extra-index-url|index-url|find-links|no-index)=", listed.stdout) is not None


def pip_environment(given: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment with its PIP_* settings, without what leads pip away from `.venv`."""
    away = {"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_QUIET", "PYTHONPATH", "PYTHONHOME"}
    kept = {name: value for name, value in given.items() if name not in away}
    return {"PIP_DISABLE_PIP_VERSION_CHECK": "1", **kept, "PIP_NO_INPUT": "1"}


def pip(arguments: list[str], lock: int) -> None:
    """`pip install` into the log, its current line on a terminal. Raises SetUpError with pip's own reason."""
    command = [str(PYTHON), "-I", "-m", "pip", "install", "--no-compile", "--progress-bar", "off", *arguments]
    INCOMPLETE.touch()
    with LOG.open("wb") as log, LOG.open(encoding="utf-8", errors="replace") as tail:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=pip_environment(os.environ),
            pass_fds=(lock,),
            cwd=ROOT,
        )
        try:
            while process.poll() is None:
                show_last_line(tail.read())
                time.sleep(0.1)
        finally:
            process.wait()  # at Ctrl+C pip gets it too and ends by itself
            show_last_line(" \n")
            said = LOG.read_text(encoding="utf-8", errors="replace")
            # pip looks up and downloads everything before it changes anything.
            if process.returncode == 0 or "Installing collected packages" not in said:
                INCOMPLETE.unlink()
    if process.returncode:
        raise SetUpError(f"{pip_reason(said)}\nAll of it: {LOG}")


def compile_packages() -> None:
    """Compiles what pip installed, on all cores; pip itself takes one core and most of the set-up's time.

    Its exit code says nothing: some packages ship files that are no Python of this version.
    """
    command = [str(PYTHON), "-I", "-m", "compileall", "-q", "-j", "0", "-x", r"[/\\]tests[/\\]"]
    folders = [str(path) for path in VENV.glob("lib/python3*/site-packages")]
    with LOG.open("ab") as log:
        subprocess.run([*command, *folders], stdout=log, stderr=subprocess.STDOUT, check=False)


def show_last_line(text: str) -> None:
    """Keeps one line of progress on a terminal; silent elsewhere."""
    lines = [line.strip() for line in text.splitlines() if not line.startswith("WARNING")]
    if sys.stderr.isatty() and lines:
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\033[K{lines[-1][:width]}")
        sys.stderr.flush()


def pip_reason(log: str) -> str:
    """The end of a failed pip's log, as a message."""
    lines = log.splitlines()
    errors = [line for line in lines if line.startswith("ERROR:")]
    errors += [line.strip() for line, after in pairwise(lines) if after.strip() == "[end of output]"]
    advice = (
        "The first set-up needs the network, or packages at hand (PIP_INDEX_URL, PIP_FIND_LINKS). "
        "Call make again when that is mended."
    )
    return "\n    ".join(["pip could not install the packages:", *(errors or lines[-8:])]) + f"\n{advice}"


# ---------------------------------------------------------------- the system


def missing_libraries() -> list[str]:
    """What Qt's platforms need and this system lacks: names of libraries, and A_FONT. Linux only."""
    if platform.system() != "Linux" or shutil.which("ldd") is None:
        return []
    missing: set[str] = set()
    for plugin in ("libqxcb.so", "libqoffscreen.so"):
        for path in VENV.glob(f"lib/python3*/site-packages/PySide6/Qt/plugins/platforms/{plugin}"):
            environment = {**os.environ, "LC_ALL": "C"}
            linked = subprocess.run(
                ["ldd", path], capture_output=True, text=True, env=environment, check=False
            )
            missing |= set(re.findall(r"(\S+) => not found", linked.stdout))
    if not any(has_font(Path(folder).expanduser()) for folder in FONT_FOLDERS):
        missing.add(A_FONT)
    return sorted(missing)


def can_record() -> bool:
    """Whether the system has the library with which sounds are recorded; elsewhere than on Linux pip brings it."""
    return platform.system() != "Linux" or ctypes.util.find_library("portaudio") is not None


def has_font(folder: Path) -> bool:
    """Whether a folder holds a font that Qt can draw with."""
    return any(path.suffix.lower() in (".ttf", ".otf", ".ttc") for path in folder.rglob("*.?t?"))


def install_packages(packages: list[str]) -> bool:
    """Installs system packages where that needs no password; whether it worked."""
    prefix = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    if shutil.which("apt-get") is None:
        return False
    if os.geteuid() != 0:
        if (
            shutil.which("sudo") is None
            or subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode
        ):
            return False
        prefix = ["sudo", "-n", *prefix]
    say(f"installing system packages: {' '.join(packages)}")
    wanted = [*prefix, "install", "-y", "--no-install-recommends", *packages]
    for command in (wanted, [*prefix, "update"], wanted):  # a bare system has no package lists yet
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode == 0 and command is wanted:
            return True
    say(f"apt-get failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    return False


def command_for(missing: list[str]) -> str:
    """The one line that installs missing libraries on this kind of system; empty where it is not known."""
    if shutil.which("apt-get") and all(name in PACKAGES for name in missing):
        return "sudo apt-get install -y " + " ".join(packages_for(missing))
    for tool in ("dnf", "zypper"):
        if shutil.which(tool):
            named = ["dejavu-sans-fonts" if name == A_FONT else f"'{name}()(64bit)'" for name in missing]
            return f"sudo {tool} install " + " ".join(named)
    return ""


def packages_for(missing: list[str]) -> list[str]:
    """Debian's packages for missing libraries, each once; unknown ones are left out."""
    return sorted({PACKAGES[name] for name in missing if name in PACKAGES})


def provide_libraries() -> None:
    """Installs what Qt needs from the system, or says how to. Stamped only when nothing is missing."""
    missing = missing_libraries()
    if packages_for(missing) and install_packages(packages_for(missing)):
        missing = missing_libraries()
    if not can_record() and not install_packages([PORTAUDIO]):
        say(f"sounds cannot be recorded without {PORTAUDIO}; everything else works.")
    if not missing:
        LIBRARIES.touch()
        return
    line = command_for(missing)
    say(
        f"the window needs what this system lacks: {', '.join(missing)}. "
        + (f"This installs it:\n    {line}" if line else "Install it with your package manager.")
    )


def main() -> int:
    """Sets up; the exit code."""
    try:
        refuse_platform(platform.system(), platform.machine(), platform.libc_ver()[0])
        with locked() as lock:
            if not (
                READY.exists() and not INCOMPLETE.exists() and works(PYTHON) and READY.read_text() == key()
            ):
                install(lock)
            if not LIBRARIES.exists():
                provide_libraries()
    except SetUpError as error:
        say(str(error))
        return 1
    except (OSError, subprocess.CalledProcessError) as error:
        say(f"{error}. Call make again when that is mended.")
        return 1
    except KeyboardInterrupt:
        say("interrupted. The next make carries on from a clean state.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
