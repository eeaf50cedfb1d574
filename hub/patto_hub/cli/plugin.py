"""`patto plugin`: works with a broken plugin and without a ledger; plugins are only loaded in other processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.cli.shell import Commands, Shell

Name = Annotated[str, typer.Argument(help="Il nome del plugin. | The plugin's name.")]


def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the installed plugins, each loaded in a process of its own."""
    from patto_hub.extensions.found import installed
    from patto_hub.extensions.probe import probe

    shell = shell_of(context)
    said = probe(installed(), _switched_off(shell))
    if as_json:
        shell.give(said)
        return
    shell.table(
        ("plugin | plugin", "versione | version", "stato | state", "dettaglio | detail"),
        [(each["name"], f"{each['distribution']} {each['version']}", *_words(shell, each)) for each in said],
    )
    if shell.debug:
        for each in said:
            shell.tell(each.get("traceback", ""))


def _switched_off(shell: Shell) -> Mapping[str, str]:
    """Give who is switched off and why; with settings that cannot be read the list is shown all the same."""
    from patto_hub.extensions.switched_off import read_switched_off
    from patto_hub.settings.mistakes import WrongSettings

    try:
        return read_switched_off(shell.configuration(needed=False).data_dir)
    except WrongSettings as wrong:
        for mistake in wrong.mistakes:
            shell.warn(mistake.sentence(shell.language))
        shell.warn("Chi è disattivato non si vede. | Who is switched off is not shown.")
        return {}


def _words(shell: Shell, said: dict[str, Any]) -> tuple[str, str]:
    from patto_hub.extensions.words import why_not_loaded

    if said["state"] == "loaded":
        return shell.say("in uso | loaded"), ", ".join(said["connectors"] + said["feeds"] + said["checks"])
    state = "disattivato | switched off" if said["state"] == "off" else "non caricato | not loaded"
    return shell.say(state), why_not_loaded(said["code"], said["values"], shell.language)


def disable(
    context: typer.Context,
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="Perché. | Why.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Leave a plugin out from the next start on."""
    from patto_hub.extensions.switched_off import switch_off

    shell = shell_of(context)
    _known(shell, name)
    switch_off(shell.configuration(needed=False).data_dir, name, reason)
    if as_json:
        shell.give({"name": name, "enabled": False, "reason": reason})
        return
    shell.tell(f"{name}: disattivato dal prossimo avvio dell'hub. | {name}: switched off from the hub's next start on.")


def enable(context: typer.Context, name: Name, *, as_json: AsJson = False) -> None:
    """Load a plugin again from the next start on."""
    from patto_hub.extensions.switched_off import switch_on

    shell = shell_of(context)
    changed = switch_on(shell.configuration(needed=False).data_dir, name)
    if not changed:
        _known(shell, name)
    if as_json:
        shell.give({"name": name, "enabled": True, "changed": changed})
    elif changed:
        shell.tell(f"{name}: attivo dal prossimo avvio dell'hub. | {name}: loaded from the hub's next start on.")
    else:
        shell.tell(f"{name}: non era disattivato. | {name}: was not switched off.")


def _known(shell: Shell, name: str) -> None:
    from patto_hub.extensions.found import installed

    names = sorted({each.name for each in installed()})
    if name not in names:
        listed = ", ".join(names) or "-"
        raise shell.halt(
            f"Nessun plugin «{name}» installato; ci sono: {listed}"
            f" | No plugin '{name}' is installed; there are: {listed}",
            Exit.USAGE,
        )


commands: Commands = {
    "list": (list_, "Elenca i plugin e dice perché uno non è in uso. | List plugins, and why one is not in use."),
    "disable": (disable, "Disattiva un plugin. | Switch a plugin off."),
    "enable": (enable, "Riattiva un plugin. | Switch a plugin on again."),
}
