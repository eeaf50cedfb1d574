"""What the benchmark of feeds serves: a ledger of pacts told to several organisations, and partners with keys."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from hashlib import blake2b
from typing import TYPE_CHECKING

from patto_connectors.ports import World
from patto_hub.ledger import keys, partners, secrets
from patto_hub.ledger.raw import raw
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade
from patto_schemas.invent import Inventor
from patto_schemas.model.base import Name
from patto_schemas.model.wire import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from patto_hub.ledger.store import Connection

READERS = 8
"""Partners that read; one for each connection."""
ORGANISATIONS = 12
"""Organisations that the changes are addressed to, those of the readers among them."""
TOLD = 3
"""Organisations that one change is addressed to: its sender's, and two that the pact names."""
AT = 1_772_442_000_000
BATCH = 500
"""Changes that one transaction of a run would have made: they share their instant."""
SETTINGS = """
[hub]
data_dir = "data"
[web]
port = 0
"""
PARTNER = """
[partners.reader_{number}]
plugin = "employment_centres"
title = "Centro {number}"
scope = "any"
organisation = {{ scheme = "cpi_11", value = "{value}", domain = "labour" }}
feeds = ["pacts"]
"""


def make(folder: Path, changes: int) -> None:
    """Make the ledger, the hub's settings, and `world.json`: what the load needs to know."""
    (folder / "data").mkdir()
    names = [Name("cpi_11", f"L{number:03}C000001") for number in range(ORGANISATIONS)]
    parts = [PARTNER.format(number=number, value=names[number].value) for number in range(READERS)]
    (folder / "hub.toml").write_text(SETTINGS + "".join(parts), encoding="utf-8")
    path = folder / "data" / "ledger.db"
    upgrade(path)
    ledger, world = open_ledger(path), World()
    numbers = ledger.write_now(_organisations, names)
    told = ledger.write_now(_say, numbers, changes)
    known = {
        "cursor_key": ledger.write_now(secrets.get, "cursor", world).hex(),
        "keys": [ledger.write_now(_key, world, number)[1] for number in range(READERS)],
        "organisations": numbers[:READERS],
        "told": [told[number] for number in numbers[:READERS]],
    }
    ledger.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (folder / "world.json").write_text(json.dumps(known), encoding="utf-8")


def _organisations(connection: Connection, names: list[Name]) -> list[int]:
    for number, name in enumerate(names):
        partners.register(
            connection,
            name=f"reader_{number}",
            plugin="employment_centres",
            organisation=name,
            domain="labour",
            title=f"Centro {number}",
        )
    found = partners.organisations(connection, names)
    return [found[name] for name in names]


def _key(connection: Connection, world: World, number: int) -> tuple[keys.Key, str]:
    return keys.add(connection, world, partner=f"reader_{number}", scopes=["pacts"])


def _say(connection: Connection, organisations: list[int], changes: int) -> dict[int, list[int]]:
    """Write the changes as the road would; gives the numbers that each organisation is told."""
    driver = raw(connection)
    chance, told = random.Random(7), {number: list[int]() for number in organisations}
    payloads = _payloads(chance, min(changes, 20_000))
    for seq in range(1, changes + 1):
        own = seq % ORGANISATIONS
        others = chance.sample([number for number in range(ORGANISATIONS) if number != own], TOLD - 1)
        for number in (own, *others):
            told[organisations[number]].append(seq)
    driver.executemany(
        "INSERT INTO record_version (id, head_id, version, digest, valid_from, known_at, run_id, position, payload)"
        " VALUES (?1, ?1, 1, ?2, ?3, ?3, 1, '$[0]', ?4)",
        _versions(payloads, changes),
    )
    driver.executemany(
        "INSERT INTO head (id, partner_id, kind, key, version_id, version, run_id, digest, pact_id)"
        " VALUES (?1, ?2, 'pact', 'PA-' || ?1, ?1, 1, 1, ?1, ?1)",
        ((seq, seq % ORGANISATIONS + 1) for seq in range(1, changes + 1)),
    )
    driver.executemany(
        "INSERT INTO change (seq, head_id, version_id, kind, op, run_id, at)"
        " VALUES (?1, ?1, ?1, 'pact', 'upsert', 1, ?2)",
        ((seq, AT + seq // BATCH * 40) for seq in range(1, changes + 1)),
    )
    driver.executemany(
        "INSERT INTO audience (organisation_id, seq) VALUES (?, ?)",
        ((number, seq) for number, numbers in sorted(told.items()) for seq in numbers),
    )
    return told


def _payloads(chance: random.Random, count: int) -> list[str]:
    inventor = Inventor(chance)
    return [canonical_json(inventor.pact()).decode() for _ in range(count)]


def _versions(payloads: list[str], changes: int) -> Iterator[tuple[int, bytes, int, str]]:
    for seq in range(1, changes + 1):
        payload = payloads[seq % len(payloads)]
        yield seq, blake2b(payload.encode(), digest_size=16).digest(), AT, payload
