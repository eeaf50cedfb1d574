"""Makes something happen: a new pact with all that hangs on it, a correction, a withdrawal, an erasure, days that pass.

What is said is said by the partners of the invented world and takes the road that everything takes.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from patto_hub.ledger import dossiers, erasure, feed, job_state, portal, secrets
from patto_hub.road.erase import erase
from patto_hub.sandbox.saying import say
from patto_hub.sandbox.stage import LOOK_S
from patto_schemas.chronicle.story import story
from patto_schemas.model import Pact
from patto_schemas.model.people import ConsentGiven

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from patto_hub.compose.serve import Serving
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.sandbox.stage import Steered
    from patto_schemas.chronicle import Chronicle, Teller
    from patto_schemas.model.base import Entity

Step: TypeAlias = Literal["new_pact", "correction", "withdrawal", "erasure", "days"]
RUNNING: Final = frozenset({"signed", "active", "suspended"})
TRIES: Final = 400
"""People who are looked at for one whose pact is about a partner."""
TOLD: Final = 12
"""Pacts that are told for one that reaches a partner."""
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


@dataclass(slots=True, kw_only=True)
class Steps:
    """Makes things happen in one sandbox, one after the other."""

    chronicle: Chronicle
    calendar: Steered
    stands_for: Mapping[str, Teller]
    started: Serving | None = None
    """The hub, once it serves."""
    made: dict[str, list[list[Statement]]] = field(default_factory=lambda: defaultdict(list))
    """Dossiers that were made for a partner, newest last."""
    _numbers: Counter[str] = field(default_factory=Counter)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, partner: str, step: Step, days: int = 0) -> Mapping[str, int]:
        """Let something happen that concerns a partner; gives how many changes that is for it, by feed.

        Raises:
            NotPossible: it cannot happen to this partner.
        """
        async with self._turn:
            before = await self.serving.hub.ledger.read(feed.newest)
            if step == "days":
                await self._days(days)
            elif step == "new_pact":
                await self._new_pact(partner)
            else:
                await self._change(partner, step)
            self.serving.lanes.wake()
            return await self._changes(partner, before)

    @property
    def serving(self) -> Serving:
        """The hub that serves.

        Raises:
            RuntimeError: it does not yet.
        """
        if self.started is None:
            raise RuntimeError("the sandbox does not serve yet")
        return self.started

    def _rights(self, partner: str) -> Mapping[str, Subscription]:
        found = sorted(self.serving.hub.subscriptions.items(), key=lambda item: item[0])
        return {name: each for (whose, name), each in found if whose == partner}

    async def _changes(self, partner: str, before: int) -> Mapping[str, int]:
        ledger, rights = self.serving.hub.ledger, self._rights(partner)
        return {
            name: await ledger.read(portal.waiting, partner, before, kinds=each.kinds, public=each.feed.public)
            for name, each in rights.items()
        }

    async def _reaches(self, partner: str, before: int) -> bool:
        """Whether the partner has learnt of the pact that was told; of anything, where it reads no pacts."""
        kinds = frozenset[str]().union(*(each.kinds for each in self._rights(partner).values()))
        wanted = kinds & {Pact.kind} or kinds
        return await self.serving.hub.ledger.read(portal.waiting, partner, before, kinds=wanted, public=True) > 0

    async def _new_pact(self, partner: str) -> None:
        """Let pacts be told until one reaches the partner: some people do not consent.

        Raises:
            NotPossible: none does.
        """
        for _ in range(TOLD):
            before = await self.serving.hub.ledger.read(feed.newest)
            dossier = await asyncio.to_thread(self._invent, partner)
            await say(self.serving.hub, dossier)
            if await self._reaches(partner, before):
                self.made[partner].append(dossier)
                return
        raise NotPossible("Nessun patto nuovo vi raggiunge.", "No new pact reaches you.")

    async def _change(self, partner: str, step: Step) -> None:
        if not self.made[partner]:
            await self._new_pact(partner)
        dossier = self.made[partner][-1]
        if step == "correction":
            await self._say_again(dossier, self._corrected(partner, dossier))
        elif step == "withdrawal":
            await self._say_again(dossier, self._withdrawn(partner, dossier))
            self.made[partner].pop()  # it is no longer the partner's
        else:
            await self._erase(self.made[partner].pop())

    async def _days(self, days: int) -> None:
        """Let days pass, and read every partner of the world after that."""
        self.calendar.go_on(days)
        hub = self.serving.hub
        await hub.world.sleep(LOOK_S)
        for job in hub.jobs.values():
            if job.connector.reads and job.connector.door is None:
                await hub.ledger.write(job_state.request_run, job.name, by="sandbox", now=hub.world.milliseconds())
        self.serving.site.wake()

    def _invent(self, partner: str) -> list[Statement]:
        """Find a person who is not in the world yet and whose pact runs now and is about the partner.

        Raises:
            NotPossible: there is none among the next few hundred.
        """
        mine = self.stands_for.get(partner)
        there = self.chronicle.settings.ambiti
        for _ in range(TRIES):
            for code in [each for each in (mine.ambiti if mine else there) if each in there]:
                self._numbers[code] += 1
                number = self.chronicle.settings.people + self._numbers[code]
                said = list(self._present(code, number))
                if _runs(said) and (mine is None or _is_about(said, mine)):
                    return said
        raise NotPossible("Nessun patto può riguardarvi.", "No pact can be about you.")

    def _present(self, code: str, number: int) -> Iterator[Statement]:
        """Give what is true now of a person, by whom it is told."""
        now = self.calendar.now
        for each in story(self.chronicle.settings, self.chronicle.teller(code), number).histories:
            past = [version for version in each.versions if version.when <= now]
            if past:
                stamp = {"revision": len(past), "modified_at": past[-1].when}
                yield Statement(self.chronicle.teller(each.teller).partner, past[-1].record.model_copy(update=stamp))

    def _corrected(self, partner: str, dossier: list[Statement]) -> Statement:
        """Move a day of a record that the partner reads, else of the pact."""
        kinds = {kind for each in self._rights(partner).values() for kind in each.kinds}
        known = [each for each in dossier if each.record.kind in CORRECTED]
        chosen = next((each for each in known if each.record.kind in kinds), _pact_of(dossier))
        name = CORRECTED[chosen.record.kind]
        day = getattr(chosen.record, name) or self.calendar.now.date()
        return self._next(chosen, {name: day + timedelta(1)})

    def _withdrawn(self, partner: str, dossier: list[Statement]) -> Statement:
        """Let the person take back that the partner may know.

        Raises:
            NotPossible: the partner needs no consent.
        """
        mine, pact = self.stands_for.get(partner), _pact_of(dossier)
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

    def _next(self, said: Statement, change: Mapping[str, object]) -> Statement:
        at = max(self.calendar.now, said.record.modified_at or self.calendar.now) + timedelta(seconds=1)
        stamp = {"revision": (said.record.revision or 0) + 1, "modified_at": at}
        return Statement(said.teller, said.record.model_copy(update={**change, **stamp}))

    async def _say_again(self, dossier: list[Statement], said: Statement) -> None:
        place = next(index for index, old in enumerate(dossier) if _name(old) == _name(said))
        dossier[place] = said
        await say(self.serving.hub, [said])

    async def _erase(self, dossier: list[Statement]) -> None:
        hub, pact = self.serving.hub, _pact_of(dossier)
        found = await hub.ledger.read(dossiers.pacts, pact.record.key)
        secret = await hub.ledger.write(secrets.get, erasure.SECRET, hub.world)
        await asyncio.to_thread(
            hub.ledger.erase_now,
            erase,
            pacts={each.head_id for each in found},
            secret=secret,
            reason="sandbox",
            actor="sandbox",
            now=hub.world.milliseconds(),
        )


def _name(said: Statement) -> tuple[str, str, str]:
    return said.teller, said.record.kind, said.record.key


def _pact_of(dossier: Iterable[Statement]) -> Statement:
    return next(each for each in dossier if each.record.kind == "pact")


def _runs(said: Iterable[Statement]) -> bool:
    return any(isinstance(each.record, Pact) and each.record.status in RUNNING for each in said)


def _is_about(said: Iterable[Statement], whom: Teller) -> bool:
    """Whether a dossier is told by somebody, or names it."""
    return any(each.teller == whom.partner or whom.organisation.value in each.record.model_dump_json() for each in said)
