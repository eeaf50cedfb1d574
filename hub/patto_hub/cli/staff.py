"""`patto staff`: who signs in to the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands
    from patto_hub.settings.shape import WebPart


def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Il nome utente, come anna.bianchi. | The user name.")],
    role: Annotated[
        Literal["region", "ambito", "engineer", "auditor", "dpo"],
        typer.Option("--role", help="Il ruolo. | The role."),
    ] = "region",
    *,
    as_json: AsJson = False,
) -> None:
    """Add somebody to the staff; the password is asked for, twice."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.ledger import staff
    from patto_hub.web.passwords import LONGEST, SHORTEST, Passwords, fault
    from patto_hub.web.sentences import SENTENCES

    shell = shell_of(context)
    with desk(shell) as at:
        text = shell.say("Password | Password")
        password = typer.prompt(text, hide_input=True, confirmation_prompt=True, err=True)
        if key := fault(name, password):
            it, en = (each.format(n=SHORTEST, most=LONGEST) for each in SENTENCES[key])
            raise shell.halt(f"{it} | {en}", Exit.USAGE)
        password_hash = Passwords().hasher.hash(password)
        try:
            at.write(
                "staff.add",
                lambda connection: staff.add(connection, name=name, role=role, password_hash=password_hash, now=at.now),
                lambda _: (name, {"role": role}),
            )
        except ValueError as error:
            raise shell.halt(f"Il nome «{name}» è già in uso. | The name '{name}' is taken.", Exit.USAGE) from error
    if as_json:
        shell.give({"name": name, "role": role})
        return
    shell.tell(f"{name}: può accedere. | {name}: can sign in.")


def link(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Il nome utente. | The user name.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Make a link that signs somebody in, once, within an hour."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.ledger import staff

    shell = shell_of(context)
    with desk(shell) as at:
        token = at.write(
            "staff.link", lambda connection: staff.signin_link(connection, at.world, name), lambda _: (name, {})
        )
    url = f"{address(at.configuration.settings.web)}/signin/{token}"
    if as_json:
        shell.give({"name": name, "link": url})
        return
    shell.tell(url)


def address(part: WebPart) -> str:
    """Give the address by which people reach the hub."""
    return (part.public_url or f"http://{part.host}:{part.port}").rstrip("/")


commands: Commands = {
    "add": (add, "Aggiunge una persona. | Add somebody."),
    "link": (link, "Dà un collegamento che fa accedere una volta. | Give a link that signs in once."),
}
