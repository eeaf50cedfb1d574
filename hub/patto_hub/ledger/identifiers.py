"""Names of things: (scheme, value) of a kind to the heads that answer to it.

A head's own key (`local:<partner>`) is not written here: the head itself is found by partner, kind and key. Further
names that only its partner gives meaning to are, as those of a course's editions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from patto_hub.ledger import partners
from patto_hub.ledger.raw import listed, many
from patto_schemas.model.base import Name, Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

LOCAL = "local:"
Wanted: TypeAlias = tuple[str, tuple[str, str]]


class Target(NamedTuple):
    """A head that a name leads to."""

    head_id: int
    partner_id: int
    pact_id: int | None


def find(connection: Connection, needs: Iterable[Wanted]) -> dict[Wanted, list[Target]]:
    """Give the heads that answer to each name (kind, (scheme, value)), oldest first; a name of nobody is left out."""
    wanted = [Need(kind, Name(*name)) for kind, name in needs]
    own = [need for need in wanted if need.name.scheme.startswith(LOCAL)]
    found: dict[Wanted, list[Target]] = {}
    for need, target in (*_common(connection, wanted), *_own(connection, own)):
        found.setdefault(need, []).append(target)
    return found


def add(connection: Connection, rows: Sequence[tuple[str, str, str, int]]) -> None:
    """Let heads answer to names: (scheme, value, kind, head); a name said before is said once."""
    many(connection, "INSERT INTO identifier VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)


def _common(connection: Connection, needs: Sequence[Need]) -> Iterable[tuple[Need, Target]]:
    if not needs:
        return
    for index, *target in listed(
        connection,
        "SELECT j.key, h.id, h.partner_id, h.pact_id FROM json_each(?) j CROSS JOIN identifier i"
        " ON i.scheme = json_extract(j.value, '$[1][0]') AND i.value = json_extract(j.value, '$[1][1]')"
        " AND i.kind = json_extract(j.value, '$[0]') JOIN head h ON h.id = i.head_id ORDER BY h.id",
        needs,
    ):
        yield needs[index], Target(*target)


def _own(connection: Connection, needs: Sequence[Need]) -> Iterable[tuple[Need, Target]]:
    if not needs:
        return
    numbers = partners.numbers(connection)
    wanted = [(numbers.get(need.name.scheme.removeprefix(LOCAL)), need.kind, need.name.value) for need in needs]
    for index, *target in listed(
        connection,
        "SELECT j.key, h.id, h.partner_id, h.pact_id FROM json_each(?) j CROSS JOIN head h"
        " ON h.partner_id = json_extract(j.value, '$[0]') AND h.kind = json_extract(j.value, '$[1]')"
        " AND h.key = json_extract(j.value, '$[2]')",
        wanted,
    ):
        yield needs[index], Target(*target)
