"""`patto doctor`: whether this installation can work, and what to do where it cannot."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from patto_hub.cli.shell import Shell
    from patto_hub.settings.read import Configuration


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is well, and what was found."""

    what: str
    good: bool
    detail: str


def doctor(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Look at Python, settings, plugins, ledger and disk."""
    shell = shell_of(context)
    findings = list(_findings(shell))
    if as_json:
        shell.give([asdict(each) for each in findings])
    else:
        for each in findings:
            shell.tell(f"{'ok' if each.good else 'NO':>3}  {each.what}: {each.detail}")
    if not all(each.good for each in findings):
        raise typer.Exit(Exit.FAILED)


def _findings(shell: Shell) -> Iterator[Finding]:
    from patto_hub import __version__
    from patto_hub.settings.mistakes import WrongSettings

    yield Finding("patto", True, f"{__version__}, Python {sys.version.split()[0]}, {sys.prefix}")
    try:
        configuration = shell.configuration()
    except WrongSettings as wrong:
        for mistake in wrong.mistakes:
            yield Finding(shell.say("impostazioni | settings"), False, mistake.sentence(shell.language))
        return
    yield Finding(shell.say("impostazioni | settings"), True, str(configuration.file.resolve()))
    yield _folder(shell, configuration.data_dir)
    yield from _plugins(shell, configuration)
    yield from _ledger(shell, configuration)
    yield from _secrets(shell, configuration)


def _folder(shell: Shell, folder: Path) -> Finding:
    what = shell.say("cartella dei dati | data folder")
    parent = next(each for each in (folder, *folder.resolve().parents) if each.exists())
    if not os.access(parent, os.W_OK):
        return Finding(what, False, shell.say(f"{folder}: non è scrivibile | {folder}: cannot be written"))
    if folder.exists() and folder.stat().st_mode & 0o007:
        text = f"{folder}: altri possono leggerla (chmod 700) | {folder}: others can read it (chmod 700)"
        return Finding(what, False, shell.say(text))
    return Finding(what, True, str(folder))


def _plugins(shell: Shell, configuration: Configuration) -> Iterator[Finding]:
    from patto_hub.extensions.found import installed
    from patto_hub.extensions.probe import probe
    from patto_hub.extensions.switched_off import read_switched_off
    from patto_hub.extensions.words import why_not_loaded

    for said in probe(installed(), read_switched_off(configuration.data_dir)):
        if said["state"] == "loaded":
            yield Finding(f"plugin {said['name']}", True, ", ".join(said["connectors"]))
        else:
            why = why_not_loaded(said["code"], said["values"], shell.language)
            yield Finding(f"plugin {said['name']}", said["state"] == "off", why)


def _ledger(shell: Shell, configuration: Configuration) -> Iterator[Finding]:
    from patto_hub.compose.hub import ledger_path
    from patto_hub.ledger import storage, upgrade
    from patto_hub.ledger.backup import BadLedger
    from patto_hub.ledger.proof import prove

    path, what = ledger_path(configuration), shell.say("registro | ledger")
    if not path.exists():
        yield Finding(what, True, shell.say("nasce al primo avvio | the first start makes it"))
        return
    try:
        storage.require_sound(path)  # first: whatever else reads a damaged file may fail in any way
        upgrade.require_current(path)
        proof = prove(path)
    except (upgrade.WrongSchema, BadLedger) as error:
        yield Finding(what, False, shell.say(str(error)))
        return
    condition = storage.condition(path)
    sizes = f"{condition.file / 1e6:,.1f} MB, WAL {condition.journal / 1e6:,.1f} MB"
    yield Finding(what, True, f"{path}, {sizes}")
    proved = f"intatto (voci: {proof.audit_entries:,}) | untouched (entries: {proof.audit_entries:,})"
    yield Finding("audit", True, shell.say(proved))
    room = storage.room(path)
    free = f"{condition.disk_free / 1e9:,.1f} GB"
    yield Finding(shell.say("spazio sul disco | disk space"), room is None, free)


def _secrets(shell: Shell, configuration: Configuration) -> Iterator[Finding]:
    """Look for secret files that others than their owner can read."""
    for name, part in configuration.settings.partners.items():
        for value in part.settings.values():
            if isinstance(value, dict) and set(value) == {"file"}:
                file = configuration.file.parent / str(value["file"])
                if file.exists() and file.stat().st_mode & 0o077:
                    text = f"{file}: altri possono leggerlo (chmod 600) | {file}: others can read it (chmod 600)"
                    yield Finding(shell.say(f"segreto di {name} | secret of {name}"), False, shell.say(text))
