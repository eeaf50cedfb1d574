"""One connection to a partner's SFTP server: who it is was checked, every request has an end, nothing is logged."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import asyncssh

from patto_connectors.errors import Refused
from patto_connectors.sftp.pins import Pin, algorithms, fingerprint
from patto_connectors.sftp.trouble import FAILURES, name_failure, named, ungreeted, unpinned

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Sequence

    from patto_connectors.sftp.settings import SftpSettings

T = TypeVar("T")

_KEX: Final = "-*sha1*,rsa2048*"
"""What is left out of asyncssh's defaults: SHA-1, short keys."""
_MACS: Final = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")


_PARTING: Final = 2.0
"""Seconds for a good-bye."""


@dataclass(frozen=True, slots=True)
class Session:
    """An open session; made by `open_session`."""

    settings: SftpSettings
    client: asyncssh.SFTPClient

    async def ask(self, answer: Awaitable[T]) -> T:
        """Await one request's answer, within its time.

        Raises:
            Trouble: one of the four errors.
        """
        with named(self.settings.host):
            return await self.bare(answer)

    async def bare(self, answer: Awaitable[T]) -> T:
        """Await one request's answer, within its time; what fails keeps asyncssh's name."""
        async with asyncio.timeout(self.settings.timeouts.operation):
            return await answer

    async def part(self, answer: Awaitable[object]) -> None:
        """Await what is only polite, on the way out; shortly, for the server may hang and whoever stops us may not."""
        with suppress(*FAILURES):
            async with asyncio.timeout(_PARTING):
                await answer


class _Witness(asyncssh.SSHClient):
    """Trusts the pinned keys only, and remembers which one came."""

    def __init__(self, pins: Sequence[Pin]) -> None:
        self._pins = frozenset(pin.fingerprint for pin in pins)
        self._connection: asyncssh.SSHClientConnection | None = None
        self.came = ""

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._connection = conn

    @property
    def snubbed(self) -> bool:
        """Whether a connection stood, and ended before a greeting: that need not be an SSH server."""
        return self._connection is not None and not self._connection.get_extra_info("server_version")

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        found = fingerprint(key.public_data)
        self.came = f"{key.get_algorithm()} {found}"
        return found in self._pins


@asynccontextmanager
async def open_session(settings: SftpSettings) -> AsyncIterator[Session]:
    """Open a connection and SFTP on it; closed at the end of the block.

    Raises:
        Trouble: one of the four errors.
    """
    _hush()
    connection = await _connect(settings)
    try:
        with named(settings.host):
            async with asyncio.timeout(settings.timeouts.connect):
                client = await connection.start_sftp_client(path_encoding=None)
        yield Session(settings, client)
    finally:
        await _close(connection)


async def _connect(settings: SftpSettings) -> asyncssh.SSHClientConnection:
    witness = _Witness(settings.pins)
    options = await asyncio.to_thread(_identity, settings, witness)
    try:
        async with asyncio.timeout(settings.timeouts.connect):
            return await asyncssh.connect(settings.host, settings.port, config=None, options=options)
    except asyncssh.HostKeyNotVerifiable:
        raise unpinned(settings.host, witness.came) from None
    except (asyncssh.ConnectionLost, ConnectionError) as error:
        raise (ungreeted(settings.host) if witness.snubbed else name_failure(error, settings.host)) from None
    except FAILURES as error:
        raise name_failure(error, settings.host) from None


def _identity(settings: SftpSettings, witness: _Witness) -> asyncssh.SSHClientConnectionOptions:
    """Make ready who we are; unlocking a private key takes a while, by intention."""
    try:
        keys = _client_keys(settings)
        return asyncssh.SSHClientConnectionOptions(client_factory=lambda: witness, **_options(settings, keys))
    except (OSError, ValueError):
        hint = "check user, key or key_file, and key_password; a locked key must be PKCS#8, not OpenSSH's own format"
        raise Refused("sftp.identity", "our user or private key cannot be used", hint=hint) from None


def _client_keys(settings: SftpSettings) -> list[asyncssh.SSHKey] | None:
    password = settings.key_password.get_secret_value() if settings.key_password else None
    if settings.key is not None:
        return [asyncssh.import_private_key(settings.key.get_secret_value(), password)]
    if settings.key_file is not None:
        return [asyncssh.import_private_key(settings.key_file.read_bytes(), password)]
    return None


def _options(settings: SftpSettings, keys: list[asyncssh.SSHKey] | None) -> dict[str, Any]:
    """Give asyncssh's options; each default that would read a home folder, an agent or the environment is set."""
    password = settings.password.get_secret_value() if settings.password else None
    methods = [*(["publickey"] if keys else []), *(["password", "keyboard-interactive"] if password else [])]
    return {
        "config": None,  # no ~/.ssh/config
        "known_hosts": lambda *_: ((), (), ()),  # nobody is known: `_Witness` decides
        "server_host_key_algs": algorithms(settings.pins),
        "x509_trusted_certs": None,
        "x509_trusted_cert_paths": [],
        "username": settings.user,
        "password": password,
        "client_keys": keys,
        "client_host_keysign": False,
        "agent_path": None,
        "gss_host": None,
        "preferred_auth": methods,
        "disable_trivial_auth": True,
        "kex_algs": _KEX,
        "mac_algs": list(_MACS),
        "signature_algs": algorithms(()),
        "compression_algs": None,  # what a server compresses, it could inflate beyond measure
        "client_version": "patto",
        "utf8_decode_errors": "replace",
        "login_timeout": settings.timeouts.connect,
        "keepalive_interval": settings.timeouts.keepalive,
        "send_env": None,
        "env": None,
    }


async def _close(connection: asyncssh.SSHClientConnection) -> None:
    connection.close()
    try:
        async with asyncio.timeout(_PARTING):
            await connection.wait_closed()
    except TimeoutError:
        connection.abort()


def _hush() -> None:
    """Let asyncssh log warnings only: its other lines name users and files, and passwords at its highest level."""
    asyncssh.set_log_level(logging.WARNING)
    asyncssh.set_sftp_log_level(logging.WARNING)
