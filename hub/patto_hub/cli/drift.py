"""`patto drift`: where a partner's format moves away from the schema; fields and counts, never values."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub.cli.shell import AsJson, Exit, moment, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.ledgers import Desk
    from patto_hub.cli.shell import Commands, Shell

WHAT = {
    "added": "campo nuovo | new field",
    "missing": "campo che manca | missing field",
    "retyped": "valore di altra forma | value of another shape",
}


def list_(
    context: typer.Context,
    job: Annotated[
        str, typer.Argument(metavar="PARTNER/FLUSSO | PARTNER/STREAM", help="Solo questo. | Only this one.")
    ] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """List the fields that are not as agreed: which, what, since when, how often."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.ledger import drift

    shell = shell_of(context)
    with desk(shell) as at:
        noted = at.ledger.read_now(drift.jobs)
        if job:
            _require_known(shell, at, job, noted)
        found = [(name, each) for name in ([job] if job else noted) for each in at.ledger.read_now(drift.of_job, name)]
    rows: list[dict[str, Any]] = [
        {
            "job": name,
            "field": each.field,
            "what": each.what,
            "first_at": moment(each.first_at),
            "last_at": moment(each.last_at),
            "times": each.times,
        }
        for name, each in found
    ]
    if as_json:
        shell.give(rows)
    elif not rows:
        shell.tell("Ogni campo è come concordato. | Every field is as agreed.")
    else:
        _print(shell, rows)


def _print(shell: Shell, rows: list[dict[str, Any]]) -> None:
    shell.table(
        (
            "flusso | stream",
            "campo | field",
            "che cosa | what",
            "dal | first",
            "l'ultima volta | last",
            "volte | times",
        ),
        [
            (row["job"], row["field"], shell.say(WHAT[row["what"]]), row["first_at"], row["last_at"], row["times"])
            for row in rows
        ],
    )


def _require_known(shell: Shell, at: Desk, job: str, noted: list[str]) -> None:
    partners = at.configuration.settings.partners
    known = {f"{name}/{stream}" for name, part in partners.items() for stream in part.jobs} | set(noted)
    if job in known:
        return
    near = get_close_matches(job, known, n=1, cutoff=0.5)
    hint, hint_en = (f"; forse {near[0]}?", f"; did you mean {near[0]}?") if near else ("", "")
    raise shell.halt(f"Nessun flusso «{job}»{hint} | No stream '{job}'{hint_en}", Exit.USAGE)


commands: Commands = {
    "list": (list_, "Elenca i campi non concordati, mai i valori. | List fields not as agreed, never values."),
}
