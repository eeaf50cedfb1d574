"""How fast a bulk XML feed of pacts gets into the ledger, against bare `iterparse` plus validation without any ledger.

    python benchmarks/xml_feed.py --records 50000

Floor: lxml's `iterparse`, each element to a dict, pydantic's validation, cleared behind; nothing is kept. Ours: the
whole road from the file into the ledger. Both alternate, the ratio is of the two best times. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from ingest import measured, tell
from lxml import etree
from partner import PartnerPact
from pydantic import BaseModel

from patto_connectors.contract import Connector
from patto_connectors.ports import World
from patto_connectors.xml import Take, XmlSource, file_body, row_reader
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.ledger import partners
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade
from patto_hub.road import runner
from patto_schemas.invent import Inventor
from patto_schemas.model import Pact
from patto_schemas.model.base import Name
from patto_schemas.model.wire import canonical_json

if TYPE_CHECKING:
    from patto_connectors.xml import Fields

INVENTED = 5_000
"""Different pacts; beyond them the same contents come again under other keys."""


class Nothing(BaseModel):
    """The settings of a stream that needs none."""


def fields_of(model: type[BaseModel]) -> Fields:
    """Give the table of a model's elements: the canonical names, lists as repeated elements."""
    return {name: _take(name, field.annotation) for name, field in model.model_fields.items()}


def _take(name: str, annotation: Any) -> str | Take:  # noqa: ANN401 - a type expression
    parts = [annotation, *get_args(annotation)]
    inner = next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), None)
    many = getattr(annotation, "__origin__", None) is tuple
    if inner is None and not many:
        return name
    return Take(name=name, inner=None if inner is None else fields_of(inner), many=many)


def render(path: Path, records: int) -> None:
    """Write the feed."""
    inventor = Inventor(random.Random(1))
    base = [_element(json.loads(canonical_json(inventor.pact()))) for _ in range(min(records, INVENTED))]
    with path.open("wb") as handle:
        handle.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<patti>\n')
        for index in range(records):
            head, key, tail = base[index % len(base)]
            handle.write(head + key[:3] + b"%08d" % index + tail)
        handle.write(b"</patti>\n")


def _element(fields: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    element = etree.Element("pact")
    _fill(element, fields)
    content = etree.tostring(element, encoding="utf-8") + b"\n"
    key = fields["pact_id"].encode()
    head, _, tail = content.partition(key)
    return head, key, tail


def _fill(element: Any, fields: dict[str, Any]) -> None:  # noqa: ANN401 - lxml's element
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            child = etree.SubElement(element, name)
            if isinstance(each, dict):
                _fill(child, each)
            else:
                child.text = json.dumps(each) if isinstance(each, bool | int | float) else each


def floor(path: Path) -> dict[str, float]:
    """Parse, validate, forget."""
    read = row_reader(fields_of(Pact))
    validate = PartnerPact.__pydantic_validator__.validate_python
    count, begun = 0, time.perf_counter()
    for _, element in etree.iterparse(path, tag="pact"):
        validate(read(element))
        count += 1
        element.clear(keep_tail=True)
        while element.getprevious() is not None:
            del element.getparent()[0]
    return {"records": count, "seconds": time.perf_counter() - begun}


def ours(path: Path, ledger_path: Path, isolation: str) -> dict[str, float]:
    """The whole road into a new ledger."""
    upgrade(ledger_path)
    ledger = open_ledger(ledger_path)
    partner_id = ledger.write_now(
        partners.register, name="fg1", plugin="benchmark", organisation=Name("ambito", "FG/1"), title="Ambito FG/1"
    )
    source = XmlSource(body=file_body(path), root="patti", readers={"pact": row_reader(fields_of(Pact))})
    connector: Connector[Any] = Connector(
        name="pacts", settings=Nothing, source=lambda _: source, translate=PartnerPact, kinds=("pact",)
    )
    job = Job(
        name="fg1/pacts",
        partner="fg1",
        partner_id=partner_id,
        plugin="benchmark",
        connector=connector,
        settings=Nothing(),
        schedule=Schedule(),
        isolation=isolation,
    )
    begun = time.perf_counter()
    outcome = asyncio.run(runner.run(job, ledger=ledger, world=World(), owner="benchmark", reason="cli"))
    seconds = time.perf_counter() - begun
    ledger.close()
    if outcome is None or outcome.state != "done":
        raise SystemExit(f"the run did not end well: {outcome}")
    return {"records": outcome.balance.read, "seconds": seconds, "new": outcome.balance.new}


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--records", type=int, default=50_000)
    asked.add_argument("--pairs", type=int, default=2, help="floor and ours, this often in turns")
    asked.add_argument("--isolation", choices=("worker", "inline"), default="worker")
    args = asked.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="patto-xml-"))
    try:
        feed = folder / "feed.xml"
        render(feed, args.records)
        floors, loads = [], []
        for pair in range(args.pairs):
            floors.append(measured(floor, feed))
            tell("iterparse+validate", floors[-1])
            loads.append(measured(ours, feed, folder / f"{pair}.db", args.isolation))
            tell("xml into ledger", loads[-1])
        best, best_floor = (min(each["seconds"] for each in all_) for all_ in (loads, floors))
        figures = {
            "name": "xml_feed",
            "records": args.records,
            "megabytes": round(feed.stat().st_size / 1e6),
            "isolation": args.isolation,
            "floor_per_s": round(args.records / best_floor),
            "full_per_s": round(args.records / best),
            "ratio_to_floor": round(best_floor / best, 3),
            "peak_mib": round(max(each["hub_mib"] + each["workers_mib"] for each in loads)),
        }
        print(json.dumps(figures))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
