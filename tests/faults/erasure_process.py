"""Forks processes that erase pacts or open the ledger anew, and die at fail points; driven by lines of JSON on stdin.

    {"path": "ledger.db", "points": "erase.committed:1:kill", "pact": "P-1"}  ->  {"status": -9}

    {"path": "ledger.db", "look": ["Carmelina"]}  ->  {"found": []}

With an empty `pact` the process only opens the ledger, as each start of the hub and each command does. Run by
`test_erasures.py`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from patto_connectors.ports import World
from patto_hub import failpoints
from patto_hub.compose.hub import ready_ledger
from patto_hub.ledger import dossiers, erasure, secrets
from patto_hub.ledger.store import open_ledger
from patto_hub.road.erase import erase


def work(order: dict[str, Any]) -> None:
    """Open the ledger as a command does, and erase one pact with its person."""
    path = Path(order["path"])
    ready_ledger(path)
    if not order["pact"]:
        return
    world, ledger = World(), open_ledger(path)
    found = ledger.read_now(dossiers.pacts, order["pact"])
    ledger.erase_now(
        erase,
        pacts={each.head_id for each in found},
        secret=ledger.write_now(secrets.get, erasure.SECRET, world),
        reason="DPO 7",
        actor="cli:x",
        now=world.milliseconds(),
    )
    ledger.close()


def play(order: dict[str, Any]) -> dict[str, int]:
    """Let a process do it, in a fork, and give how it ended."""
    child = os.fork()
    if child == 0:
        failpoints.arm_from(order["points"])
        try:
            work(order)
        except LookupError:
            os._exit(3)  # there was nothing to erase
        os._exit(0)
    return {"status": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}


def look(order: dict[str, Any]) -> dict[str, list[str]]:
    """Give the words that stand in any file of the ledger.

    A process that has the ledger open cannot look: to close a file gives up all its locks (fcntl, POSIX).
    """
    path = Path(order["path"])
    files = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
    return {"found": [word for word in order["look"] if word.encode() in files]}


if __name__ == "__main__":
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(look(order) if "look" in order else play(order)), flush=True)  # noqa: T201 - the answer
