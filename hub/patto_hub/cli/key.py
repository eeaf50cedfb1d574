"""`patto key`: partners' keys; a key is shown once, when it is made."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from patto_hub.cli.key_calendar import calendar
from patto_hub.cli.key_list import list_
from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from patto_hub.cli.ledgers import Desk
    from patto_hub.cli.shell import Commands, Shell
    from patto_hub.ledger.keys import Key
    from patto_hub.ledger.store import Connection

Partner = Annotated[str, typer.Argument(help="Il nome del partner. | The partner's name.")]


def rotate(
    context: typer.Context,
    partner: Partner,
    *,
    feed: Annotated[
        list[str] | None,
        typer.Option("--feed", help="Solo questo flusso fra i concessi; ripetibile. | Only this granted feed."),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option("--days", min=1, help="Giorni fino alla scadenza; senza, nessuna. | Days until it ends."),
    ] = None,
    overlap: Annotated[
        int, typer.Option("--overlap", min=0, help="Giorni in cui vale ancora la precedente. | Days the old one holds.")
    ] = 14,
    as_json: AsJson = False,
) -> None:
    """Make a partner's next key, or its first; the one before goes on working for a while."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.ledger import keys

    shell = shell_of(context)
    with desk(shell) as at:
        part = at.configuration.settings.partners.get(partner)
        if part is None:
            known = ", ".join(at.configuration.settings.partners) or "-"
            raise shell.halt(
                f"Nessun partner «{partner}»; ci sono: {known} | No partner '{partner}'; there are: {known}", Exit.USAGE
            )
        beyond = sorted(set(feed or ()) - set(part.opens))
        if beyond:
            known = ", ".join(part.opens) or "-"
            raise shell.halt(
                f"Non concessi a «{partner}»: {', '.join(beyond)}; ci sono: {known}"
                f" | Not granted to '{partner}': {', '.join(beyond)}; there are: {known}",
                Exit.USAGE,
            )
        make = partial(keys.add, world=at.world, partner=partner, scopes=feed or part.opens, expires_at=_end(at, days))
        if any(key.live(at.now) for key in at.ledger.read_now(keys.of_partner, partner)):
            make = partial(keys.rotate, **make.keywords, overlap_ms=_milliseconds(overlap))
        give_key(shell, at, make, as_json=as_json)


def _end(at: Desk, days: int | None) -> int | None:
    return None if days is None else at.now + _milliseconds(days)


def _milliseconds(days: int) -> int:
    return timedelta(days=days) // timedelta(milliseconds=1)


def give_key(
    shell: Shell,
    at: Desk,
    make: Callable[[Connection], tuple[Key, str]],
    *,
    as_json: bool,
    file: Path | None = None,
) -> None:
    """Make a key, noted in the audit, and show it, this once."""
    key, text = at.write("key.make", make, lambda made: (made[0].prefix, {"partner": made[0].partner}))
    if as_json:
        shell.give({"partner": key.partner, "prefix": key.prefix, "key": text, "feeds": sorted(key.scopes)})
        return
    if file is not None:
        shell.tell(f"Scritto {file}. | Wrote {file}.")
    shell.warn(f"La chiave di {key.partner}; non sarà più mostrata: | The key of {key.partner}; it is not shown again:")
    shell.tell(text)


def revoke(
    context: typer.Context,
    prefix: Annotated[str, typer.Argument(help="Il prefisso della chiave. | The key's prefix.")],
    *,
    as_json: AsJson = False,
) -> None:
    """End a key at once."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.ledger import keys

    shell = shell_of(context)
    with desk(shell) as at:
        try:
            key = at.write(
                "key.revoke",
                lambda connection: keys.revoke(connection, prefix, at.now),
                lambda key: (prefix, {"partner": key.partner}),
            )
        except LookupError as error:
            raise shell.halt(
                f"Nessuna chiave con prefisso «{prefix}» (patto key list PARTNER)."
                f" | No key has the prefix '{prefix}' (patto key list PARTNER)."
            ) from error
    if as_json:
        shell.give({"partner": key.partner, "prefix": prefix, "live": False})
        return
    shell.tell(f"{prefix}: revocata. | {prefix}: revoked.")


def end_tokens(context: typer.Context, partner: Partner, *, as_json: AsJson = False) -> None:
    """End a partner's access tokens at once; it can ask for new ones while the settings name its public keys."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.ledger import tokens

    shell = shell_of(context)
    with desk(shell) as at:
        count = at.write(
            "token.end", lambda connection: tokens.end(connection, partner), lambda ended: (partner, {"tokens": ended})
        )
    if as_json:
        shell.give({"partner": partner, "tokens": count})
        return
    shell.tell(f"{partner}: token chiusi: {count}. | {partner}: tokens ended: {count}.")


commands: Commands = {
    "rotate": (rotate, "Dà una nuova chiave; la precedente vale ancora 14 giorni. | Give the next key."),
    "list": (list_, "Elenca ciò con cui i partner entrano, e fino a quando. | List what partners come in by."),
    "calendar": (calendar, "Elenca tutto ciò che scade, e che cosa fare. | List what ends when, and what to do."),
    "revoke": (revoke, "Fa cessare subito una chiave. | End a key at once."),
    "end-tokens": (end_tokens, "Fa cessare i token di un partner. | End a partner's access tokens."),
}
