"""The people in open pacts whom an organisation may know: about them its sources may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_connectors.contract import Subject
from patto_hub.ledger.audiences import GRANTED, NAMED, REFUSED
from patto_hub.ledger.raw import listed, raw
from patto_schemas.model.base import Name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

OPEN = ("signed", "active", "suspended")
"""States of a pact in which its services go on, or rest for a time."""
AT_ONCE = 1_000
"""Pacts that are looked at together, where most of them are closed."""

_LOCAL = "m.scheme >= 'local:' AND m.scheme < 'local;'"
# A person whom a pact names by its partner's own key is asked about by its tax code: the key is nobody else's to know.
# A code that two persons of that partner share tells nobody, as an omocode is another person until somebody confirms.
_TAX_CODE = """
SELECT json_extract(e.value, '$.value') FROM partner sender
JOIN head person ON person.partner_id = sender.id AND person.kind = 'person' AND person.key = m.value
AND person.tombstone = 0
JOIN record_version said ON said.id = person.version_id JOIN json_each(said.payload, '$.identifiers') e
WHERE sender.name = substr(m.scheme, 7) AND json_extract(e.value, '$.scheme') = 'cf'
AND NOT EXISTS (SELECT 1 FROM identifier i JOIN head other ON other.id = i.head_id WHERE i.scheme = 'cf'
  AND i.value = json_extract(e.value, '$.value') AND i.kind = 'person' AND other.id <> person.id
  AND other.partner_id = person.partner_id)
ORDER BY e.key LIMIT 1
"""
_ADMITTED = f"HAVING max(p.says & {NAMED}) AND max(p.says & {GRANTED}) AND NOT max(p.says & {REFUSED})"
_OPEN = f"""
SELECT iif({_LOCAL}, 'cf', m.scheme) AS scheme, iif({_LOCAL}, ({_TAX_CODE}), m.value) AS value,
  partner.name, h.key, h.id
FROM told CROSS JOIN head h ON h.id = told.pact_id AND h.tombstone = 0
CROSS JOIN record_version v ON v.id = h.version_id AND json_extract(v.payload, '$.status') IN {OPEN!r}
CROSS JOIN member m ON m.pact_id = h.id AND m.head_id = h.id
CROSS JOIN partner ON partner.id = h.partner_id
"""
# One page looks at few pacts, in the order of the primary key: a sort over all of them would cost each page the same.
_TOLD = f"""
SELECT p.pact_id FROM party p WHERE p.organisation_id = ? AND p.pact_id > ?
GROUP BY p.pact_id {_ADMITTED} ORDER BY p.pact_id LIMIT ?
"""
_AMONG = f"""
WITH told AS (SELECT value AS pact_id FROM json_each(?)) SELECT * FROM ({_OPEN}) WHERE value IS NOT NULL ORDER BY id
"""
_FIND = f"""
WITH mine AS (
  SELECT pact_id FROM member WHERE scheme = ?2 AND value = ?3
  UNION SELECT m.pact_id FROM identifier i JOIN head person ON person.id = i.head_id
  JOIN partner sender ON sender.id = person.partner_id
  JOIN member m ON m.scheme = 'local:' || sender.name AND m.value = person.key
  WHERE i.scheme = ?2 AND i.value = ?3 AND i.kind = 'person'
),
told AS (
  SELECT p.pact_id FROM mine CROSS JOIN party p ON p.pact_id = mine.pact_id AND p.organisation_id = ?1
  GROUP BY p.pact_id {_ADMITTED}
)
SELECT * FROM ({_OPEN}) WHERE scheme = ?2 AND value = ?3 ORDER BY id DESC LIMIT 1
"""


def after(connection: Connection, organisation_id: int, position: str | None, most: int) -> Sequence[Subject]:
    """Give people after a position, pact by pact in the order in which the hub came to know the pacts."""
    found: list[Subject] = []
    last, look = int(position or 0), most
    while len(found) < most:
        told = [pact for (pact,) in raw(connection).execute(_TOLD, (organisation_id, last, look))]
        found += [_subject(row) for row in listed(connection, _AMONG, told)]
        if len(told) < look:
            break
        last, look = told[-1], min(2 * look, AT_ONCE)
    return found[:most]


def find(connection: Connection, organisation_id: int, scheme: str, value: str) -> Subject | None:
    """Give the person of this name with its newest open pact that the organisation may know."""
    row = raw(connection).execute(_FIND, (organisation_id, scheme, value)).fetchone()
    return None if row is None else _subject(row)


def _subject(row: tuple[str, str, str, str, int]) -> Subject:
    scheme, value, partner, key, head_id = row
    return Subject(person=Name(scheme, value), pact=Name(f"local:{partner}", key), position=str(head_id))
