"""`patto partner`: who sends and who receives; adding one writes its settings file and gives its first key."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub.cli.partner_stop import pause, resume
from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from patto_hub.cli.shell import Commands, Shell
    from patto_hub.feeds.subscriptions import Subscription

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Come lo chiama l'hub, per esempio cpi_lecce. | What the hub calls it.")],
    title: Annotated[str, typer.Option("--title", help="Il suo nome per le persone. | Its name for people.")] = "",
    organisation: Annotated[
        str, typer.Option("--organisation", help="Chi è, per esempio cpi_11:L1234567890. | Who it is.")
    ] = "",
    domain: Annotated[
        str, typer.Option("--domain", help="social, labour, training, third_sector o credit. | Its field of work.")
    ] = "",
    feed: Annotated[
        list[str] | None, typer.Option("--feed", help="Un flusso che può leggere; ripetibile. | A feed; repeatable.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Describe a partner that reads feeds, and give its first key."""
    shell = shell_of(context)
    if not NAME.fullmatch(name):
        raise shell.halt(
            f"«{name}»: servono lettere minuscole, cifre e _, come cpi_lecce."
            f" | '{name}': lower-case letters, digits and _ are needed, as cpi_lecce.",
            Exit.USAGE,
        )
    configuration = shell.configuration()
    file = None
    if name not in configuration.settings.partners:
        file = configuration.file.parent / "partners" / f"{name}.toml"
        _write(shell, file, title=title or name, organisation=organisation, domain=domain, feeds=feed or [])
    _first_key(shell, name, file, as_json=as_json)


def _write(shell: Shell, file: Path, *, title: str, organisation: str, domain: str, feeds: list[str]) -> None:
    from patto_hub.settings.mistakes import WrongSettings

    scheme, _, value = organisation.partition(":")
    lines = [f"title = {json.dumps(title, ensure_ascii=False)}"]
    if organisation:
        parts = {"scheme": scheme, "value": value} | ({"domain": domain} if domain else {})
        lines.append(
            "organisation = { " + ", ".join(f"{key} = {json.dumps(each)}" for key, each in parts.items()) + " }"
        )
    lines.append(f"feeds = {json.dumps(feeds)}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        shell.configuration()
    except WrongSettings:
        file.unlink()
        raise


def _first_key(shell: Shell, name: str, file: Path | None, *, as_json: bool) -> None:
    from patto_hub.cli.feed import feeds_of
    from patto_hub.cli.key import give_key
    from patto_hub.cli.ledgers import desk
    from patto_hub.feeds.spec import RIGHTS
    from patto_hub.ledger import keys

    with desk(shell) as at:
        part = at.configuration.settings.partners[name]
        feeds = feeds_of(at.configuration.data_dir)
        unknown = sorted(set(part.opens) - feeds.keys() - RIGHTS)
        if unknown:
            if file is not None:
                file.unlink()
            known = ", ".join(sorted(feeds))
            raise shell.halt(
                f"Flussi inesistenti: {', '.join(unknown)}; ci sono: {known}"
                f" | There are no feeds {', '.join(unknown)}; there are: {known}",
                Exit.USAGE,
            )
        make = partial(keys.add, world=at.world, partner=name, scopes=part.opens)
        give_key(shell, at, make, as_json=as_json, file=file)


def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the partners of the settings: who they are, what they send, what they read."""
    shell = shell_of(context)
    rows = [
        {
            "name": name,
            "title": part.title,
            "plugin": part.plugin,
            "organisation": f"{part.organisation.scheme}:{part.organisation.value}" if part.organisation else "",
            "jobs": list(part.jobs),
            "feeds": list(part.opens),
        }
        for name, part in sorted(shell.configuration().settings.partners.items())
    ]
    if as_json:
        shell.give(rows)
        return
    shell.table(
        ("partner | partner", "chi è | who", "plugin | plugin", "invia | sends", "legge | reads"),
        [
            (
                row["name"],
                f"{row['title']} {row['organisation']}".strip(),
                row["plugin"],
                ", ".join(row["jobs"]),
                ", ".join(row["feeds"]),
            )
            for row in rows
        ],
    )


def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Il nome del partner. | The partner's name.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show what a partner may read: of which records which fields, on which ground, until when."""
    from patto_hub.cli.feed import feeds_of
    from patto_hub.compose.subscriptions import NO_SECRET, make_subscriptions

    shell = shell_of(context)
    configuration = shell.configuration()
    if name not in configuration.settings.partners:
        known = ", ".join(configuration.settings.partners) or "-"
        text = f"Nessun partner «{name}»; ci sono: {known} | No partner '{name}'; there are: {known}"
        raise shell.halt(text, Exit.USAGE)
    given, not_given = make_subscriptions(configuration, feeds_of(configuration.data_dir), NO_SECRET)
    for mistake in not_given:
        if mistake.path[1] == name:
            shell.warn(mistake.sentence(shell.language))
    rows = _readable(shell, [each for each in given.values() if each.partner == name])
    if as_json:
        shell.give(rows)
        return
    shell.table(
        (
            "flusso | feed",
            "record | record",
            "campi | fields",
            "identità | identity",
            "fino al | until",
            "base giuridica | legal basis",
        ),
        [
            (
                row["feed"],
                row["kind"],
                ", ".join(row["fields"]),
                shell.say("pseudonimi | pseudonyms") if row["identity"] == "pseudonym" else "",
                row["until"],
                "; ".join(row["legal_basis"]),
            )
            for row in rows
        ],
    )


def _readable(shell: Shell, given: Sequence[Subscription]) -> list[dict[str, Any]]:
    """Give one row for each kind of record that leaves by these subscriptions."""
    return [
        {
            "feed": each.feed.name,
            "kind": view.kind,
            "fields": list(view.shape.model_fields),
            "identity": each.identity,
            "until": None if each.until is None else each.until.isoformat(),
            "purpose": view.purpose.get(shell.language, ""),
            "legal_basis": [
                view.legal_basis.get(shell.language, ""),
                *filter(None, [each.legal_basis.get(shell.language)]),
            ],
        }
        for each in given
        for view in each.feed.views
    ]


commands: Commands = {
    "add": (add, "Aggiunge chi legge i flussi e dà la sua prima chiave. | Add a reader and give its first key."),
    "list": (list_, "Elenca i partner. | List partners."),
    "show": (show, "Mostra che cosa può leggere, e perché. | Show what it may read, and why."),
    "pause": (pause, "Ferma tutto con un partner, con un motivo. | Stop all work with a partner, with a reason."),
    "resume": (resume, "Riprende tutto con un partner. | Let all work with a partner go on."),
}
