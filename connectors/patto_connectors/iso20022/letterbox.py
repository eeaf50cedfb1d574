"""Where order files are put: a folder of this machine, or one on the bank's SFTP server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from patto_connectors.files.sink import deliver
from patto_connectors.sftp.session import open_session
from patto_connectors.sftp.transfer import upload

if TYPE_CHECKING:
    from pathlib import Path

    from patto_connectors.sftp.settings import SftpSettings


class Letterbox(Protocol):
    """Takes whole files."""

    async def put(self, name: str, content: bytes) -> None:
        """Put a file, which is there whole or not at all; the same file again must be harmless.

        Raises:
            Trouble: Unreachable or Refused.
        """
        ...


@dataclass(frozen=True, slots=True)
class FolderLetterbox:
    """A folder of this machine, or a share that it has mounted."""

    folder: Path

    async def put(self, name: str, content: bytes) -> None:
        """Put a file, as `Letterbox`."""
        await asyncio.to_thread(deliver, self.folder / name, content)


@dataclass(frozen=True, slots=True)
class SftpLetterbox:
    """The delivery folder of an SFTP server."""

    settings: SftpSettings

    async def put(self, name: str, content: bytes) -> None:
        """Put a file, as `Letterbox`."""
        folder = (self.settings.deliveries or self.settings.folder).encode()
        async with open_session(self.settings) as session:
            await upload(session, folder, name, content, replace=False)
