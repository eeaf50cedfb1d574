"""Changes for tests of what goes out: many small records for one organisation, as the road would write them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from patto_hub.feeds.spec import FeedSpec, Projection, View
from patto_hub.ledger.raw import many, scalar

if TYPE_CHECKING:
    from sqlalchemy import Connection

SAID: Final = {"it": "prova", "en": "test"}
AT: Final = 1_772_442_000_000
"""When the first change was recorded; each later one a millisecond after."""


class PactShape(Projection):
    """The little that leaves of a pact in these tests."""

    pact_id: str
    status: str


FEED: Final = FeedSpec(
    name="pacts",
    title=SAID,
    views=(View(kind="pact", shape=PactShape, purpose=SAID, legal_basis=SAID),),
)


def say(connection: Connection, count: int, *, organisation: int, partner: int = 2, size: int = 0) -> int:
    """Record new pacts, each one change of its own, and give the number of the last one.

    Args:
        connection: a write transaction.
        count: how many.
        organisation: whom they are addressed to.
        partner: who says them.
        size: characters of a note that no view lets out.
    """
    seq = int(scalar(connection, "SELECT coalesce(max(seq), 0) FROM change"))
    head = int(scalar(connection, "SELECT coalesce(max(id), 0) FROM head"))
    version = int(scalar(connection, "SELECT coalesce(max(id), 0) FROM record_version"))
    new = range(1, count + 1)
    many(
        connection,
        "INSERT INTO head (id, partner_id, kind, key, version_id, version, run_id, digest, pact_id)"
        " VALUES (?1, ?2, 'pact', ?3, ?4, 1, 1, 0, ?1)",
        [(head + n, partner, f"P-{head + n}", version + n) for n in new],
    )
    many(
        connection,
        "INSERT INTO record_version (id, head_id, version, digest, valid_from, known_at, run_id, position, payload)"
        " VALUES (?, ?, 1, x'00', ?4, ?4, 1, '$', ?3)",
        [(version + n, head + n, _payload(head + n, size), AT) for n in new],
    )
    many(
        connection,
        "INSERT INTO change (seq, head_id, version_id, kind, op, run_id, at) VALUES (?, ?, ?, 'pact', 'upsert', 1, ?)",
        [(seq + n, head + n, version + n, AT + seq + n) for n in new],
    )
    many(
        connection, "INSERT INTO audience (organisation_id, seq) VALUES (?, ?)", [(organisation, seq + n) for n in new]
    )
    return seq + count


def _payload(head: int, size: int) -> str:
    return json.dumps({"pact_id": f"P-{head}", "status": "active", "note": "n" * size})
