"""A source that reads the files a partner drops into a folder, and writes back what became of them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003 - a field's type
from typing import IO, TYPE_CHECKING, Final, Literal

from patto_connectors.files.atomic import put
from patto_connectors.files.folder import Found, Look, look, move_away, open_plain
from patto_connectors.files.pages import Reading
from patto_connectors.files.ready import Rules, read_ready, tell_outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from patto_connectors.contract import Batch, Cursor, Outcome, Source
    from patto_connectors.xml.source import Body


@dataclass(frozen=True, slots=True, kw_only=True)
class DropFolderSource:
    """Reads ready files by age then name; a file's mark goes into the cursor with its last page.

    A file is ready when its size and time have not changed for `settle_seconds` of the world's clock (by its own time,
    or over two looks), or, with `ready="done"`, when `<name>.done` lies beside it. A processed file is moved to `done`
    (by the next look after its mark was kept, or when its outcome is told); without `done` it stays, and is known.
    """

    folder: Path
    done: Path | None = None
    ready: Literal["settled", "done"] = "settled"
    settle_seconds: float = 5.0
    reading: Reading = field(default_factory=Reading)
    xml: Callable[[Body], Source] | None = None
    """Makes the source that reads an XML file, as `partial(XmlSource, readers=...)`; None: XML files are refused."""
    outcomes: Path | None = None
    """Where outcome files go; None: beside the files."""
    outcome_format: Literal["csv", "json"] = "csv"

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield the pages of each ready file; a file that cannot be read is set aside whole, the others go on.

        Raises:
            Unreachable: the folder is not there.
            Refused: the folder may not be read.
        """
        rules = Rules(ready=self.ready, settle_seconds=self.settle_seconds, reading=self.reading, xml=self.xml)
        async with aclosing(read_ready(self._place(), rules, after)) as batches:
            async for batch in batches:
                yield batch

    async def tell(self, outcome: Outcome) -> None:
        """Write `<name>_esito.csv` (or .json) back, whole or not at all."""
        await tell_outcome(self._place(), outcome, self.outcome_format)

    def _place(self) -> _LocalFolder:
        return _LocalFolder(self.folder, self.done, self.outcomes or self.folder)


@dataclass(frozen=True, slots=True)
class _LocalFolder:
    """A folder of this machine, or a share that it has mounted."""

    folder: Path
    done: Path | None
    outcomes: Path
    clocked: Final[bool] = True

    @property
    def moves(self) -> bool:
        return self.done is not None

    async def look(self) -> Look:
        return await asyncio.to_thread(look, self.folder)

    async def open(self, file: Found) -> IO[bytes] | None:
        try:
            return await asyncio.to_thread(open_plain, self.folder, file.name)
        except PermissionError:
            raise
        except OSError:
            return None

    async def move_away(self, name: str, digest: str) -> None:
        if self.done is not None:
            await asyncio.to_thread(move_away, self.folder, name, self.done, digest)

    async def put(self, name: str, content: bytes) -> None:
        await asyncio.to_thread(put, self.outcomes / name, content)
