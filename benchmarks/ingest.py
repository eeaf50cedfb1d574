"""How fast a partner's pacts get from its HTTP address into the ledger, against a hand-written floor of the same work.

    python benchmarks/ingest.py --records 100000

The partner is a process of its own that serves pre-rendered pages. Floor: download, `validate_json` of the page, one
`executemany` upsert per page, WAL and synchronous=FULL. Ours: the whole road with all that the ledger promises. Floor
and ours alternate, and the ratio is of the two best times of one run, so that a busy machine does not decide. Then, on
the ledger that is full: 1 % changed, and nothing changed. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
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
        f"{what:<18} {figures['records']:>9,} records {figures['seconds']:>7.2f} s {rate:>9,.0f}/s"
        f"   processor {figures['cpu_s']:>6.2f} s   memory {figures['hub_mib']:.0f} + {figures['workers_mib']:.0f} MiB",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--records", type=int, default=100_000)
    asked.add_argument("--pairs", type=int, default=2, help="floor and ours, this often in turns")
    asked.add_argument("--isolation", choices=("worker", "inline"), default="worker")
    asked.add_argument("--mode", choices=("all", "full"), default="all")
    args = asked.parse_args()
    serving = import_module("serving")
    folder = Path(tempfile.mkdtemp(prefix="patto-ingest-"))
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    partner = context.Process(target=serving.serve, args=(folder, theirs), daemon=True)
    try:
        serving.render(folder, args.records)
        partner.start()
        address = f"http://127.0.0.1:{mine.recv()}"
        print(json.dumps(compare(address, folder, args)))
    finally:
        partner.terminate()
        shutil.rmtree(folder, ignore_errors=True)


def compare(address: str, folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Measure floor and ours in turns, then what a full ledger makes of changes and of repeats."""
    upgrade = import_module("patto_hub.ledger.upgrade").upgrade
    floors, fulls = [], []
    for pair in range(args.pairs):
        floors.append(measured("floor.floor", address, folder / f"floor-{pair}.db"))
        tell("floor", floors[-1])
        upgrade(folder / f"ours-{pair}.db")
        fulls.append(measured("ours.ours", address, folder / f"ours-{pair}.db", "full", args.isolation))
        tell("full load", fulls[-1])
    best_floor = min(floors, key=lambda each: each["seconds"])
    best = min(fulls, key=lambda each: each["seconds"])
    figures: dict[str, Any] = {
        "name": "ingest",
        "records": args.records,
        "isolation": args.isolation,
        "floor_per_s": round(args.records / best_floor["seconds"]),
        "full_per_s": round(args.records / best["seconds"]),
        "ratio_to_floor": round(best_floor["seconds"] / best["seconds"], 3),
        "floor_cpu_s": round(min(each["cpu_s"] for each in floors), 2),
        "full_cpu_s": round(min(each["cpu_s"] for each in fulls), 2),
        "peak_mib": round(max(each["hub_mib"] + each["workers_mib"] for each in fulls)),
        "hub_mib": round(max(each["hub_mib"] for each in fulls)),
    }
    if args.mode == "all":
        ledger = folder / f"ours-{args.pairs - 1}.db"
        changed = measured("ours.ours", address, ledger, "changed", args.isolation)
        tell("1 % changed", changed)
        again = measured("ours.ours", address, ledger, "changed", args.isolation)
        tell("nothing changed", again)
        figures |= {
            "changed_per_s": round(args.records / changed["seconds"]),
            "unchanged_per_s": round(args.records / again["seconds"]),
            "unchanged_to_full": round(best["seconds"] / again["seconds"], 2),
        }
    print(f"ratio to the floor {figures['ratio_to_floor']}, peak {figures['peak_mib']} MiB", flush=True)
    return figures


if __name__ == "__main__":
    sys.exit(main())
