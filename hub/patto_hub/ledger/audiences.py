"""Who is told: numbered changes, whom each is addressed to, and what dossiers say of organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from patto_hub.ledger.raw import listed, many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

EVERYBODY = 0
"""The organisation that public records are addressed to."""
NAMED, GRANTED, REFUSED = 1, 2, 4
"""What a record can say of an organisation, added up."""


class Party(NamedTuple):
    """What one record of a dossier says of an organisation."""

    pact_id: int
    organisation_id: int
    head_id: int
    says: int


ChangeRow: TypeAlias = tuple[int, int, int, str, str, int, int]
"""A row of `change`: seq, head, version, kind, op (upsert | delete | withdraw), run, at."""


class Place(NamedTuple):
    """A record of a dossier: its own, or one of the person it is about."""

    pact_id: int
    head_id: int
    version_id: int
    kind: str
    partner_id: int


def add_changes(connection: Connection, changes: Sequence[ChangeRow], addresses: Sequence[tuple[int, int]]) -> None:
    """Number changes and address them: (organisation, seq)."""
    many(
        connection,
        "INSERT INTO change (seq, head_id, version_id, kind, op, run_id, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        changes,
    )
    many(connection, "INSERT INTO audience (organisation_id, seq) VALUES (?, ?)", sorted(addresses))


def forget(connection: Connection, organisation_id: int, heads: Iterable[int], before: int) -> None:
    """Take back what was addressed to an organisation of these heads, in changes numbered below `before`."""
    listed(
        connection,
        "DELETE FROM audience WHERE organisation_id = ?2 AND seq < ?3 AND seq IN (SELECT c.seq FROM audience a"
        " JOIN change c ON c.seq = a.seq WHERE a.organisation_id = ?2"
        " AND c.head_id IN (SELECT value FROM json_each(?1)))",
        heads,
        organisation_id,
        before,
    )


def parties(connection: Connection, pacts: Iterable[int]) -> list[Party]:
    """Give what the records of these dossiers say of organisations."""
    found = listed(
        connection,
        "SELECT p.* FROM json_each(?) j CROSS JOIN party p ON p.pact_id = j.value",
        pacts,
    )
    return [Party(*each) for each in found]


def put_parties(connection: Connection, gone: Sequence[Party], said: Sequence[tuple[int, int, int, int]]) -> None:
    """Write what records say of organisations, and take away what they no longer say."""
    many(
        connection,
        "DELETE FROM party WHERE pact_id = ? AND organisation_id = ? AND head_id = ?",
        [(each.pact_id, each.organisation_id, each.head_id) for each in gone],
    )
    many(
        connection,
        "INSERT INTO party (pact_id, organisation_id, head_id, says) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (pact_id, organisation_id, head_id) DO UPDATE SET says = excluded.says",
        said,
    )


def of_others(connection: Connection, partner_id: int, pacts: Iterable[int]) -> frozenset[int]:
    """Give those pacts that other partners have opened."""
    found = listed(
        connection,
        "SELECT h.id FROM json_each(?) j CROSS JOIN head h ON h.id = j.value WHERE h.partner_id <> ?",
        pacts,
        partner_id,
    )
    return frozenset(pact for (pact,) in found)


def members(connection: Connection, heads: Iterable[int], pacts: Iterable[int]) -> list[tuple[str, str, int, int]]:
    """Give whom these records say their dossiers are about: (scheme, value, pact, head)."""
    said_by = set(heads)
    found = listed(
        connection,
        "SELECT m.scheme, m.value, m.pact_id, m.head_id FROM json_each(?) j CROSS JOIN member m ON m.pact_id = j.value",
        pacts,
    )
    return [(scheme, value, pact, head) for scheme, value, pact, head in found if head in said_by]


def put_members(
    connection: Connection,
    gone: Sequence[tuple[str, str, int, int]],
    said: Sequence[tuple[str, str, int, int]],
) -> None:
    """Write whom dossiers are about: (scheme, value, pact, head that says so)."""
    many(connection, "DELETE FROM member WHERE scheme = ? AND value = ? AND pact_id = ? AND head_id = ?", gone)
    many(connection, "INSERT INTO member VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", said)


def pacts_of(connection: Connection, names: Sequence[tuple[int, str, str]]) -> list[tuple[int, int]]:
    """Give the dossiers about persons: (head, pact) for each (head, scheme, value) of a person.

    A name that two persons of one partner share tells nobody: an omocode is another person until somebody confirms.
    """
    return [
        (head, pact)
        for head, pact in listed(
            connection,
            "SELECT DISTINCT json_extract(j.value, '$[0]'), m.pact_id FROM json_each(?) j CROSS JOIN member m"
            " ON m.scheme = json_extract(j.value, '$[1]') AND m.value = json_extract(j.value, '$[2]')"
            " WHERE NOT EXISTS (SELECT 1 FROM identifier i JOIN head other ON other.id = i.head_id"
            " JOIN head me ON me.id = json_extract(j.value, '$[0]') WHERE i.scheme = m.scheme AND i.value = m.value"
            " AND i.kind = 'person' AND other.id <> me.id AND other.partner_id = me.partner_id)",
            names,
        )
    ]


def persons(connection: Connection, pacts: Iterable[int]) -> list[Place]:
    """Give the current records of the persons that these dossiers are about."""
    found = listed(
        connection,
        "SELECT DISTINCT m.pact_id, h.id, h.version_id, h.kind, h.partner_id FROM json_each(?) j CROSS JOIN member m"
        " ON m.pact_id = j.value CROSS JOIN identifier i ON i.scheme = m.scheme AND i.value = m.value"
        " AND i.kind = 'person' JOIN head h ON h.id = i.head_id WHERE h.tombstone = 0",
        pacts,
    ) + listed(
        connection,
        "SELECT DISTINCT m.pact_id, h.id, h.version_id, h.kind, h.partner_id FROM json_each(?) j CROSS JOIN member m"
        " ON m.pact_id = j.value AND m.scheme >= 'local:' AND m.scheme < 'local;' CROSS JOIN partner p"
        " ON p.name = substr(m.scheme, 7) JOIN head h ON h.partner_id = p.id AND h.kind = 'person' AND h.key = m.value"
        " WHERE h.tombstone = 0",
        pacts,
    )
    places = {Place(*each) for each in found}
    shared: dict[tuple[int, int], int] = {}
    for place in places:
        shared[place.pact_id, place.partner_id] = shared.get((place.pact_id, place.partner_id), 0) + 1
    return sorted(place for place in places if shared[place.pact_id, place.partner_id] == 1)


def places(connection: Connection, pact_id: int, heads: Iterable[int]) -> list[Place]:
    """Give the current records of heads, as those of a dossier."""
    found = listed(
        connection,
        "SELECT ?2, h.id, h.version_id, h.kind, h.partner_id FROM json_each(?1) j CROSS JOIN head h ON h.id = j.value"
        " WHERE h.tombstone = 0",
        heads,
        pact_id,
    )
    return [Place(*each) for each in found]


def dossier(connection: Connection, pacts: Iterable[int]) -> list[Place]:
    """Give the current records that belong to these dossiers, without those of their persons."""
    listed_pacts = list(pacts)
    found = listed(
        connection,
        "SELECT h.pact_id, h.id, h.version_id, h.kind, h.partner_id FROM json_each(?) j CROSS JOIN head h"
        " ON h.pact_id = j.value AND h.pact_id <> h.id WHERE h.tombstone = 0",
        listed_pacts,
    ) + listed(
        connection,
        "SELECT h.id, h.id, h.version_id, h.kind, h.partner_id FROM json_each(?) j CROSS JOIN head h"
        " ON h.id = j.value WHERE h.tombstone = 0",
        listed_pacts,
    )
    return sorted(Place(*each) for each in found)


def hanging(connection: Connection, pacts: Iterable[int]) -> list[tuple[Place, str, str]]:
    """Give what is in these dossiers besides the pacts, with its partner's name and its payload."""
    found = listed(
        connection,
        "SELECT h.pact_id, h.id, h.version_id, h.kind, h.partner_id, p.name, v.payload FROM json_each(?) j"
        " CROSS JOIN head h ON h.pact_id = j.value AND h.pact_id <> h.id JOIN partner p ON p.id = h.partner_id"
        " JOIN record_version v ON v.id = h.version_id WHERE v.payload IS NOT NULL",
        pacts,
    )
    return [(Place(*place), partner, payload) for *place, partner, payload in found]


def move(connection: Connection, moves: Iterable[tuple[Place, int]]) -> None:
    """Put records into other dossiers, with what they say of organisations."""
    rows = [(pact, place.head_id, place.pact_id) for place, pact in moves]
    many(connection, "UPDATE head SET pact_id = ? WHERE id = ? AND pact_id = ?", rows)
    many(connection, "UPDATE party SET pact_id = ? WHERE head_id = ? AND pact_id = ?", rows)
