"""The process that fetches one public set: `python -m workbench.jobs.download ID [--folder DIR] [--from LOCAL]
[--mirror URL]… [--proxy URL] [--catalogue FILE]`. Prints one JSON object a line, as `Reporter` tells, and ends with
0 (here), 1 (not; the reason is also on stderr), 2 (wrong use) or 130. Ending it cancels: what has come is kept and
the next start goes on from there. It does not outlive the process that started it. May import requests and pooch.
"""

import argparse
import json
import os
import shutil
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pooch

from workbench.catalog.public import PublicFile, PublicSet, find_public
from workbench.core.errors import DataError, WorkbenchError
from workbench.jobs import downloads
from workbench.jobs.archives import unpack
from workbench.jobs.downloads import Record, fetched, parts_folder, read_record, set_folder, write_record
from workbench.jobs.fetch import SPARE, Fetcher
from workbench.jobs.local_copies import LocalCopy, find_copy
from workbench.jobs.lock import Lock
from workbench.jobs.parts import Wanted
from workbench.jobs.refusals import RefusedError, shown

_EVERY = 0.25  # seconds between two lines of progress
_WINDOW = 8.0  # seconds over which the speed is measured


class Reporter:
    """Says what goes on, one JSON object a line; each has an `event`:

    start     set, files, bytes (0: not known), folder
    progress  file, number, of, done, bytes (of this file; 0: not known), all_done, all_bytes, rate (bytes/s),
              left (seconds, null where not known); at most four a second
    check     file: its content is compared with the known hash
    unpack    file, files, bytes: so much has come out of the archive
    note      text: a sentence for the person, such as why something is tried again
    done      set, path (for a dataset), reader, options, bytes, hash ("pinned", "kept"), seconds
    failed    text: a sentence for the person
    """

    def __init__(self, say: Callable[[dict[str, Any]], None]) -> None:
        self._say = say
        self._file, self._number, self._of = "", 0, 0
        self._before, self._all = 0, 0
        self._last = 0.0
        self._seen: deque[tuple[float, int]] = deque()

    def say(self, event: str, **values: object) -> None:
        self._say({"event": event, **values})

    def note(self, text: str) -> None:
        self.say("note", text=text)

    def begin(self, file: str, number: int, of: int, before: int, whole: int) -> None:
        """From now on progress is that of this file; `before` bytes of `whole` came with earlier ones."""
        self._file, self._number, self._of = file, number, of
        self._before, self._all = before, whole
        self._seen.clear()

    def progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._seen or done < self._seen[-1][1]:
            self._seen.clear()
            self._seen.append((now, done))
        if now - self._last < _EVERY and done != total:
            return
        self._last = now
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW:
            self._seen.popleft()
        passed, had = now - self._seen[0][0], self._seen[0][1]
        rate = (done - had) / passed if passed > 0 else 0.0
        whole = max(self._all, self._before + max(total, done)) if self._all or total else 0
        left = round((whole - self._before - done) / rate, 1) if whole and rate else None
        self.say(
            "progress", file=self._file, number=self._number, of=self._of, done=done, bytes=total,
            all_done=self._before + done, all_bytes=whole, rate=round(rate), left=left,
        )  # fmt: skip


class Download:
    """Brings one set to this machine."""

    def __init__(self, one: PublicSet, folder: Path, reporter: Reporter, fetcher: Fetcher) -> None:
        self.one, self.folder = one, folder
        self._reporter, self._fetcher = reporter, fetcher
        self._place, self._parts = set_folder(folder, one), parts_folder(folder, one)
        self._record = Record()

    def run(self, mirrors: Sequence[str] = (), local: Path | None = None) -> None:
        """Returns when the set is here. Raises DataError; no file that is not whole and right has its name then."""
        started = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(self.folder / ".parts" / f"{self.one.id}.lock")
        if not lock.acquire():
            raise DataError(f"{self.one.title} is being downloaded by another process already.")
        try:
            self._record = read_record(self.folder, self.one)
            self._reporter.say(
                "start",
                set=self.one.id,
                files=len(self.one.files),
                bytes=self.one.bytes,
                folder=str(self._place),
            )
            if local is not None:
                self._take(find_copy(self.one, local))
            elif downloads.offer_of(self.one, self.folder).state != "here":
                self._fetch(mirrors)
        finally:
            lock.release()
        found = downloads.offer_of(self.one, self.folder)
        self._reporter.say(
            "done", set=self.one.id, path=str(found.path), reader=self.one.reader, options=dict(self.one.options),
            bytes=found.have, hash=found.hash, seconds=round(time.monotonic() - started, 1),
        )  # fmt: skip

    def _fetch(self, mirrors: Sequence[str]) -> None:
        self._tidy()
        self._record = Record(self._record.files if not self._record.local else {}, self._record.hashes)
        packed = bool(self.one.members)
        goal = self._parts if packed else self._place
        missing = [file for file in self.one.files if not self._is_right(goal / file.name, file)]
        self._check_room(missing)
        before = 0
        for number, file in enumerate(self.one.files, 1):
            self._reporter.begin(file.name, number, len(self.one.files), before, self.one.bytes)
            if file in missing:
                self._fetch_file(file, mirrors)
            path = goal / file.name
            if file in missing and not packed:
                path.parent.mkdir(parents=True, exist_ok=True)
                (self._parts / file.name).replace(path)
            before += path.stat().st_size
            if packed:
                self._open(file, path)
            else:
                self._keep(file, path)

    def _open(self, file: PublicFile, archive: Path) -> None:
        """Unpacks an archive that was fetched, and remembers its hash if it was of use."""
        try:
            self._unpack(archive)
        except DataError:
            if not file.hash:  # so that the next try fetches it anew
                archive.unlink()
            raise
        self._keep(file, archive, noted=False)
        archive.unlink()

    def _fetch_file(self, file: PublicFile, mirrors: Sequence[str]) -> None:
        """The whole file, its hash compared, among the parts."""
        reasons: list[str] = []
        known = self._known(file)
        if not known:
            self._reporter.note(f"The hash of {file.name} is {downloads.NOT_PINNED}.")
        wanted = Wanted(file.name, file.bytes, bool(known))

        def deliver(url: str, output: str, keeper: object) -> None:
            self._fetcher.fetch(url, self._parts / file.name, wanted)
            self._reporter.say("check", file=file.name)
            (self._parts / file.name).replace(output)

        for address in self.one.addresses(file, mirrors):
            if reasons:
                self._reporter.note(f"{reasons[-1]} The next address is tried.")
            keeper = pooch.create(
                self._parts,
                "",
                registry={file.name: known or None},
                urls={file.name: address},
                retry_if_failed=1,
            )
            try:
                keeper.fetch(file.name, downloader=deliver)
                return
            except RefusedError as refused:
                reasons.append(str(refused))
            except ValueError:  # pooch's word for another hash, after a second try from the beginning
                reasons.append(self._another(file, address))
        if not reasons:
            raise DataError(f"The catalogue has no address for {file.name}; name one with --mirror.")
        several = f"None of the {len(reasons)} addresses gives {file.name}. " if len(reasons) > 1 else ""
        raise DataError(several + " ".join(reasons))

    def _another(self, file: PublicFile, address: str) -> str:
        text = f"What {shown(address)} sends is not {file.name} as it is known (its hash is another); nothing was kept."
        if file.hash:
            return text
        return (
            f"{text} It has changed since the first download. If that is meant, delete "
            f"{self.folder / self.one.id}.json and download it again."
        )

    def _take(self, copy: LocalCopy) -> None:
        """Uses what the person has, where it is; an archive that must be unpacked is unpacked here."""
        record = Record({}, self._record.hashes)
        checked: list[tuple[PublicFile, Path, str]] = []
        for file, path in copy.files:
            self._reporter.say("check", file=str(path))
            known = file.hash or self._kept(file)
            if not known:
                self._reporter.note(f"{path} is taken as it is: nobody has pinned its hash.")
            elif (found := _hash(path, known)) != known:
                algorithm = known.partition(":")[0].upper().replace("SHA", "SHA-")
                raise DataError(
                    f"{path} is not {file.name} of {self.one.title}: its {algorithm} is {found.partition(':')[2]}, "
                    f"but {known.partition(':')[2]} is expected. It was left as it is."
                )
            checked.append((file, path, _sha256(path)))
        hashes = {**record.hashes, **{file.name: sha256 for file, _, sha256 in checked}}
        if copy.archive:
            self._record = Record({}, hashes)
            self._unpack(copy.files[0][1])
            return
        files = {file.name: fetched(path, sha256, str(path)) for file, path, sha256 in checked}
        write_record(self.folder, self.one, Record(files, hashes, str(copy.place)))

    def _unpack(self, archive: Path) -> None:
        def progress(files: int, written: int) -> None:
            if time.monotonic() - spoken[0] > _EVERY:
                spoken[0] = time.monotonic()
                self._reporter.say("unpack", file=archive.name, files=files, bytes=written)

        spoken = [0.0]
        unpack(archive, self._place, progress=progress, spare=SPARE)
        lacking = [member.name for member in self.one.members if not (self._place / member.name).is_file()]
        if lacking:
            shutil.rmtree(self._place)
            raise DataError(
                f"{archive.name} lacks {', '.join(lacking)}: it is another archive than that of {self.one.title}."
            )
        for member in self.one.members:
            self._keep(member, self._place / member.name)

    def _keep(self, file: PublicFile, path: Path, *, noted: bool = True) -> None:
        """Writes down what a whole file is."""
        sha256 = _sha256(path)
        files = {**self._record.files, file.name: fetched(path, sha256)} if noted else self._record.files
        self._record = Record(files, {**self._record.hashes, file.name: sha256})
        write_record(self.folder, self.one, self._record)

    def _is_right(self, path: Path, file: PublicFile) -> bool:
        """Whether a whole file is there already, so that nothing needs to be asked of anybody."""
        known = self._known(file)
        return bool(known) and path.is_file() and _hash(path, known) == known

    def _known(self, file: PublicFile) -> str:
        return file.hash or self._kept(file)

    def _kept(self, file: PublicFile) -> str:
        sha256 = self._record.hashes.get(file.name, "")
        return f"sha256:{sha256}" if sha256 else ""

    def _check_room(self, missing: Sequence[PublicFile]) -> None:
        """Before anything is fetched; the fetcher looks again while it goes on."""
        there = downloads.unfinished_bytes(self._parts, missing)
        whole = sum(file.bytes for file in missing) or (self.one.about if missing else 0)
        # What comes out of an archive is at least as much again.
        needed = max(whole - there, 0) + (whole if self.one.members else 0)
        free = shutil.disk_usage(self.folder).free
        if needed and free < needed + SPARE:
            raise DataError(
                f"{self.one.title} needs {needed:,} bytes and the disk has {free:,} free in {self.folder}. "
                "Make room, or name another folder in WORKBENCH_DOWNLOADS; nothing was fetched."
            )

    def _tidy(self) -> None:
        """Removes what a killed process left that is no part of a file."""
        names = {file.name + ending for file in self.one.files for ending in ("", ".part", ".part.json")}
        for path in list(self._parts.rglob("*")):
            if path.is_file() and path.relative_to(self._parts).as_posix() not in names:
                path.unlink()
        self._parts.mkdir(parents=True, exist_ok=True)


def _hash(path: Path, like: str) -> str:
    """The hash of a file, by the same method as `like`."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{pooch.file_hash(path, alg=algorithm)}"


def _sha256(path: Path) -> str:
    return str(pooch.file_hash(path, alg="sha256"))


def _print(report: dict[str, Any]) -> None:
    print(json.dumps(report), flush=True)


def _end_with(parent: int) -> None:
    """Nobody is left to see this download: it ends, and the next one goes on from here."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetches one set; see the top of this module."""
    parser = argparse.ArgumentParser(
        prog="python -m workbench.jobs.download", description="Fetch a public data set."
    )
    parser.add_argument("id")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--from", dest="local", type=Path, default=None)
    parser.add_argument("--mirror", action="append", default=[])
    parser.add_argument("--proxy", default="")
    parser.add_argument("--catalogue", type=Path, default=None)
    wish = parser.parse_args(arguments)
    pooch.get_logger().setLevel("ERROR")
    reporter = Reporter(_print)
    try:
        one = find_public(wish.id, wish.catalogue)
        fetcher = Fetcher(progress=reporter.progress, note=reporter.note, proxy=wish.proxy)
        folder = (wish.folder or downloads.downloads_folder()).absolute()
        Download(one, folder, reporter, fetcher).run(wish.mirror, wish.local)
    except (WorkbenchError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            return 1
        text = str(error)
        if isinstance(error, OSError):
            text = f"{error.filename or 'The disk'}: {error.strerror or error}."
        with suppress(BrokenPipeError):
            reporter.say("failed", text=text)
        print(text, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    sys.exit(main())
