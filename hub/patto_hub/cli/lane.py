"""`patto lane`: how each receiver is served; stop one, start it again, send it again what it has lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub.cli.shell import AsJson, Exit, moment, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands, Shell
    from patto_hub.compose.hub import Hub
    from patto_hub.ledger.again import Replay
    from patto_hub.ledger.lanes import Lane, LaneName

Partner = Annotated[str, typer.Argument(help="Il nome del partner. | The partner's name.")]
Feed = Annotated[str, typer.Argument(help="Il nome del flusso. | The feed's name.")]
Way = Annotated[
    str,
    typer.Option(
        "--way",
        help="webhook, signals o un flusso che consegna; serve solo se sono più d'uno."
        " | webhook, signals or a stream that delivers; needed only where there are several.",
    ),
]


def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the receivers: state, since when, what keeps them, when they are tried again, what waits for them."""
    shell = shell_of(context)
    rows = asyncio.run(_list(shell))
    if as_json:
        shell.give(rows)
        return
    shell.table(
        (
            "ricevente | receiver",
            "stato | state",
            "dal | since",
            "consegnato il | delivered",
            "fin qui | up to",
            "ultima | newest",
            "riprova il | tried again",
            "perché | why",
        ),
        [
            (
                f"{row['partner']}/{row['feed']}/{row['way']}",
                shell.say(_STATES[row["state"]]),
                row["since"],
                row["delivered_at"],
                row["position"],
                row["newest"],
                row["not_before"],
                row["trouble"],
            )
            for row in rows
        ],
    )


def schedule(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show when a receiver that does not take its messages is tried again."""
    from patto_hub.lanes.schedule import PROBES_S, published

    shell = shell_of(context)
    if as_json:
        shell.give({"attempts": [row._asdict() for row in published()], "probes_s": [round(each) for each in PROBES_S]})
        return
    shell.table(
        ("tentativo | attempt", "dopo | after", "dal primo, ore | since the first, hours"),
        [(row.attempt, f"{row.wait_s} s", f"{row.after_s / 3_600:.1f}") for row in published()],
    )
    minutes = ", ".join(f"{each / 60:.0f}" for each in PROBES_S)
    shell.tell(
        f"Poi un messaggio di prova dopo {minutes} minuti, e così via ogni ora: alla prima risposta buona riprende."
        f" | Then a probe after {minutes} minutes, and so on each hour: the first good answer resumes it."
    )


_STATES = {
    "running": "attivo | running",
    "waiting": "in attesa del ricevente | waiting",
    "disabled": "fermo | disabled",
}


async def _list(shell: Shell) -> list[dict[str, Any]]:
    from patto_hub.cli.ledgers import hub_of
    from patto_hub.ledger import feed, lanes

    async with hub_of(shell) as hub:
        newest = await hub.ledger.read(feed.newest)
        used = {lane.name: lane for lane in await hub.ledger.read(lanes.every)}
        unused = {name: lanes.Lane(**name._asdict()) for name in _named(hub) if name not in used}
    return [_facts(lane, newest) for _, lane in sorted({**used, **unused}.items())]


def _named(hub: Hub) -> list[LaneName]:
    """Give the lanes that the settings name, used or not."""
    from patto_hub.compose.lanes import make_ways
    from patto_hub.road.deliver import lane_of

    ways, _ = make_ways(hub.configuration, hub.subscriptions)
    streams = [lane_of(job, job.subscription.feed) for job in hub.jobs.values() if job.subscription is not None]
    return [*(way.name for way in ways), *streams]


def _facts(lane: Lane, newest: int) -> dict[str, Any]:
    return {
        "partner": lane.partner,
        "feed": lane.feed,
        "way": lane.way,
        "state": lane.state,
        "since": moment(lane.since or None),
        "updated_by": lane.updated_by,
        "position": lane.position,
        "newest": newest,
        "failures": lane.failures,
        "first_failed_at": moment(lane.first_failed_at),
        "not_before": moment(lane.not_before),
        "trouble": lane.trouble,
        "attempted_at": moment(lane.attempted_at),
        "delivered_at": moment(lane.delivered_at),
    }


def pause(
    context: typer.Context,
    partner: Partner,
    feed: Feed,
    reason: Annotated[str, typer.Option("--reason", help="Perché; resta agli atti. | Why; it is kept.")],
    way: Way = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Hand a receiver nothing until somebody resumes it; it keeps its place, and nothing is lost."""
    shell = shell_of(context)
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise shell.halt(
            f"Serve un motivo, al massimo {LONGEST_REASON} caratteri: --reason '...'"
            f" | A reason is needed, {LONGEST_REASON} characters at most: --reason '...'",
            Exit.USAGE,
        )
    name, changed = asyncio.run(_set(shell, (partner, feed, way), reason))
    _told(shell, name, changed, as_json=as_json, words=("fermo", "non era attivo", "stopped", "was not running"))


def resume(context: typer.Context, partner: Partner, feed: Feed, way: Way = "", *, as_json: AsJson = False) -> None:
    """Let a receiver be served again at once, whatever kept it: a pause, a 410, a wait."""
    shell = shell_of(context)
    name, changed = asyncio.run(_set(shell, (partner, feed, way), None))
    _told(shell, name, changed, as_json=as_json, words=("riprende", "era già attivo", "goes on", "was running"))


LONGEST_REASON = 200


def _told(shell: Shell, name: LaneName, changed: bool, *, as_json: bool, words: tuple[str, str, str, str]) -> None:
    if as_json:
        shell.give({"lane": str(name), "changed": changed})
        return
    done_it, not_it, done_en, not_en = words
    it, en = (done_it, done_en) if changed else (not_it, not_en)
    shell.tell(f"{name}: {it}. | {name}: {en}.")


async def _set(shell: Shell, asked: tuple[str, str, str], reason: str | None) -> tuple[LaneName, bool]:
    from patto_hub.cli.ledgers import actor, hub_of
    from patto_hub.ledger import lanes

    async with hub_of(shell) as hub:
        name = await _find(shell, hub, *asked)
        now = hub.world.milliseconds()
        if name.way in hub.configuration.settings.partners[name.partner].jobs:
            job = f"{name.partner}/{name.way}"
            raise shell.halt(
                f"«{name.way}» è un flusso: usare patto job pause {job}, patto job resume {job}"
                f" | '{name.way}' is a stream: use patto job pause {job}, patto job resume {job}",
                Exit.USAGE,
            )
        if reason is None:
            return name, await hub.ledger.write(lanes.start, name, by=actor(), now=now)
        return name, await hub.ledger.write(lanes.stop, name, by=actor(), reason=reason, now=now)


async def _find(shell: Shell, hub: Hub, partner: str, feed: str, way: str) -> LaneName:
    from patto_hub.ledger import lanes

    used = [lane.name for lane in await hub.ledger.read(lanes.every)]
    names = sorted({*_named(hub), *used})
    found = [name for name in names if (name.partner, name.feed) == (partner, feed) and way in ("", name.way)]
    if len(found) == 1 and partner in hub.configuration.settings.partners:
        return found[0]
    known = ", ".join(map(str, found or names)) or "-"
    if found:
        raise shell.halt(f"Indicare --way; ci sono: {known} | Name it by --way; there are: {known}", Exit.USAGE)
    raise shell.halt(
        f"Nessun ricevente «{partner}/{feed}»; ci sono: {known} | No receiver '{partner}/{feed}'; there are: {known}",
        Exit.USAGE,
    )


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
    shell.tell(
        f"{wish.lane}: reinvio n. {wish.id}{again}, stato: {wish.state} (patto lane list)."
        f" | {wish.lane}: replay {wish.id}{again}, state: {wish.state} (patto lane list)."
    )


async def _replay(shell: Shell, asked: tuple[str, str, str], wish: _Wish) -> tuple[Replay, bool]:
    from patto_hub.cli.ledgers import actor, hub_of
    from patto_hub.ledger import again

    async with hub_of(shell) as hub:
        name = await _find(shell, hub, *asked)
        after = await _after(shell, hub, name, wish)
        if wish.pact:
            subscription = hub.subscriptions.get((name.partner, name.feed))
            if subscription is None or subscription.head_of(wish.pact) is None:
                raise shell.halt(
                    f"«{wish.pact}»: serve un id del flusso, come pact-17 (campo «id» delle variazioni)."
                    f" | '{wish.pact}': an id of the feed is needed, as pact-17 (`id` of a change).",
                    Exit.USAGE,
                )
        key = wish.key or f"cli-{hub.world.token()}"
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
        return await hub.ledger.read(snapshots.position_at, instant)
    return 0


commands: Commands = {
    "list": (list_, "Elenca i riceventi e come sono serviti. | List receivers and how each is served."),
    "schedule": (schedule, "Mostra quando si riprova. | Show when a receiver is tried again."),
    "pause": (pause, "Ferma l'invio a un ricevente, con un motivo. | Stop a lane, with a reason."),
    "resume": (resume, "Riprende l'invio a un ricevente. | Let a lane go on."),
    "replay": (replay, "Invia di nuovo ciò che un ricevente ha perso. | Send again what a receiver has lost."),
}
