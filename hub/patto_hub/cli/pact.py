"""`patto pact`: what the partners say of a pact, now or as it was known on a day; each look is audited."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from patto_hub.cli.shell import Commands, Shell
    from patto_hub.ledger.dossiers import Statement

UNKNOWN: Final = (
    "Nessun patto con questo identificativo. Si cerca per chiave, CUP o protocollo."
    " | No pact has this identifier. It is looked for by key, CUP or protocol."
)
UNKNOWN_THEN: Final = (
    "A quella data non era noto alcun patto con questo identificativo."
    " | No pact with this identifier was known on that day."
)


def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="La chiave del patto, il CUP o il protocollo. | Its key.")],
    as_of: Annotated[
        str, typer.Option("--as-of", help="Com'era noto a quella data, per esempio 2025-12-31. | As known on that day.")
    ] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Show a pact's dossier: every record that a partner keeps of it, with its source."""
    from patto_hub.cli.ledgers import actor, desk
    from patto_hub.compose.hub import place_of
    from patto_hub.ledger import audit, dossiers

    shell = shell_of(context)
    with desk(shell) as at:
        instant = _instant(shell, as_of, place_of(at.configuration).zone) if as_of else None
        found = at.ledger.read_now(dossiers.pacts, name)
        said = at.ledger.read_now(dossiers.statements, found, instant) if found else []
        if not said:
            raise shell.halt(UNKNOWN_THEN if as_of else UNKNOWN)
        at.ledger.write_now(
            audit.append, actor(), "pact.show", ",".join(f"head:{pact.head_id}" for pact in found), {}, at.now
        )
    if as_json:
        shell.give([_record(each) for each in said])
        return
    for each in said:
        _print(shell, each)


def _instant(shell: Shell, text: str, zone: ZoneInfo) -> int:
    """Read a day (until its end, local time) or an instant."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise shell.halt(
            f"«{text}»: serve una data, come 2025-12-31 o 2025-12-31T12:00."
            f" | '{text}': a date is needed, as 2025-12-31 or 2025-12-31T12:00.",
            Exit.USAGE,
        ) from error
    if "T" not in text and " " not in text:
        moment = datetime.combine(moment.date(), time.max)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return int(moment.timestamp() * 1000)


def _record(said: Statement) -> dict[str, Any]:
    return {
        "partner": said.partner,
        "kind": said.kind,
        "key": said.key,
        "version": said.version,
        "valid_from": _iso(said.valid_from),
        "known_at": _iso(said.known_at),
        "run": said.run_id,
        "position": said.position,
        "deleted": bool(said.tombstone),
        "record": None if said.payload is None else json.loads(said.payload),
    }


def _print(shell: Shell, said: Statement) -> None:
    head = f"{said.kind} {said.key} · {said.partner} · v{said.version}"
    known = shell.say("noto dal | known since")
    shell.tell(f"{head} · {known} {_iso(said.known_at)} · run {said.run_id} {said.position}")
    if said.tombstone:
        shell.tell("  non c'è più presso il partner | the partner no longer has it")
    elif said.payload is None:
        shell.tell("  contenuto cancellato | content erased")
    else:
        for line in json.dumps(json.loads(said.payload), ensure_ascii=False, indent=2).splitlines()[1:-1]:
            typer.echo(line)


def _iso(instant: int) -> str:
    return datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


commands: Commands = {"show": (show, "Mostra il fascicolo di un patto, oggi o a una data. | Show a pact's dossier.")}
