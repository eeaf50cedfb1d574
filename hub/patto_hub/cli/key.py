"""`patto key`: partners' keys; a key is shown once, when it is made."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from patto_hub.cli.ledgers import Desk
    from patto_hub.cli.shell import Commands, Shell
    from patto_hub.ledger.keys import Key
    from patto_hub.ledger.store import Connection

Partner = Annotated[str, typer.Argument(help="Il nome del partner. | The partner's name.")]


def rotate(context: typer.Context, partner: Partner, *, as_json: AsJson = False) -> None:
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
        live = [key for key in at.ledger.read_now(keys.of_partner, partner) if key.live(at.now)]
        make = keys.rotate if live else keys.add
        give_key(shell, at, partial(make, world=at.world, partner=partner, scopes=part.opens), as_json=as_json)


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


def list_(context: typer.Context, partner: Partner, *, as_json: AsJson = False) -> None:
    """List a partner's keys, ended ones too; never the keys themselves."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.ledger import keys

    shell = shell_of(context)
    with desk(shell) as at:
        found = at.ledger.read_now(keys.of_partner, partner)
        rows = [
            {
                "prefix": key.prefix,
                "live": key.live(at.now),
                "feeds": sorted(key.scopes),
                "created_at": _day(key.created_at),
                "expires_at": _day(key.expires_at),
                "used_at": _day(key.used_at),
            }
            for key in found
        ]
    if as_json:
        shell.give(rows)
        return
    yes = shell.say("sì | yes")
    shell.table(
        ("prefisso | prefix", "valida | live", "flussi | feeds", "dal | since", "fino al | until", "usata | used"),
        [
            (
                row["prefix"],
                yes if row["live"] else "no",
                ", ".join(key.scopes),
                row["created_at"],
                row["expires_at"],
                row["used_at"],
            )
            for key, row in zip(found, rows, strict=True)
        ],
    )


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


def _day(instant: int | None) -> str | None:
    return None if instant is None else datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="seconds")


commands: Commands = {
    "rotate": (rotate, "Dà una nuova chiave; la precedente vale ancora 14 giorni. | Give the next key."),
    "list": (list_, "Elenca le chiavi di un partner. | List a partner's keys."),
    "revoke": (revoke, "Fa cessare subito una chiave. | End a key at once."),
}
