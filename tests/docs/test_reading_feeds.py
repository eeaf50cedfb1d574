"""The page about reading feeds is lived through against a hub that serves simulated people."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from patto_hub.ledger import acknowledgements

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/how-to/reading-feeds.md"


@pytest.mark.timeout(240)
async def test_the_page_works_as_it_is_written(page_reader, served):
    await asyncio.to_thread(page_reader.live_through, PAGE)

    kept = await served.ledger.read(acknowledgements.history, "lecce", "pacts")
    assert [each.applied for each in kept] == [False, True]
