"""A sink that delivers a batch as a file on a partner's SFTP server, with its checksum beside it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_connectors.files.sink import Form, whole_file
from patto_connectors.sftp.session import open_session
from patto_connectors.sftp.transfer import upload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_connectors.contract import Batch, Receipt
    from patto_connectors.sftp.settings import SftpSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpSink:
    """Writes each batch as one file; the same batch again gives the same file.

    Names and checksums are those of `FileSink`: `<file>.sha256` comes after the file, and whoever waits for it never
    reads a half.
    """

    settings: SftpSettings
    form: Form = "csv"
    columns: Sequence[str] | None = None
    legend: Sequence[tuple[str, str]] = ()
    """Words and what they mean, for the second sheet of a workbook."""
    checksum: bool = True

    async def write(self, batch: Batch) -> Receipt:
        """Write the batch's rows.

        Raises:
            Rejected: the format cannot carry some rows; the others are written.
            Trouble: Unreachable or Refused, see `upload`.
        """
        file = await asyncio.to_thread(whole_file, batch, self.form, self.columns, self.legend)
        folder = (self.settings.deliveries or self.settings.folder).encode()
        async with open_session(self.settings) as session:
            await upload(session, folder, file.name, file.written.content, replace=False)
            if self.checksum:
                await upload(session, folder, file.checksum_name, file.checksum, replace=True)
        return file.receipt()
