"""Whom the dossiers are about: a person's names now and before, namesakes, and who holds the record."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from patto_hub.ledger.raw import listed, many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Connection

Named: TypeAlias = tuple[str, str, int]
"""A name as (scheme, value), and the person who has it."""


def drop_old_names(connection: Connection, names: Mapping[int, Collection[tuple[str, str]]]) -> list[Named]:
    """Let persons no longer answer to what only earlier versions called them; gives those names.

    `names` are the names of now, by head. A corrected tax code may be somebody else's: who follows a pact about that
    code must not be told of this person any more.
    """
    old = listed(
        connection,
        "SELECT DISTINCT v.head_id, json_extract(e.value, '$.scheme'), json_extract(e.value, '$.value')"
        " FROM json_each(?) j CROSS JOIN record_version v ON v.head_id = j.value"
        " CROSS JOIN json_each(v.payload, '$.identifiers') e",
        names,
    )
    gone = [(scheme, value, head) for head, scheme, value in old if (scheme, value) not in names[head]]
    many(
        connection,
        "DELETE FROM identifier WHERE scheme = ? AND value = ? AND kind = 'person' AND head_id = ?",
        gone,
    )
    return gone


def namesakes(connection: Connection, partner_id: int, names: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Give those names that more than one person of a partner answers to."""
    found = listed(
        connection,
        "SELECT i.scheme, i.value FROM json_each(?) j CROSS JOIN identifier i"
        " ON i.scheme = json_extract(j.value, '$[0]') AND i.value = json_extract(j.value, '$[1]')"
        " AND i.kind = 'person' JOIN head h ON h.id = i.head_id AND h.partner_id = ?"
        " GROUP BY j.key HAVING count(*) > 1",
        names,
        partner_id,
    )
    return {(scheme, value) for scheme, value in found}


def called(connection: Connection, partner_id: int, names: Iterable[tuple[str, str]]) -> set[int]:
    """Give the persons of a partner that answer to any of these names."""
    found = listed(
        connection,
        "SELECT DISTINCT h.id FROM json_each(?) j CROSS JOIN identifier i"
        " ON i.scheme = json_extract(j.value, '$[0]') AND i.value = json_extract(j.value, '$[1]')"
        " AND i.kind = 'person' JOIN head h ON h.id = i.head_id AND h.partner_id = ?",
        names,
        partner_id,
    )
    return {head for (head,) in found}


def names_of(connection: Connection, heads: Collection[int]) -> list[tuple[int, str, str]]:
    """Give (head, scheme, value) for what current persons are called, their partner's own key too."""
    found = listed(
        connection,
        "SELECT h.id, json_extract(e.value, '$.scheme'), json_extract(e.value, '$.value') FROM json_each(?) j"
        " CROSS JOIN head h ON h.id = j.value JOIN record_version v ON v.id = h.version_id"
        " CROSS JOIN json_each(v.payload, '$.identifiers') e WHERE h.tombstone = 0",
        heads,
    ) + listed(
        connection,
        "SELECT h.id, 'local:' || p.name, h.key FROM json_each(?) j CROSS JOIN head h ON h.id = j.value"
        " JOIN partner p ON p.id = h.partner_id WHERE h.tombstone = 0",
        heads,
    )
    return [(head, scheme, value) for head, scheme, value in found]


def held_by(connection: Connection, heads: Collection[int]) -> dict[int, set[int]]:
    """Give the organisations that hold each record: the last change addressed to them is no farewell.

    Looks through all changes: for the rare case that somebody must forget a person.
    """
    if not heads:
        return {}
    found = listed(
        connection,
        "WITH RECURSIVE reader (id) AS (SELECT min(organisation_id) FROM audience UNION ALL"
        " SELECT (SELECT min(organisation_id) FROM audience WHERE organisation_id > reader.id) FROM reader"
        " WHERE reader.id IS NOT NULL)"
        " SELECT c.head_id, a.organisation_id, c.op FROM change c CROSS JOIN reader"
        " CROSS JOIN audience a ON a.organisation_id = reader.id AND a.seq = c.seq"
        " WHERE c.head_id IN (SELECT value FROM json_each(?)) ORDER BY c.seq",
        heads,
    )
    held: dict[int, set[int]] = defaultdict(set)
    for head, organisation, op in found:
        if op == "upsert":
            held[head].add(organisation)
        else:
            held[head].discard(organisation)
    return held
