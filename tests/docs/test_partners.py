"""The partners' page is lived through against a hub that serves simulated people."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/how-to/partners.md"


@pytest.mark.timeout(240)
async def test_the_page_works_as_it_is_written(page_reader, served):
    await asyncio.to_thread(page_reader.live_through, PAGE)

    held = json.loads((page_reader.folder / "pacts.json").read_text())["held"]
    kinds = Counter(item["kind"] for item in held.values())
    assert kinds == Counter(kind for kind, _ in served.told if kind != "enrolment")
    assert kinds["person"] == kinds["pact"] == served.people
