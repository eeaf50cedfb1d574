"""`patto lane replay`: send a receiver again what it has lost, or say why there is nothing to send."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from patto_hub.cli.lane_choice import Feed, Partner, Way, lane_named
from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Halt, Shell
    from patto_hub.compose.hub import Hub
    from patto_hub.ledger.again import Replay
    from patto_hub.ledger.lanes import LaneName


_STATES: Final = {
    "running": "in corso | running",
    "done": "concluso | done",
    "cancelled": "annullato | cancelled",
    "failed": "non riuscito | failed",
}


@dataclass(frozen=True, slots=True)
class _Wish:
    """From where something is to be sent again."""

    cursor: str
    since: str
    pact: str
    key: str


def replay(
    context: typer.Context,
    partner: Partner,
    feed: Feed,
    cursor: Annotated[
        str, typer.Option("--from", metavar="CURSORE | CURSOR", help="Dopo questo cursore. | After this cursor.")
    ] = "",
    since: Annotated[
        str,
        typer.Option("--since", metavar="ISO", help="Da un giorno (ora locale) o un istante. | From a day or instant."),
    ] = "",
    pact: Annotated[str, typer.Option("--pact", help="Un solo patto, come pact-17. | One pact, as pact-17.")] = "",
    key: Annotated[
        str,
        typer.Option("--key", help="Chi ripete con la stessa chiave chiede una volta sola. | Makes a repeat harmless."),
    ] = "",
    way: Way = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Send a receiver again what it has lost; what is new goes on meanwhile, ids and versions are those of before."""
    shell = shell_of(context)
    if sum(map(bool, (cursor, since, pact))) != 1:
        raise shell.halt(
            "Indicare da dove: --from CURSORE, --since 2026-11-01 oppure --pact pact-17."
            " | Say from where: --from CURSOR, --since 2026-11-01 or --pact pact-17.",
            Exit.USAGE,
        )
    wish, fresh = asyncio.run(_replay(shell, (partner, feed, way), _Wish(cursor, since, pact, key)))
    if as_json:
        shell.give({"replay": wish.id, "state": wish.state, "fresh": fresh, "after": wish.after, "until": wish.until})
        return
    again = "" if fresh else f" {shell.say('(già chiesto) | (asked before)')}"
    state = shell.say(_STATES[wish.state])
    shell.tell(
        f"{wish.lane}: reinvio n. {wish.id}{again}, {state} (patto lane list)."
        f" | {wish.lane}: replay {wish.id}{again}, {state} (patto lane list)."
    )


async def _replay(shell: Shell, asked: tuple[str, str, str], wish: _Wish) -> tuple[Replay, bool]:
    from patto_hub.cli.ledgers import actor, hub_of
    from patto_hub.ledger import again

    async with hub_of(shell) as hub:
        name = await lane_named(shell, hub, *asked)
        after = await _after(shell, hub, name, wish)
        key = wish.key or f"cli-{hub.world.token()}"
        if not await hub.ledger.read(again.known, name, key):
            await _require_something(shell, hub, name, after, wish)
        try:
            return await hub.ledger.write(
                again.ask,
                name,
                key=key,
                after=after,
                pact=wish.pact or None,
                by=actor(),
                now=hub.world.milliseconds(),
            )
        except again.KeyReused as error:
            raise shell.halt(
                f"--key «{wish.key}» è già servita per un altro reinvio. | --key '{wish.key}' was used for another.",
                Exit.USAGE,
            ) from error


async def _require_something(shell: Shell, hub: Hub, name: LaneName, after: int, wish: _Wish) -> None:
    """Take no wish that would come to nothing.

    Raises:
        Halt: the partner has no such record, or nothing of what is asked for was sent to it.
    """
    from patto_hub.compose.lanes import terms_of
    from patto_hub.feeds.pages import Reader
    from patto_hub.lanes.wishes import Wish, empty
    from patto_hub.ledger import partners

    subscription = hub.subscriptions.get((name.partner, name.feed))
    if subscription is None:
        raise shell.halt(
            f"{name.partner} non è abbonato a «{name.feed}»: patto config check"
            f" | {name.partner} has no subscription to '{name.feed}': patto config check",
            Exit.CONFIG,
        )
    if wish.pact and subscription.head_of(wish.pact) is None:
        raise shell.halt(
            f"«{wish.pact}»: serve un id del flusso, come pact-17 (campo «id» delle variazioni)."
            f" | '{wish.pact}': an id of the feed is needed, as pact-17 (`id` of a change).",
            Exit.USAGE,
        )
    organisations = await hub.ledger.read(partners.readers)
    reader = Reader(partner=name.partner, organisation=organisations.get(name.partner))
    terms = terms_of(hub.configuration)[name]
    why = await empty(
        hub.ledger,
        Wish(lane=name, terms=terms, subscription=subscription, reader=reader, after=after, record=wish.pact or None),
    )
    if why is not None:
        raise _nothing(shell, name, why, wish)


def _nothing(shell: Shell, name: LaneName, why: str, wish: _Wish) -> Halt:
    if why == "record":
        return shell.halt(
            f"«{wish.pact}»: nessuna scheda con questo id nel flusso di {name.partner}."
            f" | '{wish.pact}': the feed of {name.partner} has no record of this id.",
            Exit.USAGE,
        )
    if why == "unsent":
        return shell.halt(
            f"{name}: non è stato ancora inviato nulla; la prima consegna parte da sé."
            f" | {name}: nothing was sent yet; the first delivery goes by itself."
        )
    return shell.halt(
        f"{name}: di quanto chiesto non è stato inviato nulla, non c'è nulla da ripetere."
        f" | {name}: nothing of what is asked for was sent, there is nothing to repeat."
    )


async def _after(shell: Shell, hub: Hub, name: LaneName, wish: _Wish) -> int:
    from patto_hub.feeds import cursors
    from patto_hub.ledger import secrets, snapshots
    from patto_hub.web.places import instant_of

    if wish.cursor:
        secret = await hub.ledger.write(secrets.get, "cursor", hub.world)
        try:
            return cursors.read(secret, name.feed, name.partner, wish.cursor).position
        except cursors.Forged as error:
            raise shell.halt(
                "--from: non è un cursore di questo hub per questo partner e questo flusso."
                " | --from: no cursor of this hub for this partner and this feed.",
                Exit.USAGE,
            ) from error
    if wish.since:
        instant = instant_of(hub.place, wish.since)
        if instant is None:
            raise shell.halt(
                "--since: serve un giorno, come 2026-11-01, o un istante con il suo fuso."
                " | --since: a day is needed, as 2026-11-01, or an instant with its offset.",
                Exit.USAGE,
            )
        if instant > hub.world.milliseconds():
            raise shell.halt(
                f"--since {wish.since}: è nel futuro; serve un momento già passato, come 2026-11-01."
                f" | --since {wish.since}: it is in the future; an instant that is past is needed, as 2026-11-01.",
                Exit.USAGE,
            )
        return await hub.ledger.read(snapshots.position_at, instant)
    return 0
