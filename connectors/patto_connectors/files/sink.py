"""A sink that hands a batch over as a file, with its checksum beside it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path  # noqa: TC003 - a field's type
from typing import TYPE_CHECKING, Any, Literal

from patto_connectors.contract import Batch, Receipt
from patto_connectors.errors import Refused, Rejected, Unreachable
from patto_connectors.files.atomic import put
from patto_connectors.files.names import safe_name
from patto_connectors.files.write import Written, write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_connectors.contract import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSink:
    """Writes each batch as one file; the same batch again gives the same file.

    The name is the batch's, made safe; a batch without a name is named by its content. `<file>.sha256` is written
    after the file, in the form of `sha256sum`: whoever waits for it never reads a half.
    """

    folder: Path
    form: Literal["csv", "json", "ndjson", "xml", "xlsx"] = "csv"
    columns: Sequence[str] | None = None
    checksum: bool = True

    async def write(self, batch: Batch) -> Receipt:
        """Write the batch's rows.

        Raises:
            Rejected: the format cannot carry some rows; the others are written.
            Unreachable: the folder is not there, or the disk is full.
            Refused: the folder may not be written.
        """
        written = await asyncio.to_thread(write_rows, self.form, [_fields(row) for row in batch.rows], self.columns)
        digest = sha256(written.content).hexdigest()
        name = f"{safe_name(batch.name) if batch.name else digest[:16]}.{self.form}"
        await asyncio.to_thread(self._put, name, written, digest)
        if written.rejected:
            raise Rejected(
                "file.rows",
                f"{len(written.rejected)} rows could not be written as {self.form}.",
                items=written.rejected,
            )
        return Receipt(accepted=written.accepted, reference=name, digest=digest)

    def _put(self, name: str, written: Written, digest: str) -> None:
        try:
            put(self.folder / name, written.content)
            if self.checksum:
                put(self.folder / f"{name}.sha256", f"{digest}  {name}\n".encode())
        except PermissionError as wrong:
            raise Refused(
                "folder.permission",
                "The delivery folder may not be written.",
                hint="Dare al servizio i diritti sulla cartella (give it rights): chi gestisce il server.",
            ) from wrong
        except OSError as wrong:
            raise Unreachable(
                "folder.write",
                "The delivery folder is not there, or its disk is full.",
                hint="Controllare la cartella e lo spazio (check the folder and its space): chi gestisce il server.",
            ) from wrong


def _fields(row: Row) -> Mapping[str, Any]:
    return json.loads(row) if isinstance(row, bytes) else row
