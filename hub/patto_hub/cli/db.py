"""`patto db`: upgrade, copy, check and restore the ledger."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands, Shell


def upgrade(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Bring the ledger's schema to this version; a copy is made first."""
    from patto_hub.cli.ledgers import damage_named
    from patto_hub.compose.hub import ledger_path
    from patto_hub.ledger import upgrade as upgrading

    shell = shell_of(context)
    path = ledger_path(shell.configuration())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with damage_named(path):
        steps = upgrading.upgrade(path)
    if as_json:
        shell.give({"ledger": path, "migrations": steps})
    elif steps:
        done = ", ".join(steps)
        shell.tell(f"{path}: eseguite le migrazioni {done}. | {path}: migrations {done} have run.")
    else:
        shell.tell(f"{path}: già aggiornato. | {path}: already up to date.")


def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(help="Il file della copia. | The copy's file.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Anche se esiste già. | Even if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy the ledger while it is in use, and check the copy."""
    from patto_hub.cli.ledgers import damage_named
    from patto_hub.compose.hub import ledger_path
    from patto_hub.ledger import backup as copying

    shell = shell_of(context)
    path = _existing(shell, ledger_path(shell.configuration()))
    try:
        with damage_named(path):
            copy = copying.make(path, target, replace=replace)
    except FileExistsError as error:
        raise shell.halt(str(error), Exit.USAGE) from error
    if as_json:
        shell.give(asdict(copy))
    else:
        shell.tell(f"{copy.path}: {copy.size:,} byte, verificata. | {copy.path}: {copy.size:,} bytes, checked.")


def check(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="Una copia; senza, il registro. | A copy; without it, the ledger.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Prove that the ledger, or a copy, is whole: every page, index and reference, the schema, the audit's chain."""
    from patto_hub.compose.hub import ledger_path
    from patto_hub.ledger import backup as copying
    from patto_hub.ledger.proof import prove

    shell = shell_of(context)
    found = copying.check(_existing(shell, file or ledger_path(shell.configuration())))
    proof = prove(found.path)
    if as_json:
        shell.give(asdict(found) | asdict(proof))
        return
    rows = ", ".join(f"{table} {count:,}" for table, count in found.rows.items())
    shell.tell(f"{found.path}: integro ({rows}). | {found.path}: sound ({rows}).")
    shell.tell(
        f"Audit: intatto (voci: {proof.audit_entries:,}; ultima: {proof.audit_head})."
        f" | Audit: untouched (entries: {proof.audit_entries:,}; last: {proof.audit_head})."
    )
    if proof.current:
        shell.tell("Schema: quello di questa versione. | Schema: that of this version.")
    else:
        shell.tell(
            f"Schema: migrazione {found.migration}, non di questa versione: non confrontato (patto db upgrade)."
            f" | Schema: migration {found.migration}, not of this version: not compared (patto db upgrade)."
        )


def restore(
    context: typer.Context,
    copy: Annotated[Path, typer.Argument(help="Una copia fatta con «patto db backup». | A copy.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Put a checked copy in the place of the ledger, which is kept as `.replaced`; the hub must be stopped."""
    from patto_connectors.ports import World
    from patto_hub.compose.hub import ledger_path
    from patto_hub.ledger import backup as copying

    shell = shell_of(context)
    now = World().milliseconds()
    found = copying.restore(_existing(shell, copy), ledger_path(shell.configuration()), now)
    if as_json:
        shell.give(asdict(found))
    else:
        shell.tell(
            f"{found.path}: ripristinato da {copy}; il registro di prima è in {found.path.name}.replaced."
            f" | {found.path}: restored from {copy}; the ledger before it is in {found.path.name}.replaced."
        )


def _existing(shell: Shell, path: Path) -> Path:
    if not path.is_file():
        raise shell.halt(f"{path}: il file non esiste. | {path}: there is no such file.")
    return path


commands: Commands = {
    "upgrade": (upgrade, "Aggiorna il registro a questa versione. | Upgrade the ledger to this version."),
    "backup": (backup, "Copia il registro mentre è in uso. | Copy the ledger while it is in use."),
    "restore": (restore, "Ripristina il registro da una copia. | Restore the ledger from a copy."),
    "check": (check, "Verifica il registro o una copia. | Check the ledger or a copy."),
}
