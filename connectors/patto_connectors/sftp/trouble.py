"""Give each way in which SFTP fails its name: one of the four troubles, a code, who must act."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import asyncssh

from patto_connectors.errors import Malformed, Refused, Trouble, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILURES: Final = (asyncssh.Error, OSError, EOFError, ValueError)
"""What an asyncssh call may raise for what a partner did; broken packets are ValueErrors."""
_RIGHTS = "Chiedere al partner i diritti sulla cartella (ask the partner for rights on it): chi gestisce il server."
_MOUNT = "Controllare `folder` con il partner (check `folder` with the partner)."
_CLOSED: Final = "SSH connection closed"
"""asyncssh's own words, under a code that servers use for refusals too."""
_ROWS: Final[tuple[tuple[tuple[type[BaseException], ...], type[Trouble], str, str, str], ...]] = (
    ((socket.gaierror,), Unreachable, "sftp.dns", "the name {} cannot be resolved", "check host"),
    ((TimeoutError,), Unreachable, "sftp.timeout", "{} did not answer in time", ""),
    ((asyncssh.PermissionDenied,), Refused, "sftp.login", "{} does not let us in", "check user, password, key"),
    ((asyncssh.IllegalUserName,), Refused, "sftp.login", "{} does not let us in", "check user"),
    (
        (asyncssh.KeyExchangeFailed, asyncssh.CompressionError),
        Refused,
        "sftp.algorithms",
        "no encrypted connection with {} can be agreed on",
        "the partner's server is too old, or set up with weak ciphers only",
    ),
    ((asyncssh.ServiceNotAvailable,), Unreachable, "sftp.full", "{} takes no more connections now", ""),
    (
        (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect),
        Refused,
        "folder.permission",
        "{} does not allow us this in the folder",
        _RIGHTS,
    ),
    (
        (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory),
        Unreachable,
        "folder.missing",
        "the folder is not there on {}",
        _MOUNT,
    ),
    (
        (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded),
        Unreachable,
        "folder.write",
        "the disk of {} is full",
        "",
    ),
    (
        (
            asyncssh.ConnectionLost,
            asyncssh.SFTPConnectionLost,
            asyncssh.SFTPNoConnection,
            ConnectionResetError,
            EOFError,
        ),
        Unreachable,
        "sftp.disconnected",
        "{} closed the connection",
        "",
    ),
    (
        (asyncssh.ProtocolError, asyncssh.ProtocolNotSupported, asyncssh.MACError, asyncssh.SFTPBadMessage, ValueError),
        Malformed,
        "sftp.malformed",
        "{} breaks the rules of SSH or SFTP",
        "check host and port: is an SFTP server there?",
    ),
    ((asyncssh.SFTPError,), Unreachable, "sftp.failure", "{} reports a failure", ""),
    ((OSError,), Unreachable, "sftp.connect", "{} takes no connections", "the partner's server may be down"),
)
"""What a failure means, the first that fits: kinds of error, trouble, code, words with the host, what to do."""


@contextmanager
def named(host: str) -> Iterator[None]:
    """Raise what fails within the block by its name; asyncssh's own errors quote paths and what the server said."""
    try:
        yield
    except FAILURES as error:
        raise name_failure(error, host) from None


def name_failure(error: BaseException, host: str) -> Trouble:
    """Name what went wrong.

    Args:
        error: one of `FAILURES`.
        host: the server's name.
    """
    if isinstance(error, asyncssh.ChannelOpenError):
        return _name_channel(error, host)
    if type(error) is asyncssh.DisconnectError:
        if error.code == asyncssh.DISC_TOO_MANY_CONNECTIONS:
            return Unreachable("sftp.full", f"{host} takes no more connections now")
        return Unreachable("sftp.disconnected", f"{host} closed the connection")
    for kinds, trouble, code, words, hint in _ROWS:
        if isinstance(error, kinds):
            return trouble(code, words.format(host), hint=hint)
    return Unreachable("sftp.failure", f"{host} reports a failure")


def _name_channel(error: asyncssh.ChannelOpenError, host: str) -> Trouble:
    if error.code == asyncssh.OPEN_RESOURCE_SHORTAGE:
        return Unreachable("sftp.full", f"{host} takes no more connections now")
    if error.reason == _CLOSED:
        return Unreachable("sftp.disconnected", f"{host} closed the connection")
    return Refused("sftp.subsystem", f"{host} lets us in, but gives our account no SFTP", hint="the partner enables it")


def ungreeted(host: str) -> Unreachable:
    """Say that the connection ended before the SSH greeting, as OpenSSH does when it has too many."""
    return Unreachable(
        "sftp.greeting",
        f"{host} closed the connection before its SSH greeting",
        hint="it may have too many connections; if it lasts, check host and port: is an SFTP server there?",
    )


def unpinned(host: str, came: str) -> Refused:
    """Say that the server shows a key that nobody has agreed on; a fingerprint is public and may be told."""
    return Refused(
        "sftp.host_key",
        f"{host} shows the key {came or 'of an unknown kind'}, which is not one of host_keys",
        hint="ask the partner, not by SFTP, whether it changed its key; if so, add the new one to host_keys",
    )
