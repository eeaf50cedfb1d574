"""A drop folder as files that are ready: never one that is still being written, never one through a link."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from dataclasses import dataclass
from hashlib import blake2b
from typing import IO, TYPE_CHECKING, NamedTuple

from patto_connectors.errors import Refused, Unreachable
from patto_connectors.files.atomic import written
from patto_connectors.files.names import OUTCOME, safe_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from patto_connectors.contract import Cursor

MARKS = 2_000
"""Processed files that a cursor remembers; older ones of a folder that keeps its files are read again, harmlessly."""
DONE = ".done"
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", DONE)
_STEP = 1 << 20


class Found(NamedTuple):
    """A file of the folder as one look saw it."""

    name: str
    size: int
    modified_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a folder saw: files by age then name, and names that are links or no files."""

    files: Sequence[Found]
    odd: Sequence[str]
    markers: frozenset[str]
    """Names whose `<name>.done` is there."""


def look(folder: Path) -> Look:
    """Look at a folder; sub-folders, hidden, unfinished and outcome files are passed over.

    Raises:
        Unreachable: `folder.missing`: a share that is not mounted comes back by itself.
        Refused: `folder.permission`.
    """
    try:
        entries = list(os.scandir(folder))
    except PermissionError as wrong:
        raise Refused(
            "folder.permission",
            "The drop folder may not be read.",
            hint="Dare al servizio i diritti sulla cartella (give the service rights on it): chi gestisce il server.",
        ) from wrong
    except OSError as wrong:
        raise Unreachable(
            "folder.missing",
            "The drop folder is not there.",
            hint="Controllare che la cartella sia montata (check the mount): chi gestisce il server.",
        ) from wrong
    files, odd = [], []
    for entry in entries:
        if not wanted(entry.name) or entry.is_dir(follow_symlinks=False):
            continue
        if entry.is_symlink() or not entry.is_file(follow_symlinks=False):
            odd.append(entry.name)
            continue
        try:
            seen = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        files.append(Found(entry.name, seen.st_size, seen.st_mtime_ns, seen.st_ino))
    return arranged(files, odd, (entry.name for entry in entries))


def arranged(files: Iterable[Found], odd: Iterable[str], names: Iterable[str]) -> Look:
    """Put what a look saw in order; `names` are all that lie in the folder, the markers too."""
    markers = frozenset(name.removesuffix(DONE) for name in names if name.endswith(DONE))
    return Look(sorted(files, key=lambda each: (each.modified_ns, each.name)), sorted(odd), markers)


def wanted(name: str) -> bool:
    """Whether a name may be a partner's file: hidden, unfinished and outcome files are not."""
    stem = name.rpartition(".")[0]
    return not (name.startswith((".", "~")) or name.lower().endswith(_UNFINISHED) or stem.endswith(OUTCOME))


def open_plain(folder: Path, name: str) -> IO[bytes]:
    """Open a file of the folder, and only of it: no link, no device, whatever the name says.

    Raises:
        OSError: it is gone, or is not a plain file of this folder.
    """
    if "/" in name or "\0" in name or name in {".", ".."}:
        raise OSError("not a file of the folder")
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("not a plain file")
    return os.fdopen(handle, "rb")


def digest_of(handle: IO[bytes]) -> str:
    """Give the digest of a file's bytes, and go back to its start."""
    digest = blake2b(digest_size=16)
    while piece := handle.read(_STEP):
        digest.update(piece)
    handle.seek(0)
    return digest.hexdigest()


def unread_digest(file: Found) -> str:
    """Give what stands for the digest of a file that was set aside without being read."""
    return blake2b(
        f"{file.name}\0{file.size}\0{file.modified_ns}".encode("utf-8", "replace"), digest_size=16
    ).hexdigest()


class Marks:
    """Which files were processed, oldest first; this is the source's cursor."""

    def __init__(self, cursor: Cursor | None) -> None:
        self._marks: dict[str, tuple[str, int, int]] = {
            str(name): (str(digest), int(size), int(modified))
            for name, digest, size, modified in (cursor or {}).get("files", ())
        }

    def unchanged(self, file: Found) -> bool:
        """Whether the file is the one that was processed, by its size and time."""
        mark = self._marks.get(file.name)
        return mark is not None and mark[1:] == (file.size, file.modified_ns)

    def same_bytes(self, name: str, digest: str) -> bool:
        """Whether these bytes were the last ones under this name, or the last of all: nothing came between."""
        mark = self._marks.get(name)
        latest = next(reversed(self._marks.values()), ("", 0, 0))
        return digest in (latest[0], mark[0] if mark else "")

    def digest_of(self, name: str) -> str:
        """Give the digest under which a file is known; empty for none."""
        mark = self._marks.get(name)
        return mark[0] if mark else ""

    def add(self, file: Found, digest: str) -> None:
        """Remember a file; the oldest mark goes when there are too many."""
        self._marks.pop(file.name, None)
        self._marks[file.name] = (digest, file.size, file.modified_ns)
        while len(self._marks) > MARKS:
            del self._marks[next(iter(self._marks))]

    def cursor(self) -> Cursor:
        """Give the marks as a cursor."""
        return {"files": [[name, *mark] for name, mark in self._marks.items()]}


def move_away(folder: Path, name: str, to: Path, digest: str) -> None:
    """Move a processed file and its marker; one of the same name that lies there already keeps its place.

    Raises:
        Refused: `folder.permission`: the file cannot be moved.
    """
    try:
        to.mkdir(mode=0o750, parents=True, exist_ok=True)
        target = to / name
        _move(folder / name, to / second_name(name, digest) if target.exists() else target)
        (folder / f"{name}{DONE}").unlink(missing_ok=True)
    except OSError as wrong:
        raise Refused(
            "folder.permission",
            "A processed file cannot be moved away.",
            hint="Dare al servizio i diritti su entrambe le cartelle (give it rights on both): chi gestisce il server.",
        ) from wrong


def second_name(name: str, digest: str) -> str:
    """Name a file that finds its name taken: `presenze.csv` becomes `presenze_1a2b3c4d.csv`."""
    stem, dot, extension = name.rpartition(".")
    return f"{stem}_{digest[:8]}{dot}{extension}" if dot else f"{name}_{digest[:8]}"


def _move(source: Path, target: Path) -> None:
    """Move a file, over to another file system too; it is never there by half."""
    try:
        source.replace(target)
    except OSError as wrong:
        if wrong.errno != errno.EXDEV:
            raise
        with source.open("rb") as content, written(target) as copy:
            shutil.copyfileobj(content, copy)
        source.unlink()


def outcome_name(name: str, extension: str) -> str:
    """Name the outcome file of a file: `presenze.csv` gives `presenze_esito.csv`."""
    return f"{safe_name(name.rpartition('.')[0] or name)}{OUTCOME}.{extension}"
