"""`patto run`, `patto preview`, `patto check`: one stream, now."""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager
from dataclasses import asdict
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from patto_connectors.http.probe import Stage
    from patto_hub.balance import Balance
    from patto_hub.cli.shell import Shell
    from patto_hub.compose.hub import Hub
    from patto_hub.jobs import Job
    from patto_hub.ledger.quarantine import Reason
    from patto_hub.ledger.runs import Outcome
    from patto_hub.preview import Preview

JobName = Annotated[
    str, typer.Argument(metavar="PARTNER/FLUSSO | PARTNER/STREAM", help="Come lecce/pacts. | As lecce/pacts.")
]


def run(
    context: typer.Context,
    job: JobName,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Legge tutto, non scrive nulla. | Write nothing.")] = False,
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm-disappearance",
            metavar="MOTIVO | REASON",
            help="Lascia sparire i record che l'elenco completo omette; il motivo resta agli atti."
            " | Let the records go that the full list leaves out; the reason is kept.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read a stream now, whatever its plan says, and show the balance."""
    shell = shell_of(context)
    if dry_run and confirm is not None:
        raise shell.halt(
            "--dry-run non scrive nulla: non può confermare. | --dry-run writes nothing: it cannot confirm.", Exit.USAGE
        )
    code = asyncio.run(_dry(shell, job, as_json=as_json) if dry_run else _run(shell, job, confirm, as_json=as_json))
    if code:
        raise typer.Exit(code)


async def _run(shell: Shell, name: str, confirm: str | None, *, as_json: bool) -> Exit:
    from patto_hub.cli.aside import reasons_of
    from patto_hub.cli.ledgers import hub_of
    from patto_hub.clock.dispatcher import InProcess
    from patto_hub.compose.runs import TellingRunner
    from patto_hub.extensions.tell import PATIENCE

    async with hub_of(shell) as hub:
        job = find_job(shell, hub, name)
        if confirm is not None:
            await _confirm(shell, hub, name, confirm)
        with progress_bar(shell, name) as progress:
            runner = TellingRunner(extensions=hub.extensions, place=hub.place, progress=progress)
            dispatcher = InProcess(ledger=hub.ledger, world=hub.world, jobs=hub.jobs, run=runner, owner=hub.owner)
            outcome = await dispatcher.once(job, "cli")
        await runner.finish(PATIENCE.time_s)
        why = await reasons_of(hub.ledger, outcome)
    return tell_outcome(shell, outcome, why, as_json=as_json)


async def _confirm(shell: Shell, hub: Hub, name: str, reason: str) -> None:
    """Let the records go that the last full list left out, in the caller's name."""
    from patto_hub.cli.ledgers import actor
    from patto_hub.ledger import desk

    now = hub.world.milliseconds()
    try:
        count = await hub.ledger.write(desk.allow_vanished, name, actor=actor(), reason=reason, now=now)
    except ValueError as error:
        raise shell.halt(
            "Serve un motivo: --confirm-disappearance '...' | A reason is needed: --confirm-disappearance '...'",
            Exit.USAGE,
        ) from error
    except LookupError as error:
        raise shell.halt(
            f"{name}: nessuna sparizione attende conferma. | {name}: no disappearance waits to be confirmed.",
            Exit.USAGE,
        ) from error
    shell.warn(
        f"Confermata la sparizione di {count} record, non di più; il motivo è agli atti."
        f" | The disappearance of {count} records, and no more, is confirmed; the reason is kept."
    )


def tell_outcome(shell: Shell, outcome: Outcome | None, why: Sequence[Reason], *, as_json: bool) -> Exit:
    """Show what a run came to, why it set rows aside, and give the exit code that says so.

    Raises:
        Halt: there was no run, because another one of the same stream is under way.
    """
    from patto_connectors.errors import Unreachable
    from patto_hub.cli.aside import facts, tell_aside

    if outcome is None:
        raise shell.halt(
            "Il flusso è già in lettura: riprovare quando ha finito (patto status)."
            " | The stream is being read already: try again when that has ended (patto status).",
            Exit.TEMPORARY,
        )
    trouble = outcome.trouble
    if as_json:
        said = None if trouble is None else {"code": trouble.code, "detail": trouble.detail, "hint": trouble.hint}
        shell.give(
            {
                "job": outcome.run.job,
                "run": outcome.run.id,
                "state": outcome.state,
                "balance": asdict(outcome.balance),
                "closes": outcome.balance.closes,
                "trouble": said,
                "set_aside": facts(shell, why),
            }
        )
    else:
        tell_balance(shell, outcome.balance)
        if outcome.balance.quarantined:
            tell_aside(shell, outcome.run.job, why)
        if trouble is not None:
            shell.warn(trouble.detail)
            if trouble.hint:
                shell.warn(f"→ {shell.say(trouble.hint)}")
        elif outcome.state == "failed":
            shell.warn(
                "La lettura è fallita per un errore del connettore (patto status)."
                " | The reading failed by a fault of the plugin (patto status)."
            )
    if outcome.state == "done":
        return Exit.PARTIAL if outcome.balance.quarantined or outcome.balance.refused else Exit.OK
    if outcome.state == "partial":
        return Exit.PARTIAL
    return Exit.TEMPORARY if isinstance(trouble, Unreachable) else Exit.FAILED


async def _dry(shell: Shell, name: str, *, as_json: bool) -> Exit:
    found = await _previewed(shell, name, None)
    if as_json:
        shell.give({"job": name, "balance": asdict(found.balance), "closes": found.balance.closes})
    else:
        shell.tell("Prova: nulla è stato scritto. | Dry run: nothing was written.")
        tell_balance(shell, found.balance)
    return Exit.PARTIAL if found.set_aside else Exit.OK


def preview(
    context: typer.Context,
    job: JobName,
    rows: Annotated[int, typer.Option("--rows", help="Quante righe leggere. | How many rows to read.")] = 200,
    *,
    values: Annotated[
        bool, typer.Option("--values", help="Anche i valori (dati personali). | Values too (personal data).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show field by field what a run would change; nothing is written."""
    shell = shell_of(context)
    found = asyncio.run(_previewed(shell, job, rows, values=values))
    if as_json:
        shell.give(_preview_facts(found, values=values))
    else:
        _print_preview(shell, found, values=values)
    if found.set_aside:
        raise typer.Exit(Exit.PARTIAL)


async def _previewed(shell: Shell, name: str, most: int | None, *, values: bool = False) -> Preview:
    from patto_hub.cli.ledgers import actor, hub_of
    from patto_hub.ledger import audit
    from patto_hub.preview import preview as compare

    async with hub_of(shell) as hub:
        job = find_job(shell, hub, name)
        if values:
            await hub.ledger.write(audit.append, actor(), "preview.values", name, {}, hub.world.milliseconds())
        with progress_bar(shell, name) as progress:
            return await compare(job, ledger=hub.ledger, world=hub.world, most=most, progress=progress)


def _preview_facts(found: Preview, *, values: bool) -> dict[str, Any]:
    return {
        "balance": asdict(found.balance),
        "cut": found.cut,
        "changes": [
            {
                "kind": each.kind,
                "key": each.key,
                "position": each.position,
                "new": each.new,
                "fields": [asdict(change) if values else change.pointer for change in each.fields],
            }
            for each in found.changes
        ],
        "set_aside": [asdict(each) for each in found.set_aside],
    }


def _print_preview(shell: Shell, found: Preview, *, values: bool) -> None:
    for each in found.changes:
        word = shell.say("nuovo | new") if each.new else shell.say("cambia | changes")
        typer.echo(f"{word}: {each.kind} {each.key} ({each.position})")
        if values or not each.new:
            for change in each.fields:
                typer.echo(f"    {change.pointer}" + (f": {change.before!r} → {change.after!r}" if values else ""))
    for aside in found.set_aside:
        shell.tell(f"da parte: {aside.position} | set aside: {aside.position}")
        for issue in aside.issues:
            typer.echo(f"    {say_issue(shell, issue)}")
    tell_balance(shell, found.balance)
    if found.cut:
        shell.tell("Letto solo l'inizio (--rows). | Only the beginning was read (--rows).")


def say_issue(shell: Shell, issue: Mapping[str, Any]) -> str:
    """Say an issue that was kept as JSON: where, and what is wrong."""
    from patto_schemas.catalogue import explain
    from patto_schemas.issues import Issue

    said = explain(Issue(issue["code"], issue["where"], values=issue.get("values", {})), shell.language)
    return f"{issue['where']}: {said}"


def check(context: typer.Context, job: JobName, *, as_json: AsJson = False) -> None:
    """Try a partner's connection stage by stage, and say who must act where it stops."""
    shell = shell_of(context)
    stages = asyncio.run(_check(shell, job))
    if as_json:
        shell.give([asdict(stage) for stage in stages])
    else:
        for stage in stages:
            _print_stage(shell, stage)
    if not stages[-1].good:
        raise typer.Exit(Exit.TEMPORARY if stages[-1].later else Exit.FAILED)


async def _check(shell: Shell, name: str) -> list[Stage]:
    from patto_connectors.http.probe import probe
    from patto_hub.cli.ledgers import hub_of
    from patto_hub.road.given import source_of

    async with hub_of(shell) as hub:
        job = find_job(shell, hub, name)
        return [stage async for stage in probe(source_of(job, hub.ledger), job.connector.translate)]


def _print_stage(shell: Shell, stage: Stage) -> None:
    typer.echo(f"{'ok' if stage.good else 'NO':>3}  {stage.name:7} {shell.say(f'{stage.it} | {stage.en}')}")
    if not stage.good and shell.language == "it":
        typer.echo(f"     dettaglio: {stage.en}")
    for name, value in stage.seen:
        typer.echo(f"     {shell.say(name)} = {value}")
    if stage.fix_it:
        typer.echo("     → " + shell.say(f"{stage.fix_it} | {stage.fix_en}"))
    if stage.owner is not None:
        who = {
            "partner": "chi gestisce il sistema del partner | whoever runs the partner's system",
            "engineer": "chi cura la configurazione dell'hub | whoever configures the hub",
            "ambito": "l'Ambito | the social district",
            "region": "la Regione | the region",
        }[stage.owner]
        typer.echo("     " + shell.say("deve agire: | who must act:") + f" {shell.say(who)}")


def find_job(shell: Shell, hub: Hub, name: str) -> Job:
    """Find a job by name, or say why it cannot be run, or which was probably meant."""
    if name in hub.jobs:
        return hub.jobs[name]
    for each in hub.unusable:
        if each.job == name:
            raise shell.halt(f"{name}: {each.sentence(shell.language)}", Exit.CONFIG)
    near = get_close_matches(name, hub.jobs, n=1, cutoff=0.5)
    known = ", ".join(sorted(hub.jobs)) or "-"
    hint = f"; forse {near[0]}?" if near else f"; ci sono: {known}"
    hint_en = f"; did you mean {near[0]}?" if near else f"; there are: {known}"
    raise shell.halt(f"Nessun flusso «{name}»{hint} | No stream '{name}'{hint_en}", Exit.USAGE)


def tell_balance(shell: Shell, balance: Balance) -> None:
    """Write a balance sheet: what was read, and what became of it."""
    words = {
        "new": "nuovi | new",
        "changed": "aggiornati | changed",
        "unchanged": "già noti | unchanged",
        "duplicate": "ripetuti | duplicate",
        "parked": "in attesa di altri dati | waiting for other data",
        "quarantined": "in quarantena | quarantined",
        "refused": "rifiutati | refused",
    }
    typer.echo(shell.say("letti | read") + f" {balance.read:>12,}")
    for name, word in words.items():
        if count := getattr(balance, name):
            typer.echo(f"  {count:>12,} {shell.say(word)}")
    if balance.released:
        typer.echo(f"  {balance.released:>12,} " + shell.say("sbloccati, erano in attesa | released, had waited"))
    if not balance.closes:
        shell.warn("I conti non tornano: è un difetto dell'hub, segnalarlo. | The balance does not close: report it.")


@contextmanager
def progress_bar(shell: Shell, name: str) -> Iterator[Callable[[Balance], None] | Any]:
    """Show on a terminal how far a reading has come; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda _balance: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(name, total=None)
        text = shell.say("{0}: {1} letti, {2} pagine | {0}: {1} read, {2} pages")
        yield lambda balance: bar.update(task, description=text.format(name, f"{balance.read:,}", f"{balance.pages:,}"))
