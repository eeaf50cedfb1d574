"""`patto quarantine`: rows that were set aside, with their reason and who can mend them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands, Shell
    from patto_hub.ledger.quarantine import Quarantined
    from patto_hub.ledger.store import Connection

Number = Annotated[int, typer.Argument(metavar="N", help="Il numero della riga. | The row's number.")]
Job = Annotated[str, typer.Option("--job", help="Solo di questo flusso (partner/flusso). | Of this stream only.")]


def list_(context: typer.Context, job: Job = "", *, as_json: AsJson = False) -> None:
    """List the open rows: never their content."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.ledger import quarantine
    from patto_schemas.catalogue import OWNERS

    shell = shell_of(context)
    owners: dict[str, str] = {owner.value: words for owner, words in OWNERS[shell.language].items()}
    with desk(shell) as at:
        found = at.ledger.read_now(quarantine.open_entries, job=job or None)
    if as_json:
        shell.give([_facts(each) for each in found])
        return
    if not found:
        shell.tell("Nessuna riga in quarantena. | No rows in quarantine.")
        return
    shell.table(
        (
            "n | n",
            "flusso | stream",
            "dove | where",
            "perché | why",
            "chi corregge | who",
            "volte | times",
            "dal | since",
        ),
        [
            (each.id, each.job, each.position, _why(shell, each), owners[each.owner], each.times, _day(each.opened_at))
            for each in found
        ],
    )


def show(
    context: typer.Context,
    number: Number,
    *,
    content: Annotated[
        bool, typer.Option("--content", help="Anche la riga com'è arrivata. | The row's bytes too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show one row's issues and, asked for and audited, its bytes as they came."""
    from patto_hub.cli.aside import FOLLOW
    from patto_hub.cli.ledgers import actor, desk
    from patto_hub.ledger import audit, quarantine
    from patto_schemas.catalogue import checks_follow

    shell = shell_of(context)
    with desk(shell) as at:
        entry = at.ledger.read_now(quarantine.get, number)
        if entry is None:
            raise shell.halt(f"Nessuna riga numero {number}. | There is no row number {number}.")
        if content:
            at.ledger.write_now(audit.append, actor(), "quarantine.content", f"quarantine:{number}", {}, at.now)
    if as_json:
        row = entry.row.decode("utf-8", "backslashreplace")
        shell.give(_facts(entry) | ({"content": row} if content else {}))
        return
    shell.tell(f"{entry.job} · {entry.position} · run {entry.run_id} · {entry.state}")
    for sentence in _issues(shell, entry):
        shell.tell(f"  {sentence}")
    if checks_follow(entry.code):
        shell.tell(FOLLOW)
    if content:
        typer.echo(entry.row.decode("utf-8", "backslashreplace"))


def replay(
    context: typer.Context,
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="Il numero della riga. | The row's number.")
    ] = None,
    job: Job = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Read rows again from their kept bytes, after the plugin or the reference data were mended."""
    shell = shell_of(context)
    if (number is None) == (not job):
        raise shell.halt("Indicare il numero di una riga, oppure --job. | Give a row's number, or --job.", Exit.USAGE)
    if code := asyncio.run(_replay(shell, number, job, as_json=as_json)):
        raise typer.Exit(code)


async def _replay(shell: Shell, number: int | None, job: str, *, as_json: bool) -> Exit:
    from patto_hub.cli.aside import reasons_of
    from patto_hub.cli.ledgers import actor, hub_of
    from patto_hub.cli.runs import find_job, progress_bar, tell_outcome
    from patto_hub.ledger import audit, quarantine
    from patto_hub.road.replay import replay as again

    async with hub_of(shell) as hub:
        if number is not None:
            entry = await hub.ledger.read(quarantine.get, number)
            if entry is None or entry.state != "open":
                raise shell.halt(f"La riga {number} non è aperta. | Row {number} is not open.")
            job = entry.job
        subject = f"quarantine:{number}" if number is not None else job
        await hub.ledger.write(audit.append, actor(), "quarantine.replay", subject, {}, hub.world.milliseconds())
        with progress_bar(shell, job) as progress:
            outcome = await again(
                find_job(shell, hub, job),
                ledger=hub.ledger,
                world=hub.world,
                owner=hub.owner,
                numbers=None if number is None else [number],
                progress=progress,
            )
        why = await reasons_of(hub.ledger, outcome)
    return tell_outcome(shell, outcome, why, as_json=as_json)


def waive(
    context: typer.Context,
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="Perché; resta agli atti. | Why; it is kept.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Close a row that will not be mended, with a reason."""
    from patto_hub.cli.ledgers import actor, desk
    from patto_hub.ledger import quarantine

    shell = shell_of(context)
    with desk(shell) as at:

        def close(connection: Connection) -> None:
            if not quarantine.close(connection, number, state="waived", by=actor(), reason=reason, now=at.now):
                raise shell.halt(f"La riga {number} non è aperta. | Row {number} is not open.")

        try:
            at.write("quarantine.waive", close, lambda _: (f"quarantine:{number}", {"reason": reason}))
        except ValueError as error:
            raise shell.halt(
                "Serve un motivo: --reason '...' | A reason is needed: --reason '...'", Exit.USAGE
            ) from error
    if as_json:
        shell.give({"id": number, "state": "waived", "reason": reason})
        return
    shell.tell(f"Riga {number}: chiusa. | Row {number}: closed.")


def _facts(entry: Quarantined) -> dict[str, Any]:
    return {
        "id": entry.id,
        "job": entry.job,
        "run": entry.run_id,
        "position": entry.position,
        "kind": entry.kind,
        "code": entry.code,
        "owner": entry.owner,
        "state": entry.state,
        "times": entry.times,
        "opened_at": _day(entry.opened_at),
        "last_at": _day(entry.last_at),
        "issues": json.loads(entry.issues),
    }


def _why(shell: Shell, entry: Quarantined) -> str:
    return next(iter(_issues(shell, entry)), entry.code)


def _issues(shell: Shell, entry: Quarantined) -> list[str]:
    from patto_hub.cli.runs import say_issue

    return [say_issue(shell, each) for each in json.loads(entry.issues)]


def _day(instant: int) -> str:
    return datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


commands: Commands = {
    "list": (list_, "Elenca le righe aperte, con chi può correggerle. | List open rows and who can mend them."),
    "show": (show, "Mostra una riga e i suoi problemi. | Show a row and its issues."),
    "replay": (replay, "Rilegge righe già conservate. | Read kept rows again."),
    "waive": (waive, "Chiude una riga, con un motivo. | Close a row, with a reason."),
}
