"""Puglia's municipalities, provinces and social districts."""

from __future__ import annotations

from functools import lru_cache

from patto_schemas.codes.table import table
from patto_schemas.model.places import Ambito, Membership


@lru_cache(maxsize=1)
def ambiti() -> tuple[Ambito, ...]:
    """Give the 45 social districts with the memberships that are known; nothing here is guessed.

    A membership that only one incomplete source gives carries `confirmed` false.
    """
    members: dict[str, tuple[Membership, ...]] = {}
    for rows in table("ambito_members").rows.values():
        for row in rows:
            membership = Membership(
                municipality=row.code,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                confirmed=row.more["confirmed"] == "yes",
            )
            ambito = row.more["ambito"]
            members[ambito] = (*members.get(ambito, ()), membership)
    return tuple(
        Ambito(
            code=row.code,
            name=row.label_it,
            lead_municipality=row.more["lead_municipality"],
            members=members.get(row.code, ()),
        )
        for row in table("ambiti").current()
    )
