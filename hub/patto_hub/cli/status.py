"""`patto status`: how each stream stands, in the same words as the staff page."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub.cli.shell import AsJson, console, shell_of

if TYPE_CHECKING:
    from rich.table import Table

    from patto_hub.cli.shell import Shell
    from patto_hub.compose.hub import Hub
    from patto_hub.web.standing import JobView, Sight

EVERY_S = 2.0


def status(
    context: typer.Context,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Aggiorna da sé; Ctrl-C per finire. | Keep refreshing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show for each stream whether it is on time, its last reading in words, the next, and what is set aside."""
    shell = shell_of(context)
    try:
        asyncio.run(_watch(shell, as_json=as_json) if watch else _once(shell, as_json=as_json))
    except KeyboardInterrupt:  # how --watch ends
        if not watch:
            raise


async def _once(shell: Shell, *, as_json: bool) -> None:
    from patto_hub.cli.ledgers import hub_of

    async with hub_of(shell) as hub:
        sights = await _sights(hub)
        if as_json:
            shell.give(_standing(shell, hub, sights))
        else:
            console().print(_table(shell, hub, sights))
            for each in hub.unusable:
                shell.tell(f"{each.job}: {each.sentence(shell.language)}")
            for sentence in await _ending(shell, hub):
                shell.tell(sentence)
            if not sights and not hub.unusable:
                shell.tell("Nessun flusso è configurato. | No stream is configured.")


async def _ending(shell: Shell, hub: Hub) -> list[str]:
    """Say which keys end soon, which keys that sign messages are to be changed, and what else ends."""
    from patto_hub.cli.key_calendar import near
    from patto_hub.cli.key_list import ending
    from patto_hub.cli.webhook import ageing
    from patto_hub.ledger import keys

    now = hub.world.milliseconds()
    return [*ending(shell, await hub.ledger.read(keys.ending, now), now), *await ageing(hub), *await near(shell, hub)]


def _standing(shell: Shell, hub: Hub, sights: list[Sight]) -> dict[str, Any]:
    return {
        "jobs": [_facts(sight) for sight in sights],
        "unusable": [{"job": each.job, "reason": each.sentence(shell.language)} for each in hub.unusable],
    }


async def _watch(shell: Shell, *, as_json: bool) -> None:
    """Show the standing again and again; as JSON, one line each time."""
    from rich.live import Live

    from patto_hub.cli.ledgers import hub_of

    async with hub_of(shell) as hub:
        while as_json:
            typer.echo(json.dumps(_standing(shell, hub, await _sights(hub)), ensure_ascii=False))
            await hub.world.sleep(EVERY_S)
        with Live(_table(shell, hub, await _sights(hub)), console=console(), auto_refresh=False) as live:
            while True:
                await hub.world.sleep(EVERY_S)
                live.update(_table(shell, hub, await _sights(hub)), refresh=True)


async def _sights(hub: Hub) -> list[Sight]:
    from patto_hub.clock.watch import look
    from patto_hub.ledger import job_state
    from patto_hub.ledger import status as figures
    from patto_hub.web.standing import Sight

    names = list(hub.jobs)
    fresh = await look(hub.ledger, hub.world, hub.jobs, hub.place)
    standings = await hub.ledger.read(figures.standings, names)
    states = await hub.ledger.read(job_state.of_jobs, names)
    partners = hub.configuration.settings.partners
    return [
        Sight(
            job=job,
            title=partners[job.partner].title,
            fresh=fresh[name],
            standing=standings[name],
            state=states[name],
        )
        for name, job in sorted(hub.jobs.items())
    ]


def _table(shell: Shell, hub: Hub, sights: list[Sight]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from patto_hub.web.standing import view
    from patto_hub.web.words import Words

    words = Words(language=shell.language, now=hub.world.milliseconds(), place=hub.place)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("column.stream", "column.state", "column.last", "column.next", "column.quarantine"):
        table.add_column(words(key), overflow="fold")
    for sight in sights:
        row = view(sight, words, hub.place)
        cells = (sight.job.name, words(f"state.{row.state}"), *_said(row))
        table.add_row(*(Text(each) for each in cells), end_section=True)
    return table


def _said(row: JobView) -> tuple[str, str, str]:
    parked = [row.parked] if row.parked else []
    return " ".join([*row.reasons, *row.last]), row.next, "; ".join([*row.quarantine, *parked]) or "-"


def _facts(sight: Sight) -> dict[str, Any]:
    from dataclasses import asdict

    good = sight.standing.last_good
    return {
        "job": sight.job.name,
        "state": sight.fresh.state,
        "reason": sight.fresh.reason,
        "deadline": sight.fresh.deadline,
        "last_good_at": sight.fresh.last_good_at,
        "nothing_new_since": sight.fresh.nothing_new_since,
        "unread_since": sight.fresh.unread_since,
        "running_since": sight.fresh.running_since,
        "volume": sight.fresh.volume,
        "quarantined": sight.standing.quarantined,
        "owners": dict(sight.standing.owners),
        "parked": sight.standing.parked,
        "paused_until": sight.state.paused_until,
        "balance": None if good is None else asdict(good.balance),
    }
