"""Partners and the organisations that records name; an organisation has a number from the first time it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_hub.ledger.raw import listed, many, raw, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from patto_schemas.model.base import Name


def register(  # noqa: PLR0913 - a partner has this many sides
    connection: Connection,
    *,
    name: str,
    plugin: str,
    organisation: Name | None = None,
    domain: str = "",
    title: str = "",
) -> int:
    """Make a partner known, or bring what is known of it up to date, and give its number.

    `organisation` is the name by which records call the partner: what is addressed to it, this partner may read.
    `domain` is that organisation's field of work (`social`, `labour`, ...).
    """
    organisation_id = None if organisation is None else organisations(connection, (organisation,))[organisation]
    if organisation_id is not None:
        raw(connection).execute(
            "UPDATE organisation SET domain = ?1 WHERE id = ?2 AND domain <> ?1", (domain, organisation_id)
        )
    raw(connection).execute(
        "INSERT INTO partner (name, plugin, organisation_id, title) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET plugin = excluded.plugin, organisation_id = excluded.organisation_id, title = excluded.title",
        (name, plugin, organisation_id, title),
    )
    return int(scalar(connection, "SELECT id FROM partner WHERE name = ?", name))


def organisations(connection: Connection, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Give the number of each organisation by its (scheme, value); those not seen before get one."""
    wanted = set(names)
    if not wanted:
        return {}
    found = _organisations(connection, wanted)
    missing = sorted(wanted - found.keys())
    if missing:
        many(connection, "INSERT INTO organisation (scheme, value) VALUES (?, ?)", missing)
        found |= _organisations(connection, missing)
    return found


def organisation_of(connection: Connection, partner_id: int) -> int | None:
    """Give the organisation that a partner is; None if it was not said."""
    found: int | None = scalar(connection, "SELECT organisation_id FROM partner WHERE id = ?", partner_id)
    return found


def numbers(connection: Connection) -> dict[str, int]:
    """Give all partners' numbers by name."""
    return dict(raw(connection).execute("SELECT name, id FROM partner"))


def own(connection: Connection) -> dict[int, int | None]:
    """Give all partners' organisations by the partner's number."""
    return dict(raw(connection).execute("SELECT id, organisation_id FROM partner"))


def readers(connection: Connection) -> dict[str, int | None]:
    """Give the organisation that each partner reads for, by the partner's name."""
    return dict(raw(connection).execute("SELECT name, organisation_id FROM partner"))


def _organisations(connection: Connection, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:

    rows = listed(
        connection,
        "SELECT o.scheme, o.value, o.id FROM json_each(?) j CROSS JOIN organisation o"
        " ON o.scheme = json_extract(j.value, '$[0]') AND o.value = json_extract(j.value, '$[1]')",
        names,
    )
    return {(scheme, value): number for scheme, value, number in rows}
