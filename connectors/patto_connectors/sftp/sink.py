"""A sink that delivers a batch as a file on a partner's SFTP server, with checksum and manifest beside it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_connectors.files.manifest import LARGEST, manifest_name, outcome_names, read_outcome
from patto_connectors.files.sink import Form, whole_file
from patto_connectors.sftp.folder import names_of
from patto_connectors.sftp.session import open_session
from patto_connectors.sftp.transfer import content_of, upload
from patto_connectors.sftp.trouble import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_connectors.contract import Batch, Receipt, Told
    from patto_connectors.sftp.settings import SftpSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpSink:
    """Writes each batch as one file; the same batch again gives the same file.

    Names, checksums, manifests and outcome files are those of `FileSink`: `<file>.sha256` comes after the file, the
    manifest last, and whoever waits for one of them never reads a half.
    """

    settings: SftpSettings
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
            Trouble: Unreachable or Refused, see `upload`.
        """
        file = await asyncio.to_thread(whole_file, batch, self.form, self.columns, self.legend)
        folder = (self.settings.deliveries or self.settings.folder).encode()
        async with open_session(self.settings) as session:
            await upload(session, folder, file.name, file.written.content, replace=False)
            if self.checksum:
                await upload(session, folder, file.checksum_name, file.checksum, replace=True)
            if self.manifest:
                await upload(session, folder, manifest_name(file.name), file.manifest, replace=True)
        return file.receipt()

    async def answers(self, references: Sequence[str]) -> Sequence[Told]:
        """Give what the receiver has written of these files, in the folder of deliveries.

        Raises:
            Trouble: Unreachable or Refused.
        """
        folder = (self.settings.deliveries or self.settings.folder).encode()
        wanted = {name.encode(): file for file in references for name in outcome_names(file)}
        told: dict[str, Told] = {}
        async with open_session(self.settings) as session:
            for name in await names_of(session, folder):
                file = wanted.get(name)
                if file is None:
                    continue
                with named(self.settings.host):
                    content = await content_of(session, folder.rstrip(b"/") + b"/" + name, LARGEST)
                if content is not None and len(content) <= LARGEST:
                    answer = read_outcome(file, name.decode(), content)
                    told |= {} if answer is None else {file: answer}
        return list(told.values())
