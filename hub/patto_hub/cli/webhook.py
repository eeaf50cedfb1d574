"""`patto webhook`: keys for signed messages, and a signed test message to a partner's address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub.cli.shell import AsJson, Exit, moment, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands, Shell
    from patto_hub.compose.hub import Hub
    from patto_hub.compose.lanes import Way
    from patto_hub.lanes.outlet import Handed
    from patto_hub.ledger.lane_secrets import Aged

Partner = Annotated[str, typer.Argument(help="Il nome del partner. | The partner's name.")]
Feed = Annotated[str, typer.Argument(help="Il nome del flusso. | The feed's name.")]


def secret(
    context: typer.Context,
    *,
    pair: Annotated[
        bool,
        typer.Option(
            "--pair",
            help="Una coppia ed25519: il partner riceve solo la metà pubblica. | A key pair: they get the public half.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key that signs webhooks, shown this once; nothing is kept."""
    from patto_connectors.ports import World
    from patto_connectors.webhook import fresh_pair, fresh_secret

    shell = shell_of(context)
    ours, theirs = fresh_pair(World()) if pair else (fresh_secret(World()),) * 2
    if as_json:
        shell.give({"secret": ours, "partner": theirs})
        return
    shell.warn(
        "Non sarà più mostrata. Nel file o nella variabile che «secrets» nomina:"
        " | It is not shown again. Into the file or variable that `secrets` names:"
    )
    shell.tell(ours)
    if pair:
        shell.warn("Al partner, che con questa verifica soltanto: | To the partner, who can only verify with it:")
        shell.tell(theirs)
    else:
        shell.warn("La stessa al partner, per una via sicura. | The same to the partner, by a safe way.")


def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the keys that sign messages: since when each is used, and until when it should be; never the keys."""
    shell = shell_of(context)
    rows = asyncio.run(_list(shell))
    if as_json:
        shell.give(rows)
        return
    shell.table(
        ("ricevente | receiver", "tipo | kind", "usata dal | used since", "giorni | days", "da cambiare fra | due in"),
        [
            (
                row["lane"],
                row["kind"],
                row["since"],
                row["age_days"],
                row["days_left"],
            )
            for row in rows
        ],
    )
    for row in rows:
        if row["reminder"] is not None:
            shell.warn(reminder(row["lane"], row["days_left"]))


async def _list(shell: Shell) -> list[dict[str, Any]]:
    from patto_hub.cli.ledgers import hub_of

    async with hub_of(shell) as hub:
        now = hub.world.milliseconds()
        return [_fact(key, label, now, used=used) for key, label, used in await _keys(hub)]


def reminder(lane: str, days_left: int) -> str:
    """Say that a key is to be changed, and how."""
    when_it = f"va cambiata entro {days_left} giorni" if days_left else "è oltre la sua età: va cambiata"
    when_en = f"is to be changed within {days_left} days" if days_left else "is over its age: change it"
    return (
        f"La chiave che firma per {lane} {when_it}: patto webhook secret, poi due in «secrets»"
        f" | The key that signs for {lane} {when_en}: patto webhook secret, then two in `secrets`"
    )


async def ageing(hub: Hub) -> list[str]:
    """Say of each key that is to be changed soon that it is."""
    now = hub.world.milliseconds()
    found = [key for key, _, _ in await _keys(hub) if key.reminder(now) is not None]
    return [reminder(str(key.lane), key.days_left(now)) for key in found]


async def _keys(hub: Hub) -> list[tuple[Aged, str, bool]]:
    """Give the keys of the settings, each with its kind, and whether a hub has started with it yet."""
    from patto_hub.compose.lanes import make_ways
    from patto_hub.compose.secret_watch import marks
    from patto_hub.ledger import lane_secrets
    from patto_hub.ledger.lane_secrets import Aged

    ways, _ = make_ways(hub.configuration, hub.subscriptions)
    known = await hub.ledger.read(lane_secrets.since, [way.name for way in ways])
    now = hub.world.milliseconds()
    return [
        (
            Aged(lane=way.name, since=known.get((way.name, mark), now), days=way.part.secret_days),
            key.label,
            (way.name, mark) in known,
        )
        for way in ways
        for key, mark in zip(way.keys, marks(way.keys), strict=True)
    ]


def _fact(key: Aged, label: str, now: int, *, used: bool) -> dict[str, Any]:
    return {
        "lane": str(key.lane),
        "kind": label,
        "since": moment(key.since) if used else None,
        "age_days": key.age(now) if used else None,
        "days_left": key.days_left(now),
        "reminder": key.reminder(now),
    }


def try_(context: typer.Context, partner: Partner, feed: Feed, *, as_json: AsJson = False) -> None:
    """Send a signed message without data, and say what the receiver answers, or why it does not."""
    shell = shell_of(context)
    handed = asyncio.run(_test(shell, partner, feed))
    failure = handed.failure
    if as_json:
        shell.give({"taken": failure is None, "code": failure and failure.code, "detail": failure and failure.detail})
    elif failure is None:
        shell.tell(f"{partner}/{feed}: il ricevente ha accettato il messaggio. | {partner}/{feed}: taken.")
    else:
        _explain(shell, failure.code, failure.detail)
    if failure is not None:
        raise typer.Exit(Exit.FAILED)


def _explain(shell: Shell, code: str, detail: str) -> None:
    from patto_schemas.catalogue import CATALOGUE

    shell.warn(f"{code}: {detail}")
    entry = CATALOGUE.get(code)
    if entry is not None:
        shell.warn(f"{entry.it} | {entry.en}")
        shell.warn(f"→ {entry.fix_it} | → {entry.fix_en}")


async def _test(shell: Shell, partner: str, feed: str) -> Handed:
    from patto_hub.cli.ledgers import hub_of
    from patto_hub.compose.access import address
    from patto_hub.compose.lanes import make_ways, open_outlet
    from patto_hub.lanes.batch import message_id
    from patto_hub.settings.mistakes import WrongSettings

    async with hub_of(shell) as hub:
        ways, mistakes = make_ways(hub.configuration, hub.subscriptions)
        if mistakes:
            raise WrongSettings(mistakes)
        way = _found(shell, ways, partner, feed)
        async with open_outlet(way, hub.world, address(hub.configuration)) as outlet:
            number = message_id(way.name, outlet.made_as, 0, 0, f"test {hub.world.token()}")
            return await outlet.probe(number, hub.world.now())


def _found(shell: Shell, ways: list[Way], partner: str, feed: str) -> Way:
    for way in ways:
        if (way.name.partner, way.name.feed) == (partner, feed):
            return way
    known = ", ".join(str(way.name) for way in ways) or "-"
    raise shell.halt(
        f"[partners.{partner}.subscriptions.{feed}.webhook] non c'è nelle impostazioni; ci sono: {known}"
        f" | [partners.{partner}.subscriptions.{feed}.webhook] is not in the settings; there are: {known}",
        Exit.USAGE,
    )


commands: Commands = {
    "list": (list_, "Elenca le chiavi che firmano, con la loro età. | List the keys that sign, with their age."),
    "secret": (secret, "Crea una chiave per firmare i webhook. | Make a key that signs webhooks."),
    "test": (try_, "Invia un messaggio di prova firmato e dice che cosa non va. | Send a signed test message."),
}
