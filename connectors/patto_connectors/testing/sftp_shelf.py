"""What a fake SFTP server does with its files: as asked, or as a fault of the menu wants it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol, cast

import asyncssh

from patto_connectors.ports import WORLD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from patto_connectors.testing.faults import Fault

_OPENING: Final = frozenset({"permission", "vanishes"})
_READING: Final = frozenset({"grows", "cut", "stall", "slow", "truncated", "endless"})
_WRITING: Final = frozenset({"disk_full", "cut_upload", "stall_upload"})
_LISTING: Final = frozenset({"permission", "crowded", "hostile_names"})
_RIGHTS: Final = frozenset({"permission"})
_RENAMING: Final = frozenset({"permission", "no_rename"})
HOSTILE: Final = (
    b"../../etc/passwd",
    b"a/b.csv",
    b"..\\segreto.csv",
    b"nul\0.csv",
    b"n" * 300 + b".csv",
    b"/etc/hostname",
)


class Server(Protocol):
    """The fake server whose files these are."""

    folder: Path

    def meets(self, path: str, among: frozenset[str]) -> Sequence[Fault]:
        """Give the faults that befall a path now."""
        ...

    async def stall(self) -> None:
        """Wait until the server is stopped."""
        ...


@dataclass(slots=True)
class Opened:
    """A file that somebody has opened, and what will befall it."""

    file: IO[bytes]
    fault: Fault | None
    moved: int = 0

    def befalls(self, name: str) -> bool:
        """Whether it is this fault."""
        return self.fault is not None and self.fault.name == name

    def lengthen(self) -> None:
        """Let the file grow by a row, as whoever writes it would."""
        with Path(os.fsdecode(self.file.name)).open("ab") as more:
            more.write(b"9\n")

    def beyond(self, default: int) -> bool:
        """Whether more bytes moved than the fault's option says."""
        return self.fault is not None and self.moved > int(self.fault.option or default)


class _Shelf(asyncssh.SFTPServer):
    """The files of one session."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], server: Server) -> None:
        super().__init__(channel, chroot=os.fsencode(server.folder))
        self._server = server

    def _meets(self, path: bytes, among: frozenset[str]) -> Fault | None:
        met = self._server.meets(path.decode("utf-8", "replace"), among)
        return met[0] if met else None

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Opened:
        opening = self._meets(path, _OPENING)
        if opening is not None and opening.name == "permission":
            raise asyncssh.SFTPPermissionDenied("no")
        if opening is not None:
            Path(os.fsdecode(self.map_path(path))).unlink()
        found = self._meets(path, _WRITING if pflags & asyncssh.FXF_WRITE else _READING)
        return Opened(cast("IO[bytes]", super().open(path, pflags, attrs)), found)

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        opened = cast("Opened", file_obj)
        if opened.befalls("stall"):
            await self._server.stall()
        if opened.befalls("slow"):
            await WORLD.get().sleep(float(opened.fault.option or 1) if opened.fault else 1)
            size = 1
        if opened.befalls("endless"):
            return b"0" * size
        if opened.befalls("truncated"):
            size = max(0, min(size, os.fstat(opened.file.fileno()).st_size // 2 - offset))
        opened.file.seek(offset)
        piece = opened.file.read(size)
        opened.moved += len(piece)
        if opened.befalls("cut") and opened.beyond(0):
            self.connection.abort()
        if opened.befalls("grows"):
            opened.lengthen()
        return piece

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        opened = cast("Opened", file_obj)
        opened.moved += len(data)
        if opened.befalls("stall_upload"):
            await self._server.stall()
        if opened.befalls("disk_full") and opened.beyond(0):
            raise asyncssh.SFTPNoSpaceOnFilesystem("full")
        if opened.befalls("cut_upload") and opened.beyond(0):
            room = max(0, len(data) - (opened.moved - int(opened.fault.option or 0) if opened.fault else 0))
            opened.file.seek(offset)
            opened.file.write(data[:room])
            self.connection.abort()
            return 0
        opened.file.seek(offset)
        return opened.file.write(data)

    def close(self, file_obj: object) -> None:
        cast("Opened", file_obj).file.close()

    def fstat(self, file_obj: object) -> os.stat_result:
        return os.fstat(cast("Opened", file_obj).file.fileno())

    def fsync(self, file_obj: object) -> None:
        os.fsync(cast("Opened", file_obj).file.fileno())

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        fault = self._meets(path, _LISTING)
        if fault is not None and fault.name == "permission":
            raise asyncssh.SFTPPermissionDenied("no")
        if fault is not None and fault.name == "crowded":
            for number in count():
                yield _name(b"%d.csv" % number)
        if fault is not None and fault.name == "hostile_names":
            for each in HOSTILE:
                yield _name(each)
            yield _name(b"device.csv", stat.S_IFCHR)
        async for found in super().scandir(path):
            yield found

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._allowed(oldpath)
        super().posix_rename(oldpath, newpath)

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._allowed(oldpath, among=_RIGHTS)
        super().rename(oldpath, newpath)

    def _allowed(self, path: bytes, among: frozenset[str] = _RENAMING) -> None:
        fault = self._meets(path, among)
        if fault is not None and fault.name == "no_rename":
            raise asyncssh.SFTPOpUnsupported("no")
        if fault is not None:
            raise asyncssh.SFTPPermissionDenied("no")


def shelf(channel: asyncssh.SSHServerChannel[bytes], server: Server) -> asyncssh.SFTPServer:
    """Serve the server's folder to one session."""
    return _Shelf(channel, server)


def _name(name: bytes, kind: int = stat.S_IFREG) -> asyncssh.SFTPName:
    return asyncssh.SFTPName(name, attrs=asyncssh.SFTPAttrs(size=3, permissions=kind | 0o644, atime=1, mtime=1))
