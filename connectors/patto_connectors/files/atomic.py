"""A file that is either there whole or not there: written aside, brought to the disk, renamed."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its name only when the block ends well; readers never see a half of it."""
    aside = path.with_name(f".{path.name}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(aside, flags, 0o640), "wb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def put(path: Path, content: bytes) -> None:
    """Write a whole file in one go, by `written`."""
    with written(path) as handle:
        handle.write(content)
