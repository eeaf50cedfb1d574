"""Where PDND's public keys are read: at the address where PDND publishes them, or in a file; and what is kept of them.

What was read last at the address is kept beside the ledger, so that a start while PDND is down shuts nobody out.
"""

from __future__ import annotations

import asyncio
import json
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from yarl import URL

from patto_connectors.errors import Refused
from patto_connectors.http.client import Call, open_client
from patto_connectors.http.settings import Caps, HttpSettings, Repeats, Timeouts
from patto_connectors.modi import known_set
from patto_hub.compose.public_keys import content_of, told_at
from patto_hub.web.voucher_keys import PublishedKeys

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from patto_hub.settings.access import VouchersPart
    from patto_hub.settings.read import Configuration

COPY: Final = "pdnd-keys.json"
"""The file beside the ledger that holds what was read last."""
_PATIENCE: Final = Timeouts(connect=3.0, read=5.0, total=8.0)
_CAPS: Final = Caps(decoded=1024 * 1024)
_ONCE: Final = Repeats(attempts=1, longest=1.0)
"""A request may wait for a reading: better none than one that comes too late for it."""


def published_keys(configuration: Configuration) -> PublishedKeys | None:
    """Make what gives PDND's keys; None where the settings take no vouchers.

    Raises:
        Wrong: the file of the keys cannot be read, or holds none.
    """
    part = configuration.settings.web.pdnd
    if part is None:
        return None
    return _at_address(configuration, part) if part.keys is None else _in_file(configuration.file.parent / part.keys)


async def watch_voucher_keys(keys: PublishedKeys | None) -> None:
    """Keep PDND's keys fresh where there are any, until cancelled."""
    if keys is not None:
        await keys.stay_fresh()


def _in_file(file: Path) -> PublishedKeys:
    path = ("pdnd", "keys")
    with told_at(path):
        known = known_set(content_of(path, file), whole=False)

    async def read() -> bytes:
        try:
            return await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            raise Refused("modi.key", f"{file.name} cannot be read ({error.strerror})") from None

    return PublishedKeys(place=file.name, read=read, keep=_nothing, believed=None, known=known)


def _at_address(configuration: Configuration, part: VouchersPart) -> PublishedKeys:
    copy, address = configuration.data_dir / COPY, part.keys_url
    made = PublishedKeys(
        place=URL(address).host or "",
        read=_reading(address),
        keep=lambda content, at: _write(copy, address, content, at),
        believed=timedelta(seconds=part.keys_for),
    )
    content, made.read_at = _copied(copy, address)
    if made.read_at is not None:
        made.known = known_set(content, whole=False)
    return made


def _reading(address: str) -> Callable[[], Awaitable[bytes]]:
    settings = HttpSettings(base_url=address, timeouts=_PATIENCE, caps=_CAPS, repeats=_ONCE)

    async def read() -> bytes:
        async with open_client(settings) as client:
            return (await client.ask(Call())).body

    return read


def _nothing(_content: bytes, _at: datetime) -> None:
    """Keep nothing: the file is there at the next start."""


def _write(copy: Path, address: str, content: bytes, at: datetime) -> None:
    fresh = copy.with_name(f".{COPY}.new")
    kept = {"address": address, "read_at": at.isoformat(), "keys": json.loads(content)["keys"]}
    fresh.write_text(json.dumps(kept), encoding="utf-8")
    os.replace(fresh, copy)  # noqa: PTH105 - the name says what it does: replaces atomically


def _copied(copy: Path, address: str) -> tuple[bytes, datetime | None]:
    """Give what was read at this address and when; nothing where there is no copy, or none that can be used."""
    try:
        kept = json.loads(copy.read_bytes())
        at = datetime.fromisoformat(kept["read_at"])
        content = json.dumps({"keys": kept["keys"]}).encode()
        known_set(content, whole=False)
    except (OSError, ValueError, KeyError, TypeError, Refused):
        return b"", None
    return (content, at) if kept.get("address") == address and at.tzinfo is not None else (b"", None)
