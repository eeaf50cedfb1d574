"""The command `patto`: its table of contents; each command loads what it needs only when it is called."""

from __future__ import annotations

import os
import sys
from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub import __version__
from patto_hub.cli import (
    audit,
    config,
    db,
    doctor,
    drift,
    erasure,
    feed,
    job,
    key,
    lane,
    pact,
    partner,
    plugin,
    quarantine,
    runs,
    sandbox,
    schema,
    serve,
    staff,
    webhook,
)
from patto_hub.cli import status as standing
from patto_hub.cli.ends import ended
from patto_hub.cli.italian import speak_italian
from patto_hub.cli.shell import BETWEEN, Language, Shell, pick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_hub.cli.shell import Commands

GROUPS: Mapping[str, tuple[Commands, str]] = {
    "pact": (pact.commands, "Ciò che i partner dicono di un patto. | What partners say of a pact."),
    "quarantine": (
        quarantine.commands,
        "Righe messe da parte: vederle, rileggerle, chiuderle. | Rows set aside: see, replay, close them.",
    ),
    "job": (job.commands, "I flussi: elencarli, sospenderli, riprenderli. | Streams: list, pause, resume them."),
    "drift": (drift.commands, "Campi cambiati rispetto all'accordo. | Fields that are not as agreed."),
    "partner": (partner.commands, "Chi invia e chi riceve. | Who sends and who receives."),
    "key": (key.commands, "Le chiavi dei partner. | Partners' keys."),
    "staff": (staff.commands, "Chi accede alla console. | Who signs in to the console."),
    "plugin": (plugin.commands, "I plugin installati. | Installed plugins."),
    "schema": (schema.commands, "Gli schemi pubblicati. | Published schemas."),
    "feed": (feed.commands, "I flussi in uscita. | What partners can read."),
    "erasure": (
        erasure.commands,
        "Cancellare per sempre un patto e la sua persona. | Erase a pact and its person for good.",
    ),
    "lane": (lane.commands, "Chi riceve da sé: stato, fermo, ripresa, reinvio. | Receivers: state, stop, replay."),
    "webhook": (webhook.commands, "I webhook: chiavi e prova. | Webhooks: keys and a test."),
    "sandbox": (sandbox.commands, "L'ambiente di prova per i partner. | The sandbox for partners."),
    "audit": (audit.commands, "Chi ha fatto che cosa e quando. | Who did what and when."),
    "config": (config.commands, "Le impostazioni. | Settings."),
    "db": (db.commands, "Il registro: aggiornarlo, copiarlo, verificarlo. | The ledger: upgrade, copy, check it."),
}
COMMANDS: Commands = {
    "serve": (serve.serve, "Avvia l'hub. | Start the hub."),
    "demo": (serve.demo, "Avvia un hub con partner simulati. | Start a hub with simulated partners."),
    "status": (standing.status, "Come sta ogni flusso: aggiornato, in ritardo, fermo. | How each stream stands."),
    "run": (runs.run, "Legge ora un flusso. | Read a stream now."),
    "preview": (runs.preview, "Mostra che cosa cambierebbe, senza scrivere. | Show what would change; write nothing."),
    "check": (runs.check, "Prova il collegamento con un partner, passo per passo. | Try a partner's connection."),
    "doctor": (doctor.doctor, "Controlla l'installazione. | Check the installation."),
}


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"patto {__version__}")
        raise typer.Exit


def make_app() -> typer.Typer:
    """Put the commands together."""
    app = typer.Typer(
        name="patto",
        help="Patto: l'hub dei patti di inclusione. | Patto: the hub of inclusion pacts.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(root)
    for name, (function, text) in COMMANDS.items():
        app.command(name, help=text)(function)
    for name, (commands, text) in GROUPS.items():
        group = typer.Typer(help=text, no_args_is_help=True, rich_markup_mode=None)
        for inner, (function, inner_text) in commands.items():
            group.command(inner, help=inner_text)(function)
        app.add_typer(group, name=name)
    return app


def root(
    context: typer.Context,
    config: Annotated[  # noqa: A002, RUF100 - the option's name
        Path | None, typer.Option("--config", help="Il file delle impostazioni. | The settings file.")
    ] = None,
    lang: Annotated[Language, typer.Option("--lang", help="Lingua: it o en. | Language: it or en.")] = "it",
    debug: Annotated[bool, typer.Option("--debug", help="Mostra l'errore per intero. | Show errors in full.")] = False,
    version: Annotated[  # noqa: ARG001 - acted on when it is read
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="La versione. | The version."),
    ] = False,
) -> None:
    """Take the options of every command."""
    context.obj = Shell(language=lang, config=config, debug=debug)


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command and give its exit code."""
    language = _language(arguments, environment)
    command = typer.main.get_command(make_app())
    _translate(command, language)
    return ended(command, list(arguments), language, debug="--debug" in arguments)


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:], os.environ))


def _language(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Find the language before anything is parsed: help and usage errors need it too."""
    asked = environment.get("PATTO_LANG", "it")
    for index, each in enumerate(arguments):
        if each.startswith("--lang="):
            asked = each.removeprefix("--lang=")
        elif each == "--lang" and index + 1 < len(arguments):
            asked = arguments[index + 1]
    return "en" if asked.startswith("en") else "it"


def _translate(command: Any, language: Language) -> None:  # noqa: ANN401 - typer's own, not public
    """Leave one language in every help text, and make it the default of `--lang`."""
    command.help = pick(command.help or "", language)
    if language == "it":
        speak_italian(command)
    for parameter in command.params:
        if BETWEEN in (getattr(parameter, "help", None) or ""):
            parameter.help = pick(parameter.help, language)
        if BETWEEN in (parameter.metavar or ""):
            parameter.metavar = pick(parameter.metavar, language)
        if parameter.name == "lang":
            parameter.default = language
    for inner in getattr(command, "commands", {}).values():
        _translate(inner, language)


if __name__ == "__main__":
    main()
