"""The chronicle's own values: who tells, what is told when, and the history that one record has at its teller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from patto_schemas.model.base import Entity, Name

MINUTE: Final = timedelta(minutes=1)
TellerKind: TypeAlias = Literal["ambito", "centre", "catalogue", "cooperative", "lender", "bank"]
Change: TypeAlias = "Callable[[Any], Mapping[str, object]]"
"""Gives the fields of a record that become others; the record is of the kind that the history is of."""


@dataclass(frozen=True, slots=True)
class Teller:
    """A partner of the invented world."""

    code: str
    """What the chronicle calls it: `LE/1`, `centro_impiego_03`, `catalogo_puglia`, `cooperativa_07`, ..."""
    kind: TellerKind
    organisation: Name
    """What the hub knows it by: ("ambito", "LE/1"), ("cpi_11", "E506C000101"), ("piva", ...), ("bic", ...)."""
    title: str
    ambiti: tuple[str, ...]
    """The Ambiti whose people it tells of."""

    @property
    def partner(self) -> str:
        """The name that the hub's settings should give it: `ambito_le_1`, or the code."""
        return f"ambito_{slug(self.code, '_')}" if self.kind == "ambito" else self.code

    @property
    def scheme(self) -> str:
        """The scheme of this teller's own keys, as other partners' records name them: `local:ambito_le_1`."""
        return f"local:{self.partner}"


class Told(NamedTuple):
    """One version of a record, told by one teller."""

    at: datetime
    """When the teller's system shows it (UTC), never before it was saved."""
    teller: str
    record: Entity
    """Whole and right, with `revision` and `modified_at` (when it was saved)."""
    mistake: str = ""
    """What an operator got wrong in it (`mistakes.MISTAKES`), for the wire form; a later telling mends it."""


class Version(NamedTuple):
    """What is true of a record from an instant on."""

    when: datetime
    record: Entity


class Step(NamedTuple):
    """A change of a record: the fields that become others."""

    when: datetime
    change: Change


@dataclass(frozen=True, slots=True)
class History:
    """One record's versions, oldest first."""

    teller: str
    versions: tuple[Version, ...]
    otherwise: tuple[Version, ...] = ()
    """What the teller says instead, where it errs in substance."""
    may_vanish: bool = False
    """Whether the teller may forget the whole record: nothing else refers to it."""
    may_age: bool = False
    """Whether the teller may forget the newest version: nothing else hangs on it."""


def slug(ambito: str, between: str = "-") -> str:
    """Write an Ambito's code as part of a key or a name: `LE/1` is `le-1`."""
    return ambito.lower().replace("/", between)


def in_order(steps: list[Step]) -> list[Step]:
    """Let each step come at least a minute after the one before it."""
    found: list[Step] = []
    for step in steps:
        when = max(step.when, found[-1].when + MINUTE) if found else step.when
        found.append(Step(when, step.change))
    return found


def history(
    teller: str, first: Entity, steps: list[Step], *, may_vanish: bool = False, may_age: bool = False
) -> History:
    """Play a record's steps in order of time; each gives a version."""
    versions, record = [], first
    for step in sorted(steps, key=lambda each: each.when):
        record = record.model_copy(update=dict(step.change(record)))
        versions.append(Version(step.when, record))
    return History(teller, tuple(versions), may_vanish=may_vanish, may_age=may_age)
