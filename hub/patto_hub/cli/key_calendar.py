"""`patto key calendar`: everything that ends by itself, the first to end first, and what to do before that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub.cli.shell import AsJson, Exit, moment, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Shell
    from patto_hub.compose.hub import Hub
    from patto_hub.endings import Ending
    from patto_hub.web.words import Words


def calendar(
    context: typer.Context,
    partner: Annotated[
        str | None, typer.Argument(help="Il nome del partner; senza, tutto. | The partner's name; without it, all.")
    ] = None,
    *,
    days: Annotated[
        int | None, typer.Option("--days", min=1, help="Solo i prossimi giorni. | The next days only.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what ends when: keys, certificates, rights, and what the hub itself shows; with what to do."""
    shell = shell_of(context)
    rows = asyncio.run(_rows(shell, partner, days))
    if as_json:
        shell.give(rows)
        return
    heads = ("scade | ends", "giorni | days", "di | whose", "che cosa | what", "che cosa fare | what to do")
    shell.table(heads, [(row["ends_at"], row["days_left"], row["partner"], row["what"], row["todo"]) for row in rows])
    if not rows:
        shell.tell("Nulla scade. | Nothing ends.")


async def _rows(shell: Shell, partner: str | None, days: int | None) -> list[dict[str, Any]]:
    from patto_hub.cli.ledgers import hub_of
    from patto_hub.web.words import Words

    async with hub_of(shell) as hub:
        known = hub.configuration.settings.partners
        if partner is not None and partner not in known:
            names = ", ".join(known) or "-"
            raise shell.halt(
                f"Nessun partner «{partner}»; ci sono: {names} | No partner '{partner}'; there are: {names}", Exit.USAGE
            )
        now = hub.world.milliseconds()
        words = Words(language=shell.language, now=now, place=hub.place)
        found = [each for each in await all_of(hub, now) if partner is None or each.partner == partner]
        return [_row(each, words) for each in found if days is None or each.days_left(now) <= days]


async def all_of(hub: Hub, now: int) -> list[Ending]:
    """Give all that ends, as far as it is known without asking the hub that serves."""
    from patto_connectors.modi import SeenHere
    from patto_hub.compose.access import make_admission
    from patto_hub.compose.lanes import make_ways
    from patto_hub.web.endings import Sources, endings

    admission, _ = make_admission(hub.configuration, {}, SeenHere())
    ways, _ = make_ways(hub.configuration, hub.subscriptions)
    sources = Sources(
        admission=admission,
        subscriptions=hub.subscriptions.values(),
        jobs=hub.jobs.values(),
        secret_days={way.name: way.part.secret_days for way in ways if way.keys},
        place=hub.place,
    )
    return await endings(hub.ledger, sources, now)


async def near(shell: Shell, hub: Hub) -> list[str]:
    """Say what ends within thirty days, besides the keys of partners and those that sign messages."""
    from patto_hub.web.endings import view
    from patto_hub.web.words import Words

    now = hub.world.milliseconds()
    words = Words(language=shell.language, now=now, place=hub.place)
    others = [each for each in await all_of(hub, now) if each.kind not in {"key", "webhook_secret"}]
    shown = [(each, view(each, words, own=False)) for each in others if each.reminder(now) is not None]
    return [f"{said.what} ({each.partner or 'hub'}): {said.left}. {said.todo}" for each, said in shown]


def _row(ending: Ending, words: Words) -> dict[str, Any]:
    from patto_hub.web.endings import view

    said = view(ending, words, own=False)
    return {
        "ends_at": moment(ending.at),
        "days_left": ending.days_left(words.now),
        "reminder": ending.reminder(words.now),
        "kind": ending.kind,
        "partner": ending.partner,
        "name": ending.name,
        "what": said.what,
        "todo": said.todo,
    }
