"""How fast a bulk XML catalogue gets into the ledger, against bare `iterparse` plus validation (which stores nothing).

    python benchmarks/bulk_xml.py --records 20000

The document is a catalogue of courses in XCRI-CAP 1.2 in a local file. Floor: lxml's `iterparse`, the plugin's own
reading of each element, its translation to a valid record; nothing is kept. Ours: the whole road into the ledger. Both
alternate; the ratio is of the two best times of one run. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from measuring import measured


def tell(what: str, figures: dict[str, float]) -> None:
    """Print one line."""
    rate = figures["records"] / figures["seconds"]
    print(
        f"{what:<10} {figures['records']:>8,} records {figures['seconds']:>7.2f} s {rate:>8,.0f}/s"
        f"   processor {figures['cpu_s']:>6.2f} s   memory {figures['hub_mib']:.0f} + {figures['workers_mib']:.0f} MiB",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--records", type=int, default=20_000, help="courses; each comes with its provider")
    asked.add_argument("--pairs", type=int, default=2, help="floor and ours, this often in turns")
    asked.add_argument("--isolation", choices=("worker", "inline"), default="worker")
    args = asked.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="patto-bulk-xml-"))
    try:
        print(json.dumps(compare(folder, args)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compare(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Measure floor and ours in turns."""
    document = folder / "catalogo.xml"
    import_module("catalogue").render(document, args.records)
    upgrade = import_module("patto_hub.ledger.upgrade").upgrade
    floors, ours = [], []
    for pair in range(args.pairs):
        floors.append(measured("catalogue.floor", document))
        tell("floor", floors[-1])
        upgrade(folder / f"ours-{pair}.db")
        ours.append(measured("catalogue.ours", document, folder / f"ours-{pair}.db", args.isolation))
        tell("ours", ours[-1])
    best_floor = min(floors, key=lambda each: each["seconds"])
    best = min(ours, key=lambda each: each["seconds"])
    return {
        "name": "bulk_xml",
        "records": best["records"],
        "bytes": document.stat().st_size,
        "isolation": args.isolation,
        "floor_per_s": round(best_floor["records"] / best_floor["seconds"]),
        "ours_per_s": round(best["records"] / best["seconds"]),
        "ratio_to_floor": round(best_floor["seconds"] / best["seconds"], 3),
        "floor_cpu_s": round(best_floor["cpu_s"], 2),
        "ours_cpu_s": round(best["cpu_s"], 2),
        "peak_mib": round(max(each["hub_mib"] + each["workers_mib"] for each in ours)),
    }


if __name__ == "__main__":
    sys.exit(main())
