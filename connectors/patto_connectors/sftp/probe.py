"""Check the way to an SFTP folder stage by stage, so that whoever must act is known at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from patto_connectors.errors import Trouble, Unreachable
from patto_connectors.http.probe import Stage, bad_stage
from patto_connectors.sftp.folder import RemoteFolder
from patto_connectors.sftp.session import open_session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from patto_connectors.sftp.settings import SftpSettings

_BEFORE_LOGIN = frozenset(
    {"sftp.host_key", "sftp.connect", "sftp.greeting", "sftp.timeout", "sftp.algorithms", "sftp.malformed"}
)


async def stages(settings: SftpSettings) -> AsyncIterator[Stage]:
    """Give `dns`, `hostkey`, `login` and `folder` in order; the first bad one is the last."""
    name = await _dns(settings)
    yield name
    if not name.good:
        return
    reached = "hostkey"
    try:
        async with open_session(settings) as session:
            yield _hostkey()
            yield Stage(name="login", it="il server ci fa entrare", en="the server lets us in")
            reached = "folder"
            seen = await RemoteFolder(session).look()
            files, odd = len(seen.files), len(seen.odd)
            yield Stage(
                name="folder",
                it=f"file da leggere: {files}; nomi scartati: {odd}",
                en=f"files to read: {files}; names set aside: {odd}",
            )
    except Trouble as trouble:
        if reached == "hostkey" and trouble.code not in _BEFORE_LOGIN:
            yield _hostkey()
            reached = "login"
        yield bad_stage(reached, trouble)


async def _dns(settings: SftpSettings) -> Stage:
    try:
        async with asyncio.timeout(settings.timeouts.connect):
            found = await asyncio.get_running_loop().getaddrinfo(settings.host, settings.port)
    except OSError:
        return bad_stage("dns", Unreachable("sftp.dns", f"the name {settings.host} cannot be resolved"))
    count = len({entry[4][0] for entry in found})
    return Stage(name="dns", it=f"{settings.host}: {count} indirizzi", en=f"{settings.host} has {count} address(es)")


def _hostkey() -> Stage:
    return Stage(name="hostkey", it="la chiave del server è quella attesa", en="the server's key is the expected one")
