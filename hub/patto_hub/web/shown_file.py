"""What partners were shown and is not in the audit yet, in a file besides: a hub that is killed forgets nothing of it.

A page costs one short write, without waiting for the disk: what a process has written outlives it, if not the machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PATTERN: Final = "shown-*.ndjson"
Line = tuple[int, list[str], list[int]]
"""When, to whom and what of which feed, and how much of it: what `shown.What` and `shown.Pages` are made of."""


class ShownFile:
    """The file of one running hub; a lock on it says that the hub runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def add(self, line: Line) -> None:
        """Add what is about to be shown; a disk that is full stops no reader, as elsewhere."""
        with contextlib.suppress(OSError):
            os.write(self._file, json.dumps(line).encode() + b"\n")

    def begin_anew(self, lines: Iterable[Line]) -> None:
        """Forget all but these; killed just before, the audit tells one reading twice, and leaves out none."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
        for line in lines:
            self.add(line)

    def close(self, *, keep: bool) -> None:
        """Let go of the file, and keep it only if something in it is not in the audit."""
        if not keep:
            self._path.unlink(missing_ok=True)
        os.close(self._file)


@contextlib.contextmanager
def left_behind(folder: Path) -> Iterator[list[Line]]:
    """Give what hubs that were killed have left; their files go once the block has ended well."""
    with contextlib.ExitStack() as opened:
        found = []
        for path in sorted(folder.glob(PATTERN)):
            file = opened.enter_context(path.open("rb"))
            with contextlib.suppress(BlockingIOError):  # its hub runs
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                found.append((path, file.read()))
        yield [each for _, written in found for each in _lines(written)]
        for path, _ in found:
            path.unlink(missing_ok=True)


def _lines(written: bytes) -> Iterator[Line]:
    for line in written.split(b"\n")[:-1]:  # after the last line's end stands nothing, or half a line
        with contextlib.suppress(ValueError):
            yield cast("Line", tuple(json.loads(line)))
