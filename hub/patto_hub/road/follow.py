"""Follow: what hangs on a record that has moved to another dossier moves with it.

An enrolment belongs to the dossier of its measure. Where an Ambito corrects the pact of a measure, the enrolments and
their attendance must leave the readers of the wrong pact too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_hub.ledger import audiences, identifiers
from patto_hub.road.resolve import chosen
from patto_schemas.model import ENTITIES
from patto_schemas.model.base import LOCAL

if TYPE_CHECKING:
    from collections.abc import Collection

    from patto_hub.ledger.audiences import Place
    from patto_hub.ledger.store import Connection
    from patto_hub.road.entry import Wanted


def follow(connection: Connection, pacts: Collection[int]) -> list[tuple[Place, int]]:
    """Move what is in these dossiers and hangs on something that is not; gives (place as it was, new pact)."""
    went: list[tuple[Place, int]] = []
    while moves := _moves(connection, pacts):
        audiences.move(connection, moves)
        went += moves
    return went


def _moves(connection: Connection, pacts: Collection[int]) -> list[tuple[Place, int]]:
    needs = {
        place: _needs(place.kind, partner, payload) for place, partner, payload in audiences.hanging(connection, pacts)
    }
    found = identifiers.find(connection, {need for wanted in needs.values() for need in wanted})
    moves: list[tuple[Place, int]] = []
    for place, wanted in needs.items():
        dossiers = (chosen(found[need], place.partner_id).pact_id for need in wanted if need in found)
        pact = next((each for each in dossiers if each is not None), None)
        if pact is not None and pact != place.pact_id:
            moves.append((place, pact))
    return moves


def _needs(kind: str, partner: str, payload: str) -> list[Wanted]:
    """Give what a record hangs on; of a kind that only a plugin knows, nothing."""
    model = ENTITIES.get(kind)
    if model is None:
        return []
    return [
        (wanted, (f"{LOCAL}:{partner}" if name.scheme == LOCAL else name.scheme, name.value))
        for wanted, name in model.model_validate_json(payload).needs()
    ]
