"""`patto job`: the streams of the settings; pause one, let it go on."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from patto_hub.cli.runs import JobName, find_job
from patto_hub.cli.shell import AsJson, Exit, moment, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands, Shell
    from patto_hub.clock.calendar import Place
    from patto_hub.compose.hub import Hub
    from patto_hub.jobs import Job
    from patto_hub.ledger.job_state import JobState

WRONG_END: Final = (
    "--until: serve un momento futuro, come 2026-12-31T08:00 (ora locale) o 2026-12-31 (fino a fine giornata)."
    " | --until: a moment to come is needed, as 2026-12-31T08:00 (local time) or 2026-12-31 (to the day's end)."
)


def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the streams: what reads them, when next, who paused them and why."""
    asyncio.run(_list(shell_of(context), as_json=as_json))


async def _list(shell: Shell, *, as_json: bool) -> None:
    from patto_hub.cli.ledgers import hub_of
    from patto_hub.ledger import job_state

    async with hub_of(shell) as hub:
        states = await hub.ledger.read(job_state.of_jobs, list(hub.jobs))
        rows = [_facts(shell, hub, job, states[name]) for name, job in sorted(hub.jobs.items())]
        rows += [_unusable(each.job, each.sentence(shell.language)) for each in hub.unusable]
    if as_json:
        shell.give(rows)
    elif not rows:
        shell.tell("Nessun flusso è configurato. | No stream is configured.")
    else:
        shell.table(
            ("flusso | stream", "plugin | plugin", "attesa | expected", "prossima lettura | next", "sospeso | paused"),
            [(row["job"], row["plugin"], row["expected"], row["next_at"], _said(shell, row)) for row in rows],
        )


def _facts(shell: Shell, hub: Hub, job: Job, state: JobState) -> dict[str, Any]:
    from patto_hub.clock import slots
    from patto_hub.web.standing import expected
    from patto_hub.web.words import Words

    now = hub.world.milliseconds()
    paused = state.paused(now)
    slot = None if paused else slots.following(job.schedule, now, hub.place, job=job.name)
    return {
        "job": job.name,
        "plugin": job.plugin,
        "expected": expected(job.schedule, Words(language=shell.language, now=now, place=hub.place)),
        "next_at": None if slot is None else moment(max(slot.due_at, state.not_before or 0)),
        "paused": _pause_facts(state) if paused else None,
        "unusable": None,
    }


def _pause_facts(state: JobState) -> dict[str, Any]:
    return {
        "by": state.paused_by,
        "reason": state.pause_reason,
        "since": moment(state.paused_at),
        "until": moment(state.paused_until),
    }


def _unusable(name: str, reason: str) -> dict[str, Any]:
    return {"job": name, "plugin": None, "expected": None, "next_at": None, "paused": None, "unusable": reason}


def _said(shell: Shell, row: dict[str, Any]) -> str:
    if row["unusable"]:
        return str(row["unusable"])
    if row["paused"] is None:
        return ""
    until = row["paused"]["until"] or shell.say("nuova decisione | somebody resumes it")
    text = shell.say("da {0}: {1}; fino a {2} | by {0}: {1}; until {2}")
    return text.format(row["paused"]["by"], row["paused"]["reason"], until)


def pause(
    context: typer.Context,
    job: JobName,
    reason: Annotated[str, typer.Option("--reason", help="Perché; resta agli atti. | Why; it is kept.")],
    until: Annotated[
        str,
        typer.Option(
            "--until",
            metavar="ISO",
            help="Fino a quando, ora locale; senza, finché qualcuno lo riprende."
            " | Until when, local time; without it until somebody resumes it.",
        ),
    ] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Let a stream make no more readings, until an instant or until somebody resumes it; nothing is lost."""
    asyncio.run(_pause(shell_of(context), job, reason, until, as_json=as_json))


async def _pause(shell: Shell, name: str, reason: str, until: str, *, as_json: bool) -> None:
    from patto_hub.cli.ledgers import actor, hub_of
    from patto_hub.ledger import desk

    async with hub_of(shell) as hub:
        find_job(shell, hub, name)
        now = hub.world.milliseconds()
        end = _end(shell, until, hub.place, now) if until else None
        if not 0 < len(reason.strip()) <= desk.LONGEST_REASON:
            most = desk.LONGEST_REASON
            raise shell.halt(
                f"Serve un motivo, al massimo {most} caratteri: --reason '...'"
                f" | A reason is needed, {most} characters at most: --reason '...'",
                Exit.USAGE,
            )
        await hub.ledger.write(desk.stop, name, actor=actor(), reason=reason, until=end, now=now)
    if as_json:
        shell.give({"job": name, "paused": True, "until": moment(end)})
    elif end is None:
        shell.tell(f"{name}: sospeso, finché qualcuno lo riprende. | {name}: paused, until somebody resumes it.")
    else:
        shell.tell(f"{name}: sospeso fino a {moment(end)}. | {name}: paused until {moment(end)}.")


def _end(shell: Shell, text: str, place: Place, now: int) -> int:
    """Read the end of a pause: a day until its end, a local time, or a time with its offset.

    Raises:
        Halt: it is none of them, or not in the future.
    """
    try:
        wall = datetime.fromisoformat(text)
    except ValueError as error:
        raise shell.halt(WRONG_END, Exit.USAGE) from error
    if len(text) == len(date.min.isoformat()):
        wall += timedelta(days=1)
    end = place.instant(wall) if wall.tzinfo is None else int(wall.astimezone(UTC).timestamp()) * 1000
    if end <= now:
        raise shell.halt(WRONG_END, Exit.USAGE)
    return end


def resume(context: typer.Context, job: JobName, *, as_json: AsJson = False) -> None:
    """Let a paused stream go on; what was planned meanwhile is caught up with."""
    asyncio.run(_resume(shell_of(context), job, as_json=as_json))


async def _resume(shell: Shell, name: str, *, as_json: bool) -> None:
    from patto_hub.cli.ledgers import actor, hub_of
    from patto_hub.ledger import desk, job_state

    async with hub_of(shell) as hub:
        find_job(shell, hub, name)
        now = hub.world.milliseconds()
        was_paused = (await hub.ledger.read(job_state.get, name)).paused(now)
        if was_paused:
            await hub.ledger.write(desk.go_on, name, actor=actor(), now=now)
    if as_json:
        shell.give({"job": name, "paused": False, "changed": was_paused})
    elif was_paused:
        shell.tell(f"{name}: ripreso. | {name}: goes on.")
    else:
        shell.tell(f"{name}: non era sospeso. | {name}: was not paused.")


commands: Commands = {
    "list": (list_, "Elenca i flussi, con la prossima lettura e le sospensioni. | List streams, next reading, pauses."),
    "pause": (pause, "Sospende un flusso, con un motivo. | Pause a stream, with a reason."),
    "resume": (resume, "Riprende un flusso sospeso. | Let a paused stream go on."),
}
