"""A sink that hands a batch over as a file, with checksum and manifest beside it, and reads what is answered."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path  # noqa: TC003 - a field's type
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from patto_connectors.contract import Batch, Receipt
from patto_connectors.errors import Refused, Rejected, Unreachable
from patto_connectors.files.atomic import put
from patto_connectors.files.manifest import LARGEST, manifest_bytes, manifest_name, outcome_names, read_outcome
from patto_connectors.files.names import safe_name
from patto_connectors.files.write import Written, write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_connectors.contract import Row, Told


Form: TypeAlias = Literal["csv", "json", "ndjson", "xml", "xlsx"]


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A batch as one file, before it is written anywhere."""

    name: str
    written: Written
    digest: str
    """SHA-256 in hex."""
    manifest: bytes
    """What the file beside it holds that is written last."""

    @property
    def checksum_name(self) -> str:
        """How the file beside it is called."""
        return f"{self.name}.sha256"

    @property
    def checksum(self) -> bytes:
        """What the file beside it holds, in the form of `sha256sum`."""
        return f"{self.digest}  {self.name}\n".encode()

    def receipt(self) -> Receipt:
        """Say what was written.

        Raises:
            Rejected: some rows were not.
        """
        if self.written.rejected:
            form = self.name.rpartition(".")[2]
            detail = f"{len(self.written.rejected)} rows could not be written as {form}."
            raise Rejected("file.rows", detail, items=self.written.rejected)
        return Receipt(accepted=self.written.accepted, reference=self.name, digest=self.digest)


def whole_file(
    batch: Batch, form: Form, columns: Sequence[str] | None, legend: Sequence[tuple[str, str]] = ()
) -> WholeFile:
    """Render a batch; its name is the batch's, made safe, or its content's where the batch has none."""
    written = write_rows(form, [_fields(row) for row in batch.rows], columns, legend)
    digest = sha256(written.content).hexdigest()
    name = f"{safe_name(batch.name) if batch.name else digest[:16]}.{form}"
    manifest = manifest_bytes(
        name, digest=digest, size=len(written.content), rows=written.accepted, span=batch.cursor or {}
    )
    return WholeFile(name, written, digest, manifest)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSink:
    """Writes each batch as one file; the same batch again gives the same file.

    The name is the batch's, made safe; a batch without a name is named by its content. `<file>.sha256` is written
    after the file, in the form of `sha256sum`: whoever waits for it never reads a half. `<file>_manifest.json` comes
    last: names, digests, rows, and which changes they are. What the receiver writes into `<file>_esito.json` or `.csv`
    is read back.
    """

    folder: Path
    form: Form = "csv"
    columns: Sequence[str] | None = None
    legend: Sequence[tuple[str, str]] = ()
    """Words and what they mean, for the second sheet of a workbook."""
    checksum: bool = True
    manifest: bool = True

    async def write(self, batch: Batch) -> Receipt:
        """Write the batch's rows.

        Raises:
            Rejected: the format cannot carry some rows; the others are written.
            Unreachable: the folder is not there, or the disk is full.
            Refused: the folder may not be written.
        """
        file = await asyncio.to_thread(whole_file, batch, self.form, self.columns, self.legend)
        await asyncio.to_thread(self._put, file)
        return file.receipt()

    def _put(self, file: WholeFile) -> None:
        deliver(self.folder / file.name, file.written.content)
        if self.checksum:
            deliver(self.folder / file.checksum_name, file.checksum)
        if self.manifest:
            deliver(self.folder / manifest_name(file.name), file.manifest)

    async def answers(self, references: Sequence[str]) -> Sequence[Told]:
        """Give what the receiver has written of these files."""
        return await asyncio.to_thread(self._answers, references)

    def _answers(self, references: Sequence[str]) -> list[Told]:
        found = (_answer(self.folder, file) for file in references)
        return [told for told in found if told is not None]


def deliver(path: Path, content: bytes) -> None:
    """Put a whole file into a delivery folder.

    Raises:
        Unreachable: the folder is not there, or the disk is full.
        Refused: the folder may not be written.
    """
    try:
        put(path, content)
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


def _answer(folder: Path, file: str) -> Told | None:
    """Read the outcome file of a delivered file; None if there is none that can be read."""
    for name in outcome_names(file):
        path = folder / name
        try:
            if path.is_symlink() or path.stat().st_size > LARGEST:
                continue
            return read_outcome(file, name, path.read_bytes())
        except OSError:
            continue
    return None


def _fields(row: Row) -> Mapping[str, Any]:
    return json.loads(row) if isinstance(row, bytes) else row
