"""`patto config`: reads all settings as the hub would."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands
    from patto_hub.settings.mistakes import Mistake
    from patto_hub.settings.read import Configuration


def check(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Read all settings, the partners' own too, and name every mistake."""
    from patto_hub.settings.mistakes import WrongSettings

    shell = shell_of(context)
    mistakes: list[Mistake] = []
    troubles: list[str] = []
    warnings: list[str] = []
    try:
        configuration = shell.configuration()
    except WrongSettings as wrong:
        mistakes = list(wrong.mistakes)
    else:
        troubles, warnings = _partners(configuration, shell.language)
    said = [mistake.sentence(shell.language) for mistake in mistakes] + troubles
    if as_json:
        shell.give({"ok": not said, "mistakes": said, "warnings": warnings})
    else:
        for sentence in said:
            shell.warn(sentence)
        for sentence in warnings:
            shell.warn(shell.say("attenzione: | warning:") + f" {sentence}")
        if not said:
            shell.tell("Le impostazioni sono corrette. | The settings are right.")
    if said:
        raise typer.Exit(Exit.CONFIG)


def _partners(configuration: Configuration, language: str) -> tuple[list[str], list[str]]:
    """Put all jobs together as the hub would; gives what keeps one from running, and what will surprise."""
    from patto_hub.cli.feed import feeds_of
    from patto_hub.cli.shell import pick
    from patto_hub.clock.slots import problems
    from patto_hub.compose.jobs import Stock, make_jobs
    from patto_hub.compose.lanes import make_ways
    from patto_hub.compose.subscriptions import NO_SECRET, make_subscriptions
    from patto_hub.extensions.start import load_for_start

    known = feeds_of(configuration.data_dir)
    extensions = load_for_start(configuration.data_dir)
    numbers = dict.fromkeys(configuration.settings.partners, 0)
    subscriptions, not_given = make_subscriptions(configuration, known, NO_SECRET)
    stock = Stock(
        configuration=configuration, extensions=extensions, feeds=known, numbers=numbers, subscriptions=subscriptions
    )
    jobs, unusable = make_jobs(stock)
    troubles = [f"{each.job}: {each.sentence(language)}" for each in unusable]
    _, unusable_ways = make_ways(configuration, subscriptions)
    access = _access(configuration)
    troubles += [mistake.sentence(language) for mistake in (*not_given, *unusable_ways, *access)]
    warnings = [f"{job.name}: {pick(each, language)}" for job in jobs.values() for each in problems(job.schedule)]
    return troubles, warnings


def _access(configuration: Configuration) -> list[Mistake]:
    """Read all keys and certificates that the settings name, as the hub would."""
    from patto_connectors.modi import SeenHere
    from patto_hub.compose.access import make_admission
    from patto_hub.compose.tls import tls_of
    from patto_hub.settings.mistakes import WrongSettings

    _, mistakes = make_admission(configuration, {}, SeenHere())
    try:
        tls_of(configuration)
    except WrongSettings as wrong:
        mistakes += wrong.mistakes
    return mistakes


def init(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(help="Il file; senza, dove l'hub lo cerca. | The file; without it, where the hub looks for it."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write the commented example of the settings; a file that exists is left as it is."""
    from patto_hub.settings.read import config_file, example

    shell = shell_of(context)
    target = file or config_file(shell.config, shell.environment)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as made:
            made.write(example())
    except FileExistsError as error:
        raise shell.halt(
            f"{target}: il file c'è già e resta com'è. | {target}: the file exists already and is left as it is.",
            Exit.USAGE,
        ) from error
    except OSError as error:
        raise shell.halt(
            f"{target}: il file non si scrive ({error.strerror}). | {target}: cannot be written ({error.strerror}).",
            Exit.CONFIG,
        ) from error
    if as_json:
        shell.give({"file": target})
    else:
        shell.tell(
            f"{target}: scritto. Adattarlo, poi: patto --config {target} config check"
            f" | {target}: written. Change what must differ, then: patto --config {target} config check"
        )


commands: Commands = {
    "init": (init, "Scrive un esempio commentato delle impostazioni. | Write a commented example of the settings."),
    "check": (check, "Legge le impostazioni e dice ogni errore con la sua riga. | Name every mistake with its line."),
}
