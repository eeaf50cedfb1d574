"""Files over a session: a download that is whole or nothing, an upload that shows its name only when it is whole."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final, cast

import asyncssh

from patto_connectors.errors import Malformed, Refused, Trouble, Unreachable
from patto_connectors.ports import WORLD
from patto_connectors.sftp.trouble import named

if TYPE_CHECKING:
    from patto_connectors.files.folder import Found
    from patto_connectors.sftp.session import Session
    from patto_connectors.sftp.settings import SftpTimeouts

PIECE: Final = 256 * 1024
"""Bytes asked for at a time, where the server gives as many.

One request at a time: asyncssh's own parallel reading fills what a server leaves out with zeros.
"""
ASIDE: Final = ".tmp"
"""Follows the name of a file that is still being written."""


async def download(session: Session, path: bytes, file: Found) -> IO[bytes] | None:
    """Fetch a file into a temporary one without a name, which goes with its handle; None if it is not as it was seen.

    Raises:
        PermissionError: this file may not be read.
        Malformed: `file.size`.
        Unreachable: the connection broke off, the server is too slow, or gives other bytes than it announced.
    """
    cap = session.settings.caps.file
    if file.size > cap:
        raise Malformed("file.size", f"The file is longer than {cap} bytes.", hint="Dividere il file (split it).")
    remote = await _opened(session, path)
    if remote is None:
        return None
    try:
        return await _fetched(session, remote, file)
    finally:
        await session.part(remote.close())


async def _opened(session: Session, path: bytes) -> asyncssh.SFTPClientFile | None:
    with named(session.settings.host):
        try:
            return await session.bare(session.client.open(path, "rb", block_size=0))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return None
        except asyncssh.SFTPPermissionDenied:
            pass
    raise PermissionError("the file may not be read")


async def _fetched(session: Session, remote: asyncssh.SFTPClientFile, file: Found) -> IO[bytes] | None:
    spool = await asyncio.to_thread(_spool)
    try:
        received = await _pour(session, remote, spool, file)
        seen = await session.ask(remote.stat())
        if (seen.size, modified_ns(seen)) != (file.size, file.modified_ns):
            spool.close()
            return None
        _expect(received, file, session.settings.host)
        await asyncio.to_thread(spool.seek, 0)
    except BaseException:
        spool.close()
        raise
    return spool


def _expect(received: int, file: Found, host: str) -> None:
    if received != file.size:
        raise Unreachable("sftp.length", f"{host} gives other bytes than it announced")


async def _pour(session: Session, remote: asyncssh.SFTPClientFile, spool: IO[bytes], file: Found) -> int:
    """Read up to one byte more than was announced; give how many came."""
    step = min(session.client.limits.max_read_len or PIECE, PIECE)
    pace = _Pace(session.settings.timeouts)
    received = 0
    while received <= file.size:
        piece = await _piece(session, remote, received, min(step, file.size + 1 - received))
        if not piece:
            break
        received += len(piece)
        pace.note(len(piece))
        await asyncio.to_thread(_write, spool, piece)
    return received


async def _piece(session: Session, remote: asyncssh.SFTPClientFile, at: int, size: int) -> bytes:
    return cast("bytes", await session.ask(remote.read(size, at)))  # opened without an encoding


class _Pace:
    """How fast a file comes: never endlessly slowly."""

    def __init__(self, patience: SftpTimeouts) -> None:
        self._patience = patience
        self._monotonic = WORLD.get().monotonic
        self._start = self._window = self._monotonic()
        self._within = 0

    def note(self, size: int) -> None:
        self._within += size
        now, patience = self._monotonic(), self._patience
        if now - self._start > patience.file:
            raise Unreachable("sftp.too_slow", f"the file took longer than {patience.file:g} seconds")
        if now - self._window < patience.rate_window:
            return
        if self._within < patience.rate * (now - self._window):
            raise Unreachable("sftp.too_slow", f"the file came at less than {patience.rate} bytes per second")
        self._window, self._within = now, 0


def _spool() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError as wrong:
        raise _no_room() from wrong


def _write(spool: IO[bytes], piece: bytes) -> None:
    try:
        spool.write(piece)
        spool.flush()
    except OSError as wrong:
        raise _no_room() from wrong


def _no_room() -> Unreachable:
    return Unreachable("file.spool", "There is no room here for the partner's file.", hint="free space for TMPDIR")


def modified_ns(attributes: asyncssh.SFTPAttrs) -> int:
    """Give when a file was changed, by its server's clock; version 3 of SFTP knows whole seconds only."""
    return (attributes.mtime or 0) * 10**9 + (attributes.mtime_ns or 0)


async def upload(session: Session, folder: bytes, name: str, content: bytes, *, replace: bool) -> None:
    """Write a file aside, bring it to the server's disk where it offers that, rename it: it is there whole or not.

    Where the server lacks `posix-rename@openssh.com` (OpenSSH PROTOCOL section 4.3), the plain rename is used, which
    does not replace: a file with the same content under the name is left as it is.

    Args:
        session: to the server.
        folder: where to.
        name: of the file.
        content: of the file.
        replace: without posix-rename, remove a file with other content first: for a moment, neither is there.

    Raises:
        Refused: the folder may not be written; or `sftp.rename`: another file has the name, and may not be replaced.
        Unreachable: the folder is not there, its disk is full, or the connection broke off.
    """
    target = folder.rstrip(b"/") + b"/" + name.encode()
    aside = target + ASIDE.encode()
    try:
        with named(session.settings.host):
            try:
                await _write_aside(session, aside, content)
            except asyncssh.SFTPFailure:
                raise _not_written(session.settings.host) from None
            try:
                await session.bare(session.client.posix_rename(aside, target))
            except asyncssh.SFTPOpUnsupported:
                await _rename(session, aside, target, content, replace=replace)
    except Trouble:
        await session.part(session.client.remove(aside))
        raise


async def _write_aside(session: Session, aside: bytes, content: bytes) -> None:
    with suppress(asyncssh.SFTPNoSuchFile):
        await session.bare(session.client.remove(aside))  # a left-over, or a link that lies in wait
    remote = await session.bare(session.client.open(aside, "xb", block_size=0))
    try:
        step = min(session.client.limits.max_write_len or PIECE, PIECE)
        for at in range(0, len(content), step):
            await session.bare(remote.write(content[at : at + step], at))
        with suppress(asyncssh.SFTPOpUnsupported):
            await session.bare(remote.fsync())
        await session.bare(remote.close())
    except BaseException:
        await session.part(remote.close())
        raise
    if (await session.bare(session.client.lstat(aside))).size != len(content):
        raise _not_written(session.settings.host)


async def _rename(session: Session, aside: bytes, target: bytes, content: bytes, *, replace: bool) -> None:
    there = await content_of(session, target, len(content))
    if there == content:
        await session.bare(session.client.remove(aside))
        return
    if there is not None:
        if not replace:
            raise Refused(
                "sftp.rename",
                f"{session.settings.host} cannot replace a file in one step, and another has this name",
                hint="move the other file away, or let the partner's server offer posix-rename@openssh.com",
            )
        await session.bare(session.client.remove(target))
    await session.bare(session.client.rename(aside, target))


async def content_of(session: Session, path: bytes, most: int) -> bytes | None:
    """Give what a file holds, up to one byte more than `most`; None where there is none."""
    try:
        remote = await session.bare(session.client.open(path, "rb", block_size=0))
    except asyncssh.SFTPNoSuchFile:
        return None
    content = b""
    try:
        while len(content) <= most and (piece := await _piece(session, remote, len(content), PIECE)):
            content += piece
    finally:
        await session.part(remote.close())
    return content


def _not_written(host: str) -> Unreachable:
    return Unreachable("folder.write", f"{host} did not take the file whole: its disk may be full")
