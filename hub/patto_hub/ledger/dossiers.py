"""What the partners say of one pact, now or as it was known at an earlier instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_hub.ledger import audiences
from patto_hub.ledger import persons as people
from patto_hub.ledger.raw import listed, raw

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

PACT = "pact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pact:
    """A pact that a partner speaks of."""

    head_id: int
    partner: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One version of one record: what its partner said, since when, and where it came from."""

    partner: str
    kind: str
    key: str
    version: int
    valid_from: int
    """Business time, in milliseconds since 1970 UTC."""
    known_at: int
    """When the hub came to know it."""
    run_id: int
    position: str
    payload: str | None
    """Canonical JSON; None once it was erased."""
    tombstone: int
    """1 where the partner no longer has it."""


def pacts(connection: Connection, name: str) -> list[Pact]:
    """Find pacts by their key or by any identifier's value (CUP, protocol), oldest first."""
    rows = raw(connection).execute(
        "SELECT h.id, p.name, h.key FROM head h JOIN partner p ON p.id = h.partner_id WHERE h.kind = ?2 AND (h.key = ?1"
        " OR h.id IN (SELECT head_id FROM identifier WHERE value = ?1 AND kind = ?2)) ORDER BY h.id",
        (name, PACT),
    )
    return [Pact(head_id=head_id, partner=partner, key=key) for head_id, partner, key in rows]


def statements(connection: Connection, found: Sequence[Pact], as_of: int | None = None) -> list[Statement]:
    """Give what is known of these pacts' dossiers, or what was known at an instant: one version of each record."""
    pacts = [pact.head_id for pact in found]
    heads = [place.head_id for place in audiences.persons(connection, pacts)] + [
        number for (number,) in listed(connection, _OWN, pacts)
    ]
    held, instant = (_NOW, ()) if as_of is None else (_THEN, (as_of,))
    rows = listed(connection, held + _SAID, heads, *instant)
    return [Statement(**dict(zip(Statement.__slots__, row, strict=True))) for row in rows]


_OWN = "SELECT h.id FROM json_each(?) j JOIN head h ON h.pact_id = j.value OR h.id = j.value"
_NOW = "WITH held AS (SELECT version_id FROM head WHERE id IN (SELECT value FROM json_each(?)))"
# A version became current when it arrived, unless a higher order, or a later arrival, was there before it.
_THEN = """
WITH arrived AS (
  SELECT v.id, v.head_id, v.known_at, v.ord, max(v.ord) OVER before AS highest, max(v.known_at) OVER before AS latest
  FROM record_version v WHERE v.head_id IN (SELECT value FROM json_each(?))
  WINDOW before AS (PARTITION BY v.head_id ORDER BY v.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
held AS (
  SELECT max(id) AS version_id FROM arrived WHERE known_at <= ?
  AND (ord > highest OR ((ord IS NULL OR highest IS NULL OR ord = highest) AND known_at >= coalesce(latest, known_at)))
  GROUP BY head_id
)
"""
_SAID = """
SELECT p.name, h.kind, h.key, v.version, v.valid_from, v.known_at, v.run_id, v.position, v.payload, v.tombstone
FROM record_version v JOIN head h ON h.id = v.head_id JOIN partner p ON p.id = h.partner_id
WHERE v.id IN (SELECT version_id FROM held) ORDER BY h.kind <> 'pact', p.name, h.kind, h.key
"""


def beside(
    connection: Connection,
    heads: Sequence[int],
    kinds: Sequence[str],
    organisation_id: int,
    *,
    persons: Collection[int] = (),
) -> dict[int, list[tuple[str, str]]]:
    """Give (kind, payload) of the current records of these kinds in the dossier of each head, as far as it may be told.

    A dossier that the organisation is not told of any more gives nothing. A person, and `persons` says which of the
    heads are, belongs to the dossiers about it: those that call it by a name that it has now and that is its alone.
    """
    within = listed(connection, "SELECT h.id, h.pact_id FROM json_each(?) j CROSS JOIN head h ON h.id = j.value", heads)
    within += audiences.pacts_of(connection, people.names_of(connection, persons)) if persons else []
    told = {
        pact
        for (pact,) in listed(
            connection,
            "SELECT p.pact_id FROM json_each(?1) j CROSS JOIN party p ON p.pact_id = j.value AND p.organisation_id = ?2"
            f" GROUP BY p.pact_id HAVING max(p.says & {audiences.NAMED}) AND max(p.says & {audiences.GRANTED})"
            f" AND NOT max(p.says & {audiences.REFUSED})",
            {pact for _, pact in within},
            organisation_id,
        )
    }
    own = [(head, pact) for head, pact in within if pact in told]
    pacts = sorted(told)
    places = [*audiences.dossier(connection, pacts), *audiences.persons(connection, pacts)]
    wanted = [place for place in places if place.kind in kinds]
    payloads = dict(
        listed(
            connection,
            "SELECT v.id, v.payload FROM json_each(?) j CROSS JOIN record_version v ON v.id = j.value"
            " WHERE v.payload IS NOT NULL",
            {place.version_id for place in wanted},
        )
    )
    held: dict[int, list[tuple[str, str]]] = {pact: [] for pact in pacts}
    for place in sorted(wanted, key=lambda each: each.head_id):
        if place.version_id in payloads:
            held[place.pact_id].append((place.kind, payloads[place.version_id]))
    given: dict[int, list[tuple[str, str]]] = {head: [] for head, _ in own}
    for head, pact in own:
        given[head] += held[pact]
    return given
