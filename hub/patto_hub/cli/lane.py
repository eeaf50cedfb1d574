"""`patto lane`: how each receiver is served; stop one, start it again, send it again what it has lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub.cli.lane_choice import Feed, Partner, Way, lane_named
from patto_hub.cli.lane_replay import replay
from patto_hub.cli.shell import AsJson, Exit, moment, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands, Shell
    from patto_hub.clock.calendar import Place
    from patto_hub.lanes.terms import Terms
    from patto_hub.ledger.lanes import Lane, LaneName


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
    "removed": "non più nelle impostazioni | no longer configured",
    "running": "attivo | running",
    "waiting": "in attesa del ricevente | waiting",
    "disabled": "fermo | disabled",
}


async def _list(shell: Shell) -> list[dict[str, Any]]:
    from patto_hub.cli.ledgers import hub_of
    from patto_hub.compose.lanes import terms_of
    from patto_hub.ledger import feed, lanes

    async with hub_of(shell) as hub:
        newest = await hub.ledger.read(feed.newest)
        terms = terms_of(hub.configuration)
        found = await hub.ledger.read(lanes.among, terms.keys())
        now = hub.world.milliseconds()
        return [_facts(lane, terms.get(lane.name), newest, now, hub.place) for lane in found]


def _facts(lane: Lane, terms: Terms | None, newest: int, now: int, place: Place) -> dict[str, Any]:
    return {
        "partner": lane.partner,
        "feed": lane.feed,
        "way": lane.way,
        "state": "removed" if terms is None else lane.state,
        "since": moment(lane.since or None),
        "updated_by": lane.updated_by,
        "position": lane.position,
        "newest": newest,
        "failures": lane.failures,
        "first_failed_at": moment(lane.first_failed_at),
        "not_before": None if terms is None else moment(terms.next_attempt(lane, now, place)),
        "quiet": [] if terms is None else [str(each) for each in terms.quiet.windows],
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
        name = await lane_named(shell, hub, *asked)
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


commands: Commands = {
    "list": (list_, "Elenca i riceventi e come sono serviti. | List receivers and how each is served."),
    "schedule": (schedule, "Mostra quando si riprova. | Show when a receiver is tried again."),
    "pause": (pause, "Ferma l'invio a un ricevente, con un motivo. | Stop a lane, with a reason."),
    "resume": (resume, "Riprende l'invio a un ricevente. | Let a lane go on."),
    "replay": (replay, "Invia di nuovo ciò che un ricevente ha perso. | Send again what a receiver has lost."),
}
