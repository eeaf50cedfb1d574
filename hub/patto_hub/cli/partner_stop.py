"""`patto partner pause` and `resume`: one switch for all that the hub does by itself with one partner."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_hub.cli.shell import Shell
    from patto_hub.compose.hub import Hub
    from patto_hub.ledger.lanes import LaneName
    from patto_hub.ledger.store import Connection

Name = Annotated[str, typer.Argument(help="Il nome del partner. | The partner's name.")]


class Work(NamedTuple):
    """What the hub does with a partner: its streams, by name, and the receivers that it tells."""

    jobs: Sequence[str]
    lanes: Sequence[LaneName]


def pause(
    context: typer.Context,
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="Perché; resta agli atti. | Why; it is kept.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Let the hub neither read from a partner nor send it anything, until somebody resumes it; nothing is lost."""
    from patto_hub.ledger import desk

    shell = shell_of(context)
    if not 0 < len(reason.strip()) <= desk.LONGEST_REASON:
        most = desk.LONGEST_REASON
        raise shell.halt(
            f"Serve un motivo, al massimo {most} caratteri: --reason '...'"
            f" | A reason is needed, {most} characters at most: --reason '...'",
            Exit.USAGE,
        )
    changed = asyncio.run(_switch(shell, name, reason))
    _told(shell, name, changed, paused=True, as_json=as_json)


def resume(context: typer.Context, name: Name, *, as_json: AsJson = False) -> None:
    """Let all streams and receivers of a partner go on, whatever stopped them; what waits is caught up with."""
    shell = shell_of(context)
    changed = asyncio.run(_switch(shell, name, None))
    _told(shell, name, changed, paused=False, as_json=as_json)


async def _switch(shell: Shell, name: str, reason: str | None) -> list[str]:
    """Stop or start all of it in one transaction; gives what was not so already."""
    from patto_hub.cli.ledgers import actor, hub_of

    async with hub_of(shell) as hub:
        if name not in hub.configuration.settings.partners:
            raise shell.halt(
                f"Nessun partner «{name}» (patto partner list). | There is no partner '{name}' (patto partner list).",
                Exit.USAGE,
            )
        return await hub.ledger.write(_all, _work(hub, name), reason, actor(), hub.world.milliseconds())


def _work(hub: Hub, partner: str) -> Work:
    from patto_hub.compose.lanes import make_ways

    ways, _ = make_ways(hub.configuration, hub.subscriptions)
    jobs = [name for name, job in sorted(hub.jobs.items()) if job.partner == partner]
    return Work(jobs, sorted(way.name for way in ways if way.name.partner == partner))


def _all(connection: Connection, work: Work, reason: str | None, by: str, now: int) -> list[str]:
    from patto_hub.ledger import desk, job_state, lanes

    changed = []
    for job in work.jobs:
        state = job_state.get(connection, job)
        ends = reason is not None and state.paused_until is not None  # a pause that would be over by itself
        if state.paused(now) == (reason is not None) and not ends:
            continue
        if reason is None:
            desk.go_on(connection, job, actor=by, now=now)
        else:
            desk.stop(connection, job, actor=by, reason=reason, until=None, now=now)
        changed.append(job)
    for lane in work.lanes:
        if reason is None:
            other = lanes.start(connection, lane, by=by, now=now)
        else:
            other = lanes.stop(connection, lane, by=by, reason=reason, now=now)
        changed += [str(lane)] if other else []
    return changed


def _told(shell: Shell, name: str, changed: list[str], *, paused: bool, as_json: bool) -> None:
    if as_json:
        shell.give({"partner": name, "paused": paused, "changed": changed})
        return
    it, en = ("sospeso", "paused") if paused else ("ripreso", "goes on")
    for each in changed:
        shell.tell(f"{each}: {it}. | {each}: {en}.")
    if not changed:
        shell.tell(f"{name}: nulla da cambiare. | {name}: nothing to change.")
    elif paused:
        shell.warn(
            "Il partner può ancora leggere da sé; per impedirlo: patto key revoke."
            " | The partner can still read by itself; to prevent that: patto key revoke."
        )
