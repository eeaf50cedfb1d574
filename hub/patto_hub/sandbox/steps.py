"""Makes something happen: a new pact with all that hangs on it, a correction, a withdrawal, an erasure, days that pass.

What is said is said by the partners of the invented world and takes the road that everything takes.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from patto_hub.ledger import dossiers, erasure, feed, job_state, portal, secrets
from patto_hub.road.erase import erase
from patto_hub.sandbox.inventing import NotPossible, pact_of
from patto_hub.sandbox.saying import say
from patto_hub.sandbox.stage import LOOK_S
from patto_schemas.model import Pact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.compose.serve import Serving
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.sandbox.inventing import Inventor, Statement
    from patto_schemas.chronicle import Teller

Step: TypeAlias = Literal["new_pact", "correction", "withdrawal", "erasure", "days"]
TOLD: Final = 12
"""Pacts that are told for one that reaches a partner."""


@dataclass(slots=True, kw_only=True)
class Steps:
    """Makes things happen in one sandbox, one after the other."""

    inventor: Inventor
    stands_for: Mapping[str, Teller]
    started: Serving | None = None
    """The hub, once it serves."""
    made: dict[str, list[list[Statement]]] = field(default_factory=lambda: defaultdict(list))
    """Dossiers that were made for a partner, newest last."""
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

    async def _new_pact(self, partner: str) -> None:
        """Let pacts be told until one reaches the partner: some people do not consent.

        Raises:
            NotPossible: none does.
        """
        for _ in range(TOLD):
            before = await self.serving.hub.ledger.read(feed.newest)
            dossier = await asyncio.to_thread(self.inventor.dossier, self.stands_for.get(partner))
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
            kinds = {kind for each in self._rights(partner).values() for kind in each.kinds}
            await self._say_again(dossier, self.inventor.corrected(dossier, kinds))
        elif step == "withdrawal":
            await self._say_again(dossier, self.inventor.withdrawn(dossier, self.stands_for.get(partner)))
            self.made[partner].pop()  # it is no longer the partner's
        else:
            await self._erase(self.made[partner].pop())

    async def _days(self, days: int) -> None:
        """Let days pass, and read every partner of the world after that."""
        self.inventor.calendar.go_on(days)
        hub = self.serving.hub
        await hub.world.sleep(LOOK_S)
        for job in hub.jobs.values():
            if job.connector.reads and job.connector.door is None:
                await hub.ledger.write(job_state.request_run, job.name, by="sandbox", now=hub.world.milliseconds())
        self.serving.site.wake()

    async def _say_again(self, dossier: list[Statement], said: Statement) -> None:
        place = next(index for index, old in enumerate(dossier) if old.about == said.about)
        dossier[place] = said
        await say(self.serving.hub, [said])

    async def _erase(self, dossier: list[Statement]) -> None:
        hub, pact = self.serving.hub, pact_of(dossier)
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
