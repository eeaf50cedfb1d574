"""Where the partners' words about one pact do not agree: since when, by which rule, and who decides."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_hub.ledger import snags
from patto_hub.ledger.raw import many, raw

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A finding that holds now."""

    id: int
    pact_id: int
    rule: str
    subject: str
    sources: tuple[str, ...]
    owner: str
    since: int


def settle(
    connection: Connection,
    pact_id: int,
    rules: Collection[str],
    found: Mapping[tuple[str, str], tuple[tuple[str, ...], str]],
    now: int,
) -> None:
    """Bring a pact's open findings of these rules to what was found: (rule, subject) -> (sources, owner).

    One that is found still keeps its beginning; one that is no longer found is closed.
    """
    known = {(each.rule, each.subject): each.id for each in of_pact(connection, pact_id)}
    gone = [
        (now, number) for (rule, subject), number in known.items() if rule in rules and (rule, subject) not in found
    ]
    many(connection, "UPDATE finding SET closed_at = ? WHERE id = ?", gone)
    snags.end(connection, "finding", [number for _, number in gone], "fixed", now)
    many(
        connection,
        "INSERT INTO finding (pact_id, rule, subject, sources, owner, since) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (pact_id, rule, subject, since) DO UPDATE SET closed_at = NULL",
        [
            (pact_id, rule, subject, json.dumps(sources), owner, now)
            for (rule, subject), (sources, owner) in sorted(found.items())
            if (rule, subject) not in known
        ],
    )
    snags.follow_findings(connection, pact_id, now)


def of_pact(connection: Connection, pact_id: int) -> list[Open]:
    """List a pact's open findings, oldest first."""
    rows = raw(connection).execute(
        "SELECT id, pact_id, rule, subject, sources, owner, since FROM finding"
        " WHERE pact_id = ? AND closed_at IS NULL ORDER BY id",
        (pact_id,),
    )
    return [
        Open(
            id=number,
            pact_id=pact,
            rule=rule,
            subject=subject,
            sources=tuple(json.loads(sources)),
            owner=owner,
            since=since,
        )
        for number, pact, rule, subject, sources, owner, since in rows
    ]
