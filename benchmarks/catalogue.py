"""A bulk catalogue of courses in XCRI-CAP 1.2: written, read the bare way, and read by the whole road."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

from lxml import etree

from patto_connectors.contract import Connector
from patto_connectors.ports import World
from patto_connectors.xml.source import file_body
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.ledger import partners
from patto_hub.ledger.store import open_ledger
from patto_hub.road import runner
from patto_plugins.training_catalogue import xcri
from patto_plugins.training_catalogue.settings import CatalogueSettings

if TYPE_CHECKING:
    from pathlib import Path

DISTINCT = 500
"""Courses of one invented catalogue; the document repeats it under other keys."""


def render(document: Path, records: int) -> None:
    """Write a catalogue with `records` courses."""
    from patto_plugins.training_catalogue.fake_documents import xcri_document  # noqa: PLC0415 - the parent's alone
    from patto_schemas.invent import Inventor  # noqa: PLC0415 - likewise

    inventor = Inventor(random.Random(1), "@@@@@")
    courses = [inventor.course_offering() for _ in range(min(DISTINCT, records))]
    whole = xcri_document(courses)
    start, end = whole.index(b">", whole.index(b"catalog")) + 1, whole.rindex(b"</")
    with document.open("wb") as file:
        file.write(whole[:start])
        for number in range(-(-records // len(courses))):
            file.write(whole[start:end].replace(b"@@@@@", b"%05d" % number))
        file.write(whole[end:])


def floor(document: Path) -> dict[str, float]:
    """Read with bare iterparse, translate, validate; keep nothing."""
    readers = xcri.source(file_body(document), "it").readers
    begun = time.perf_counter()
    count = 0
    for _, element in etree.iterparse(document, events=("end",), tag=list(readers)):
        if element.tag == f"{xcri.CATALOG}provider" and element.getparent().tag != f"{xcri.CATALOG}catalog":
            continue
        reader = readers[element.tag]
        if reader is not None:
            xcri.translate(reader(element))
            count += 1
        element.clear()
    return {"records": count, "seconds": time.perf_counter() - begun}


def ours(document: Path, path: Path, isolation: str) -> dict[str, float]:
    """Take the whole road into a ledger that is there."""
    ledger = open_ledger(path)
    partner_id = ledger.write_now(partners.register, name="catalogue", plugin="benchmark")
    connector = Connector(
        name="courses",
        settings=CatalogueSettings,
        source=lambda _settings: xcri.source(file_body(document), "it"),
        translate=xcri.translate,
    )
    job = Job(
        name="catalogue/courses",
        partner="catalogue",
        partner_id=partner_id,
        plugin="benchmark",
        connector=connector,
        settings=CatalogueSettings.model_construct(),
        schedule=Schedule(),
        isolation=isolation,
    )
    begun = time.perf_counter()
    outcome = asyncio.run(runner.run(job, ledger=ledger, world=World(), owner="benchmark", reason="cli"))
    seconds = time.perf_counter() - begun
    ledger.close()
    if outcome is None or outcome.state != "done" or outcome.balance.quarantined:
        raise SystemExit(f"the run did not end well: {outcome}")
    return {"records": outcome.balance.read, "seconds": seconds}
