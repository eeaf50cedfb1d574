"""`patto webhook`: keys for signed messages, and a signed test message to a partner's address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands, Shell
    from patto_hub.compose.lanes import Way
    from patto_hub.lanes.outlet import Handed

Partner = Annotated[str, typer.Argument(help="Il nome del partner. | The partner's name.")]
Feed = Annotated[str, typer.Argument(help="Il nome del flusso. | The feed's name.")]


def secret(
    context: typer.Context,
    *,
    pair: Annotated[
        bool,
        typer.Option(
            "--pair",
            help="Una coppia ed25519: il partner riceve solo la metà pubblica. | A key pair: they get the public half.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key that signs webhooks, shown this once; nothing is kept."""
    from patto_connectors.ports import World
    from patto_connectors.webhook import fresh_pair, fresh_secret

    shell = shell_of(context)
    ours, theirs = fresh_pair(World()) if pair else (fresh_secret(World()),) * 2
    if as_json:
        shell.give({"secret": ours, "partner": theirs})
        return
    shell.warn(
        "Non sarà più mostrata. Nel file o nella variabile che «secrets» nomina:"
        " | It is not shown again. Into the file or variable that `secrets` names:"
    )
    shell.tell(ours)
    if pair:
        shell.warn("Al partner, che con questa verifica soltanto: | To the partner, who can only verify with it:")
        shell.tell(theirs)
    else:
        shell.warn("La stessa al partner, per una via sicura. | The same to the partner, by a safe way.")


def try_(context: typer.Context, partner: Partner, feed: Feed, *, as_json: AsJson = False) -> None:
    """Send a signed message without data, and say what the receiver answers, or why it does not."""
    shell = shell_of(context)
    handed = asyncio.run(_test(shell, partner, feed))
    failure = handed.failure
    if as_json:
        shell.give({"taken": failure is None, "code": failure and failure.code, "detail": failure and failure.detail})
    elif failure is None:
        shell.tell(f"{partner}/{feed}: il ricevente ha accettato il messaggio. | {partner}/{feed}: taken.")
    else:
        _explain(shell, failure.code, failure.detail)
    if failure is not None:
        raise typer.Exit(Exit.FAILED)


def _explain(shell: Shell, code: str, detail: str) -> None:
    from patto_schemas.catalogue import CATALOGUE

    shell.warn(f"{code}: {detail}")
    entry = CATALOGUE.get(code)
    if entry is not None:
        shell.warn(f"{entry.it} | {entry.en}")
        shell.warn(f"→ {entry.fix_it} | → {entry.fix_en}")


async def _test(shell: Shell, partner: str, feed: str) -> Handed:
    from patto_hub.cli.ledgers import hub_of
    from patto_hub.compose.access import address
    from patto_hub.compose.lanes import make_ways, open_outlet
    from patto_hub.lanes.batch import message_id
    from patto_hub.settings.mistakes import WrongSettings

    async with hub_of(shell) as hub:
        ways, mistakes = make_ways(hub.configuration, hub.subscriptions)
        if mistakes:
            raise WrongSettings(mistakes)
        way = _found(shell, ways, partner, feed)
        async with open_outlet(way, hub.world, address(hub.configuration)) as outlet:
            number = message_id(way.name, outlet.made_as, 0, 0, f"test {hub.world.token()}")
            return await outlet.probe(number, hub.world.now())


def _found(shell: Shell, ways: list[Way], partner: str, feed: str) -> Way:
    for way in ways:
        if (way.name.partner, way.name.feed) == (partner, feed):
            return way
    known = ", ".join(str(way.name) for way in ways) or "-"
    raise shell.halt(
        f"[partners.{partner}.subscriptions.{feed}.webhook] non c'è nelle impostazioni; ci sono: {known}"
        f" | [partners.{partner}.subscriptions.{feed}.webhook] is not in the settings; there are: {known}",
        Exit.USAGE,
    )


commands: Commands = {
    "secret": (secret, "Crea una chiave per firmare i webhook. | Make a key that signs webhooks."),
    "test": (try_, "Invia un messaggio di prova firmato e dice che cosa non va. | Send a signed test message."),
}
