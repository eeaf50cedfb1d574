"""What can be said of people who are not in the invented world yet; asks no clock, and writes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from patto_schemas.chronicle.story import story
from patto_schemas.model import Pact
from patto_schemas.model.people import ConsentGiven

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from patto_hub.sandbox.stage import Steered
    from patto_schemas.chronicle import Chronicle, Teller
    from patto_schemas.model.base import Entity

RUNNING: Final = frozenset({"signed", "active", "suspended"})
TRIES: Final = 400
"""People who are looked at for one whose pact is about a partner."""
CORRECTED: Final[Mapping[str, str]] = {
    "pact": "next_review_on",
    "measure": "planned_end_on",
    "enrolment": "status_on",
    "employment": "planned_end_on",
    "payment_order": "requested_on",
}
"""The day that a correction moves, by kind of record: each of them leaves in the hub's own feeds."""


class NotPossible(Exception):  # noqa: N818 - says why
    """Nothing of this sort can happen to a partner; says why, in Italian and English."""

    def __init__(self, it: str, en: str) -> None:
        super().__init__(en)
        self.it, self.en = it, en


class Statement(NamedTuple):
    """What one of the world's partners says of one thing."""

    teller: str
    """The partner's name."""
    record: Entity

    @property
    def about(self) -> tuple[str, str, str]:
        """Name the record as the ledger does."""
        return self.teller, self.record.kind, self.record.key


@dataclass(slots=True, kw_only=True)
class Inventor:
    """Invents what is said; nobody is invented twice."""

    chronicle: Chronicle
    calendar: Steered
    _numbers: Counter[str] = field(default_factory=Counter)

    def dossier(self, mine: Teller | None) -> list[Statement]:
        """Give all that is said of a new person whose pact runs now and is about a partner of the world.

        Raises:
            NotPossible: there is none among the next few hundred.
        """
        there = self.chronicle.settings.ambiti
        for _ in range(TRIES):
            for code in [each for each in (mine.ambiti if mine else there) if each in there]:
                self._numbers[code] += 1
                said = list(self._present(code, self.chronicle.settings.people + self._numbers[code]))
                if _runs(said) and (mine is None or _is_about(said, mine)):
                    return said
        raise NotPossible("Nessun patto può riguardarvi.", "No pact can be about you.")

    def corrected(self, dossier: Sequence[Statement], kinds: Collection[str]) -> Statement:
        """Move a day of a record of these kinds, else of the pact."""
        known = [each for each in dossier if each.record.kind in CORRECTED]
        chosen = next((each for each in known if each.record.kind in kinds), pact_of(dossier))
        name = CORRECTED[chosen.record.kind]
        day = getattr(chosen.record, name) or self.calendar.now.date()
        return self._next(chosen, {name: day + timedelta(1)})

    def withdrawn(self, dossier: Sequence[Statement], mine: Teller | None) -> Statement:
        """Let the person take back that a partner may know.

        Raises:
            NotPossible: the partner needs no consent.
        """
        pact = pact_of(dossier)
        if mine is None or mine.kind == "ambito":
            raise NotPossible(
                "A un Ambito nessun consenso si può togliere: i patti sono suoi.",
                "No consent can be taken from an Ambito: the pacts are its own.",
            )
        no = ConsentGiven(
            organisation_scheme=mine.organisation.scheme,
            organisation_id=mine.organisation.value,
            from_domain="social",
            granted=False,
            at=self.calendar.now,
        )
        if not isinstance(pact.record, Pact):
            raise TypeError("a dossier's root is a pact")
        return self._next(pact, {"consents": (*pact.record.consents, no)})

    def _present(self, code: str, number: int) -> Iterator[Statement]:
        """Give what is true now of a person, by whom it is told."""
        now = self.calendar.now
        for each in story(self.chronicle.settings, self.chronicle.teller(code), number).histories:
            past = [version for version in each.versions if version.when <= now]
            if past:
                stamp = {"revision": len(past), "modified_at": past[-1].when}
                teller = self.chronicle.teller(each.teller).partner
                yield Statement(teller, past[-1].record.model_copy(update=stamp))

    def _next(self, said: Statement, change: Mapping[str, object]) -> Statement:
        at = max(self.calendar.now, said.record.modified_at or self.calendar.now) + timedelta(seconds=1)
        stamp = {"revision": (said.record.revision or 0) + 1, "modified_at": at}
        return Statement(said.teller, said.record.model_copy(update={**change, **stamp}))


def pact_of(dossier: Iterable[Statement]) -> Statement:
    """Give a dossier's root."""
    return next(each for each in dossier if each.record.kind == Pact.kind)


def _runs(said: Iterable[Statement]) -> bool:
    return any(isinstance(each.record, Pact) and each.record.status in RUNNING for each in said)


def _is_about(said: Iterable[Statement], whom: Teller) -> bool:
    """Whether a dossier is told by somebody, or names it."""
    return any(each.teller == whom.partner or whom.organisation.value in each.record.model_dump_json() for each in said)
