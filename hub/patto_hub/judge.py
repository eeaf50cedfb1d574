"""Runs the plugins' checks over the dossiers that a run has touched, in its closing step, and keeps what they find."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Final

import structlog

from patto_hub.dossier import Dossier, Finding, Statement
from patto_hub.extensions.guard import Failed, guarded
from patto_hub.ledger import dossiers, findings
from patto_hub.observe.redact import redact
from patto_schemas.model import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from patto_connectors.ports import World
    from patto_hub.clock.calendar import Place
    from patto_hub.dossier import Check
    from patto_hub.ledger.store import Connection, Ledger

MOST: Final = 1_000
"""Findings of one check on one pact; more is taken for a generator that never ends."""
AT_ONCE: Final = 100
"""Pacts in one transaction."""
TIME_S: Final = 120.0
"""How long the checks of so many pacts may take."""

log = structlog.get_logger(__name__)


async def judge(ledger: Ledger, world: World, place: Place, checks: Sequence[Check], pacts: Iterable[int]) -> None:
    """Check these pacts' dossiers; the same dossier gives the same findings, in whatever order its records came.

    Checks run in a thread, between reading and writing: one that takes its time holds up its run, not the ledger.
    """
    today = place.local(world.milliseconds()).date()
    numbers = iter(pacts if checks else ())
    while some := list(islice(numbers, AT_ONCE)):
        read = await ledger.read(_dossiers, some, today)
        asking = asyncio.get_running_loop().run_in_executor(None, _ask_all, checks, read)
        try:
            async with asyncio.timeout(TIME_S):
                said = await asyncio.shield(asking)
        except TimeoutError:
            log.error("check.stuck", rules=[check.rule for check in checks], seconds=TIME_S)  # noqa: TRY400 - asyncio's trace
            return
        await ledger.write(_settle, said, world.milliseconds())


def _dossiers(connection: Connection, pacts: Sequence[int], today: date) -> dict[int, Dossier]:
    return {number: dossier_of(connection, number, today) for number in pacts}


def _ask_all(checks: Sequence[Check], read: Mapping[int, Dossier]) -> dict[int, dict[str, tuple[Finding, ...]]]:
    """Give what each check finds in each dossier; one that cannot judge is left out: what it found before stays."""
    return {
        number: {check.rule: said for check in checks if (said := _ask(check, dossier)) is not None}
        for number, dossier in read.items()
    }


def _settle(connection: Connection, said: Mapping[int, Mapping[str, Sequence[Finding]]], now: int) -> None:
    for number, by_rule in said.items():
        found = {
            (rule, each.subject): (tuple(sorted(each.sources)), each.owner.value)
            for rule, each_said in by_rule.items()
            for each in each_said
        }
        findings.settle(connection, number, by_rule.keys(), found, now)


def _ask(check: Check, dossier: Dossier) -> tuple[Finding, ...] | None:
    given = guarded(lambda: tuple(islice(check.find(dossier), MOST + 1)))
    if isinstance(given, Failed):
        log.error("check.failed", rule=check.rule, error=given.kind, traceback=redact(given.text))
        return None
    if len(given.value) > MOST or not all(isinstance(each, Finding) for each in given.value):
        log.error("check.failed", rule=check.rule, error="gave no findings, or no end of them")
        return None
    return given.value


def dossier_of(connection: Connection, pact: int, today: date) -> Dossier:
    """Give what the partners say now of the pact with this head; what is deleted or erased is left out."""
    said = dossiers.statements(connection, [dossiers.Pact(head_id=pact, partner="", key="")])
    return Dossier(
        pact=next((each.key for each in said if each.kind == dossiers.PACT), ""),
        today=today,
        statements=tuple(
            Statement(partner=each.partner, record=ENTITIES[each.kind].model_validate_json(each.payload))
            for each in sorted(said, key=lambda each: (each.partner, each.kind, each.key))
            if each.payload is not None and not each.tombstone
        ),
    )
