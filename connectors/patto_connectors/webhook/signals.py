"""Signals as those of PDND's Signal Hub: an object changed, and its identifier is hashed.

Sources: pagopa/interop-signalhub-core, OpenAPI 1.0 of the push and pull services; the operating manual of Signal Hub
("come depositare un segnale"); GovWay's documentation of `signalHub.hash.composition`.

What is hashed is our public identifier of the record (`pact-41`), never a tax code: a tax code has so few
possibilities that whoever knows the seed finds it by trying. A receiver that holds the record finds it by hashing the
identifiers that it holds. For a record that it does not hold yet (CREATE) no hash helps, so a page of signals for one
receiver carries a pull token, by which exactly these changes can be pulled. A signal that PDND hands on to all who use
the e-service carries none: the token is one receiver's.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from patto_connectors.webhook.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_connectors.ports import World

HASH = "SHA-256"
"""`cryptoHashFunction`, by the name that Java and GovWay know."""
MOST = 100
"""Signals in a page (`size` of the pull service)."""
_NONE = "-"
"""Object of a SEEDUPDATE, which is about all of them; PDND's own tests send this."""
_SEED = 16


class SignalType(StrEnum):
    """What happened to the object."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    SEEDUPDATE = "SEEDUPDATE"
    """Identifiers are hashed with another seed from here on: ask for it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One signal, as PDND's push service takes it."""

    id: int
    """Grows from signal to signal, with gaps; from `change_signal` or `seed_signal`."""
    type: SignalType
    object_id: str
    """Hashed: from `hashed`."""
    object_type: str
    """The record's kind, as `pact`."""
    eservice_id: str

    def members(self) -> dict[str, str | int]:
        """Give the members of the JSON object, by PDND's names."""
        return {
            "signalId": self.id,
            "signalType": self.type.value,
            "objectId": self.object_id,
            "objectType": self.object_type,
            "eserviceId": self.eservice_id,
        }


def hashed(record_id: str, seed: str) -> str:
    """Hash a record's public identifier: SHA-256 over identifier and seed, lower-case hex."""
    return hashlib.sha256(f"{record_id}{seed}".encode()).hexdigest()


def fresh_seed(world: World) -> str:
    """Make a seed of 16 bytes, as hex."""
    return world.token(_SEED)


def change_signal(number: int) -> int:
    """Give the signal's number for the change of this number: even, so that a new seed fits between any two."""
    return 2 * number


def seed_signal(after: int) -> int:
    """Give the number of the signal that announces a new seed after the change of this number."""
    return 2 * after + 1


def new_seed(after: int, eservice_id: str) -> Signal:
    """Announce that identifiers of later changes are hashed with another seed.

    Args:
        after: number of the last change whose signal was sent.
        eservice_id: whose seed it is.
    """
    return Signal(
        id=seed_signal(after),
        type=SignalType.SEEDUPDATE,
        object_id=_NONE,
        object_type=_NONE,
        eservice_id=eservice_id,
    )


def one(signal: Signal) -> Message:
    """Make the message for PDND's push service: one signal, nothing of ours."""
    return Message(_id([signal]), _compact(signal.members()))


def page(signals: Sequence[Signal], pull: str = "", token: str = "") -> Message:
    """Make the message for one receiver: signals as PDND's pull service gives them.

    Args:
        signals: 1 to 100, in order of their numbers.
        pull: where the changes can be pulled; without personal data.
        token: from where they are pulled: a signed cursor, which opens nothing without the receiver's own key.

    Raises:
        ValueError: there are none, too many, or they are out of order: a fault of the caller.
    """
    numbers = [signal.id for signal in signals]
    if not 0 < len(numbers) <= MOST or numbers != sorted(set(numbers)):
        raise ValueError(f"a page holds 1 to {MOST} signals in order of their numbers")
    body: dict[str, object] = {"signals": [signal.members() for signal in signals], "lastSignalId": numbers[-1]}
    if token:
        body |= {"pull": pull, "pullToken": token}
    return Message(_id(signals), _compact(body))


def _id(signals: Sequence[Signal]) -> str:
    """Give an id that is the same for the same signals, and another for those of another service or seed."""
    said = _compact([signal.members() for signal in signals])
    return f"signals-{signals[0].id}-{signals[-1].id}-{hashlib.sha256(said).hexdigest()[:16]}"


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
