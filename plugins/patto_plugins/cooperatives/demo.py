"""The simulated cooperatives of `patto demo`: one SFTP server, two with a folder of ours, and their settings."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.testing.sftp import FakeSftp
from patto_plugins.cooperatives.assignments import FEED
from patto_plugins.cooperatives.fake import cooperatives, hosts_of, tellers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from patto_connectors.testing.stage import Stage
    from patto_plugins.cooperatives.fake import Form
    from patto_schemas.chronicle import Teller

ON_PAPER: Final = frozenset({"cooperativa_05", "cooperativa_18"})
"""Cooperatives without a server: they drop their registers into a folder of ours."""
FORMS: Final[Mapping[str, Form]] = {"cooperativa_03": "ods", "cooperativa_17": "ods", "cooperativa_05": "csv"}
"""Those that do not use Excel."""
HANDS_IN: Final = ON_PAPER - FORMS.keys()
"""Those that may hand in workbooks themselves, by the portal."""
PLAN: Final = {"every": "60s", "jitter": "30s", "expected_within": "5m"}


@asynccontextmanager
async def demo(stage: Stage) -> AsyncIterator[Mapping[str, Mapping[str, Any]]]:
    """Simulate the cooperatives for the length of the block; gives their settings by partner name."""
    found = tellers(stage)
    server = FakeSftp(stage.folder / "server")
    server.folder.mkdir(parents=True, exist_ok=True)
    homes = {each.code: (stage.folder if each.code in ON_PAPER else server.folder) / each.partner for each in found}
    for home in homes.values():
        for name in ("registri", "esiti", "assegnazioni"):
            (home / name).mkdir(parents=True, exist_ok=True)
    made = cooperatives(stage, {code: home / "registri" for code, home in homes.items()}, FORMS)
    async with server.running(), made.running():
        yield {each.partner: _partner(stage, each, server, homes[each.code]) for each in found}


def _partner(stage: Stage, teller: Teller, server: FakeSftp, home: Path) -> dict[str, Any]:
    scheme, value = teller.organisation
    bodies = sorted({value, *hosts_of(stage, teller.code).values()})
    where = _folder(home) if teller.code in ON_PAPER else _server(server, teller.partner)
    return {
        "plugin": "cooperatives",
        "title": teller.title,
        "organisation": {"scheme": scheme, "value": value, "domain": "third_sector"},
        "scope": [f"{scheme}:{each}" for each in bodies],
        "feeds": [FEED, *(["push"] if teller.code in HANDS_IN else [])],
        "settings": {**where, "settle_seconds": 1, "bodies": bodies},
        "jobs": {
            "registers": PLAN,
            **({"handed_registers": {"every": "1m"}} if teller.code in HANDS_IN else {}),
            "assignments": {"every": "60s", "jitter": "30s", "feed": FEED},
        },
    }


def _folder(home: Path) -> dict[str, Any]:
    return {"folder": str(home / "registri"), "deliveries": str(home / "assegnazioni")}


def _server(server: FakeSftp, partner: str) -> dict[str, Any]:
    return {
        "sftp": {
            "host": "127.0.0.1",
            "port": server.port,
            "user": server.user,
            "password": server.password,
            "host_keys": [server.host_key],
            "folder": f"/{partner}/registri",
            "outcomes": f"/{partner}/esiti",
            "deliveries": f"/{partner}/assegnazioni",
        }
    }
