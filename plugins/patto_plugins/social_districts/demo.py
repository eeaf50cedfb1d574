"""All simulated Ambiti of `patto demo`: their service, the workbooks of those without one, and their settings."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from patto_plugins.social_districts.fake import service_on, slug

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from patto_connectors.testing.stage import Stage
    from patto_schemas.chronicle import Teller

STREAMS: Final = ("persons", "pacts", "measures", "requests")
EVERY: Final = "60s"
EXPECTED: Final = "5m"
ON_PAPER: Final = frozenset({"FG/6", "BR/3", "LE/10"})
"""Ambiti that keep their pacts in a workbook."""


@asynccontextmanager
async def demo(stage: Stage) -> AsyncIterator[Mapping[str, Mapping[str, Any]]]:
    """Simulate the Ambiti for the length of the block; gives their settings by partner name."""
    tellers = [teller for teller in stage.chronicle.tellers() if teller.kind == "ambito"]
    folders = {each.code: stage.folder / each.partner for each in tellers if each.code in ON_PAPER}
    made = service_on(stage, [each.code for each in tellers], workbooks=folders)
    async with made.running() as url:
        yield {
            each.partner: _settings(each, url) if each.code not in folders else _paper(each, str(folders[each.code]))
            for each in tellers
        }


def _settings(teller: Teller, url: str) -> dict[str, Any]:
    plan = {"every": EVERY, "jitter": "30s", "expected_within": EXPECTED}
    return _partner(teller, {"base_url": f"{url}/{slug(teller.code)}"}, dict.fromkeys(STREAMS, plan))


def _paper(teller: Teller, folder: str) -> dict[str, Any]:
    plan = {"every": EVERY, "jitter": "30s", "expected_within": EXPECTED}
    return _partner(teller, {"folder": folder, "settle_seconds": 1}, {"workbook": plan})


def _partner(teller: Teller, settings: Mapping[str, Any], jobs: Mapping[str, Any]) -> dict[str, Any]:
    scheme, value = teller.organisation
    return {
        "plugin": "social_districts",
        "title": teller.title,
        "organisation": {"scheme": scheme, "value": value, "domain": "social"},
        "settings": dict(settings),
        "jobs": dict(jobs),
    }
