"""The people in open pacts whom an organisation may know: about them its sources may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_connectors.contract import Subject
from patto_hub.ledger.audiences import GRANTED, NAMED, REFUSED
from patto_hub.ledger.raw import raw
from patto_schemas.model.base import Name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

OPEN = ("signed", "active", "suspended")
"""States of a pact in which its services go on, or rest for a time."""

_TOLD = f"""
SELECT p.pact_id FROM party p WHERE p.organisation_id = ?1 AND p.pact_id > ?2
GROUP BY p.pact_id HAVING max(p.says & {NAMED}) AND max(p.says & {GRANTED}) AND NOT max(p.says & {REFUSED})
"""
_OPEN = f"""
SELECT m.scheme, m.value, partner.name, h.key, h.id FROM told
JOIN head h ON h.id = told.pact_id AND h.tombstone = 0
JOIN record_version v ON v.id = h.version_id AND json_extract(v.payload, '$.status') IN {OPEN!r}
JOIN member m ON m.pact_id = h.id
JOIN partner ON partner.id = h.partner_id
"""


def after(connection: Connection, organisation_id: int, position: str | None, most: int) -> Sequence[Subject]:
    """Give people after a position, pact by pact in the order in which the hub came to know the pacts."""
    rows = raw(connection).execute(
        f"WITH told AS ({_TOLD}) {_OPEN} ORDER BY h.id, m.scheme, m.value LIMIT ?3",
        (organisation_id, int(position or 0), most),
    )
    return [_subject(row) for row in rows]


def find(connection: Connection, organisation_id: int, scheme: str, value: str) -> Subject | None:
    """Give the person of this name with its newest open pact that the organisation may know."""
    row = (
        raw(connection)
        .execute(
            "WITH told AS (SELECT p.pact_id FROM member mine JOIN party p ON p.pact_id = mine.pact_id"
            " AND p.organisation_id = ?1 WHERE mine.scheme = ?2 AND mine.value = ?3 GROUP BY p.pact_id"
            f" HAVING max(p.says & {NAMED}) AND max(p.says & {GRANTED}) AND NOT max(p.says & {REFUSED}))"
            f" {_OPEN} WHERE m.scheme = ?2 AND m.value = ?3 ORDER BY h.id DESC LIMIT 1",
            (organisation_id, scheme, value),
        )
        .fetchone()
    )
    return None if row is None else _subject(row)


def _subject(row: tuple[str, str, str, str, int]) -> Subject:
    scheme, value, partner, key, head_id = row
    return Subject(person=Name(scheme, value), pact=Name(f"local:{partner}", key), position=str(head_id))
