"""A drop folder on an SFTP server: what lies there, one file at a time here, moved and answered there."""

from __future__ import annotations

import stat
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final, cast

import asyncssh

from patto_connectors.errors import Refused
from patto_connectors.files.folder import DONE, Found, Look, arranged, second_name, wanted
from patto_connectors.sftp.transfer import download, modified_ns, upload
from patto_connectors.sftp.trouble import named

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from patto_connectors.sftp.session import Session

LONGEST_NAME: Final = 255
"""Bytes of a name, as file systems have it."""


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """The folder that the settings name, within one session."""

    session: Session
    clocked: Final[bool] = False
    """The server's clock says nothing: whether a file still grows is seen by looking twice."""
    _names: dict[str, bytes] = field(default_factory=dict)
    """Each name as the server wrote it, which need not be UTF-8."""

    @property
    def moves(self) -> bool:
        """Whether processed files are moved away."""
        return self.session.settings.done is not None

    async def look(self) -> Look:
        """List the folder; names that lead out of it, links and devices are odd, and are never opened.

        Raises:
            Trouble: Unreachable or Refused.
        """
        settings, client = self.session.settings, self.session.client
        found: dict[str, asyncssh.SFTPAttrs] = {}
        odd = set()
        with named(settings.host):
            for raw, seen in await self.session.bare(_listed(client, settings.folder.encode(), settings.caps.names)):
                name = raw.decode("utf-8", "backslashreplace")
                if raw in (b".", b".."):
                    continue
                if len(raw) > LONGEST_NAME or any(sign in raw for sign in b"/\\\0"):
                    odd.add(name[:LONGEST_NAME])
                    continue
                self._names[name] = raw
                found[name] = seen
        files = []
        for name, listed in found.items():
            if not wanted(name):
                continue
            known = await self._known(name, listed)
            if known is None or _kind(known) == stat.S_IFDIR:
                continue
            if _kind(known) not in (0, stat.S_IFREG) or known.size is None:
                odd.add(name)
                continue
            files.append(Found(name, known.size, modified_ns(known), 0))
        return arranged(files, odd, found)

    async def _known(self, name: str, listed: asyncssh.SFTPAttrs) -> asyncssh.SFTPAttrs | None:
        """Give what is known of a file; servers need not say it in a listing."""
        if listed.size is not None and listed.mtime is not None and _kind(listed):
            return listed
        with named(self.session.settings.host), suppress(asyncssh.SFTPNoSuchFile):
            return await self.session.bare(self.session.client.lstat(self._path(name)))
        return None

    async def open(self, file: Found) -> IO[bytes] | None:
        """Fetch a file; see `download`."""
        return await download(self.session, self._path(file.name), file)

    async def move_away(self, name: str, digest: str) -> None:
        """Move a processed file and its marker into `done`; what lies there already keeps its place.

        Raises:
            Trouble: Unreachable, or Refused `folder.permission`.
        """
        settings, client, bare = self.session.settings, self.session.client, self.session.bare
        done = (settings.done or settings.folder).encode()
        with named(settings.host):
            try:
                await bare(client.lstat(done))
            except asyncssh.SFTPNoSuchFile:
                await bare(client.mkdir(done))
            raw = self._names.get(name, name.encode())
            target = _join(done, raw)
            with suppress(asyncssh.SFTPNoSuchFile):
                await bare(client.lstat(target))
                target = _join(done, second_name(name, digest).encode())
                await bare(client.remove(target))  # the same bytes, from a move that was cut off
            with suppress(asyncssh.SFTPNoSuchFile):  # somebody else has moved it
                await bare(client.rename(self._path(name), target))
            with suppress(asyncssh.SFTPNoSuchFile):
                await bare(client.remove(self._path(name) + DONE.encode()))

    async def put(self, name: str, content: bytes) -> None:
        """Write an outcome file."""
        settings = self.session.settings
        await upload(self.session, (settings.outcomes or settings.folder).encode(), name, content, replace=True)

    def _path(self, name: str) -> bytes:
        return _join(self.session.settings.folder.encode(), self._names.get(name, name.encode()))


async def names_of(session: Session, folder: bytes) -> list[bytes]:
    """Give the names in a folder.

    Raises:
        Trouble: Unreachable or Refused.
    """
    return [name for name, _ in await session.ask(_listed(session.client, folder, session.settings.caps.names))]


async def _listed(client: asyncssh.SFTPClient, folder: bytes, most: int) -> list[tuple[bytes, asyncssh.SFTPAttrs]]:
    names: list[tuple[bytes, asyncssh.SFTPAttrs]] = []
    async with aclosing(cast("AsyncGenerator[asyncssh.SFTPName, None]", client.scandir(folder))) as entries:
        async for entry in entries:
            names.append(
                (entry.filename if isinstance(entry.filename, bytes) else entry.filename.encode(), entry.attrs)
            )
            if len(names) > most:
                raise Refused(
                    "folder.crowded",
                    f"The folder holds more than {most} names.",
                    hint="Impostare `done`, o svuotare la cartella (set `done`, or empty the folder).",
                )
    return names


def _kind(seen: asyncssh.SFTPAttrs) -> int:
    """Give what kind of file it is, as in `st_mode`; 0 where the server does not say."""
    return stat.S_IFMT(seen.permissions or 0)


def _join(folder: bytes, name: bytes) -> bytes:
    return folder.rstrip(b"/") + b"/" + name
