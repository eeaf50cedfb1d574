"""A fake partner's SFTP server: a real one on this machine, with a folder, a key of its own, and a menu of faults."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import asyncssh

from patto_connectors.ports import WORLD
from patto_connectors.sftp.settings import SftpSettings
from patto_connectors.testing.faults import SFTP, Fault, FaultMenu
from patto_connectors.testing.sftp_shelf import shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_AT_THE_DOOR = frozenset({"reset", "silent", "not_ssh", "host_key", "full", "login", "no_sftp"})
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: on, no time; closing then resets the connection."""


class FakeSftp:
    """One partner's server: what lies in `folder` is its root; the key is made at the start and never kept.

    Args:
        folder: the server's root, a folder of this machine.
        user: who may log in.
        password: made up where none is given.
        key: a public key, as a line of OpenSSH, that may log in too.
    """

    def __init__(self, folder: Path, *, user: str = "patto", password: str | None = None, key: str = "") -> None:
        self.faults = FaultMenu(menu=dict(SFTP))
        self.folder = folder
        self.user = user
        self.password = password or WORLD.get().token()
        self.key = asyncssh.import_public_key(key) if key else None
        self.port = 0
        self.logins = 0
        """How often somebody was let in."""
        self.stalled = asyncio.Event()
        """Set when a stall has begun: the other side now waits."""
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._other_key = asyncssh.generate_private_key("ssh-ed25519")
        self._open: list[asyncssh.SSHServerConnection] = []
        self._closed = asyncio.Event()

    @property
    def host_key(self) -> str:
        """Give the server's public key, as a line of OpenSSH."""
        return self._host_key.export_public_key().decode().strip()

    @property
    def other_host_key(self) -> str:
        """Give the public key that the fault `host_key` shows."""
        return self._other_key.export_public_key().decode().strip()

    def settings(self, **more: Any) -> SftpSettings:  # noqa: ANN401 - fields of the settings
        """Give settings that reach the running server; further fields, or others, as arguments."""
        fields = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "host_keys": [self.host_key],
            "folder": "/",
        }
        return SftpSettings.model_validate(fields | more)

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[int]:
        """Serve on the loopback address until the end of the block; gives the port.

        Args:
            port: 0 for any that is free.

        Raises:
            OSError: the port is taken.
        """
        self._closed.clear()
        with socket.create_server(("127.0.0.1", port)) as listener:
            listener.setblocking(False)
            self.port = listener.getsockname()[1]
            async with asyncio.TaskGroup() as tasks:
                door = tasks.create_task(self._accept(listener, tasks))
                thrown: BaseException | None = None
                try:
                    yield self.port
                except BaseException as error:  # noqa: BLE001 - raised below, not as part of a group
                    thrown = error
                self._closed.set()
                door.cancel()
                for each in self._open:
                    each.abort()
            if thrown is not None:
                raise thrown

    def meets(self, path: str, among: frozenset[str]) -> list[Fault]:
        """Give the faults that befall a path now."""
        return self.faults.serve(path, among)

    async def stall(self) -> None:
        """Wait until the server is stopped."""
        self.stalled.set()
        await self._closed.wait()

    async def _accept(self, listener: socket.socket, tasks: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        while True:
            taken, _ = await loop.sock_accept(listener)
            tasks.create_task(self._serve(taken))

    async def _serve(self, taken: socket.socket) -> None:
        met = {fault.name for fault in self.meets("/", _AT_THE_DOOR)}
        if met & {"reset", "silent", "not_ssh"}:
            with taken:
                await self._turn_away(taken, met)
            return
        with suppress(asyncssh.Error, OSError):  # the other side went away
            connection = await asyncssh.run_server(
                taken,
                config=None,
                server_factory=lambda: _Door(self, met),
                server_host_keys=[self._other_key if "host_key" in met else self._host_key],
                sftp_factory=None if "no_sftp" in met else lambda channel: shelf(channel, self),
                gss_host=None,
                allow_scp=False,
                login_timeout=30,
            )
            await connection.wait_closed()

    async def _turn_away(self, taken: socket.socket, met: set[str]) -> None:
        if "reset" in met:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        elif "silent" in met:
            await self.stall()
        else:
            loop = asyncio.get_running_loop()
            await loop.sock_recv(taken, 1_024)
            await loop.sock_sendall(taken, b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html>\r\n")


class _Door(asyncssh.SSHServer):
    """Lets in who knows the password or holds the key."""

    def __init__(self, fake: FakeSftp, met: set[str]) -> None:
        self._fake = fake
        self._met = met
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._fake._open.append(conn)  # noqa: SLF001 - its own door

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._connection in self._fake._open:  # noqa: SLF001 - its own door
            self._fake._open.remove(self._connection)  # noqa: SLF001 - its own door

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002
        if "full" in self._met and self._connection is not None:
            self._connection.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, "too many connections")
        return True

    def auth_completed(self) -> None:
        self._fake.logins += 1

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return "login" not in self._met and (username, password) == (self._fake.user, self._fake.password)

    def public_key_auth_supported(self) -> bool:
        return self._fake.key is not None

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return "login" not in self._met and username == self._fake.user and key == self._fake.key
