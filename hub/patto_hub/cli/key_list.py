"""`patto key list`: all that partners may show to come in, how long it holds, when it was last used."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patto_hub.cli.ledgers import Desk
    from patto_hub.cli.shell import Shell
    from patto_hub.ledger.keys import Key
    from patto_hub.web.admission import Credentials


def list_(
    context: typer.Context,
    partner: Annotated[
        str | None, typer.Argument(help="Il nome del partner; senza, tutti. | The partner's name; without it, all.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List what partners may show to come in, ended keys too; never the keys themselves."""
    from patto_hub.cli.ledgers import desk

    shell = shell_of(context)
    with desk(shell) as at:
        partners = at.configuration.settings.partners
        if partner is not None and partner not in partners:
            known = ", ".join(partners) or "-"
            raise shell.halt(
                f"Nessun partner «{partner}»; ci sono: {known} | No partner '{partner}'; there are: {known}", Exit.USAGE
            )
        rows = [row for name in ([partner] if partner else partners) for row in _rows(at, name)]
    if as_json:
        shell.give(rows)
        return
    shell.table(
        ("partner", "modo | way", "nome | name", "valido | live", "flussi | feeds", "fino al | until", "usata | used"),
        [_cells(shell, row) for row in rows],
    )
    for sentence in (_reminder(row) for row in rows if row.get("reminder")):
        shell.warn(sentence)


def ending(shell: Shell, found: list[Key], now: int) -> Iterator[str]:
    """Say of each key that ends soon, when it does and what to do."""
    for key in found:
        if key.reminder(now) is not None:
            yield shell.say(_reminder({"partner": key.partner, "name": key.prefix, "days_left": key.days_left(now)}))


def _reminder(row: dict[str, Any]) -> str:
    partner, name, days = row["partner"], row["name"], row["days_left"]
    it, en = ("un giorno", "a day") if days == 1 else (f"{days} giorni", f"{days} days")
    return (
        f"La chiave {name} di {partner} scade fra {it}; se non c'è già la prossima: patto key rotate {partner}"
        f" | The key {name} of {partner} ends in {en}; unless the next one is there: patto key rotate {partner}"
    )


def _rows(at: Desk, partner: str) -> Iterator[dict[str, Any]]:
    from patto_connectors.modi import SeenHere
    from patto_hub.compose.access import make_admission
    from patto_hub.ledger import keys, tokens

    for key in at.ledger.read_now(keys.of_partner, partner):
        live = key.live(at.now)
        yield {
            "partner": partner,
            "way": "key",
            "name": key.prefix,
            "prefix": key.prefix,
            "live": live,
            "feeds": sorted(key.scopes),
            "created_at": _day(key.created_at),
            "expires_at": _day(key.expires_at),
            "days_left": key.days_left(at.now) if live else None,
            "reminder": key.reminder(at.now) if live else None,
            "used_at": _day(key.used_at),
        }
    if count := at.ledger.read_now(tokens.live, partner, at.now):
        yield {"partner": partner, "way": "token", "name": f"{count}", "live": True}
    admission, _ = make_admission(at.configuration, {}, SeenHere())
    if (credentials := admission.partners.get(partner)) is not None:
        yield from _credentials(credentials)


def _credentials(credentials: Credentials) -> Iterator[dict[str, Any]]:
    """Give what the settings say; what cannot be read there lets nobody in, and `patto config check` says why."""
    common = {"partner": credentials.partner, "live": credentials.closed is None, "feeds": sorted(credentials.scopes)}
    if credentials.closed is not None:
        yield {**common, "way": "settings", "name": "patto config check"}
    for name in sorted(credentials.certificates):
        yield {**common, "way": "certificate", "name": name}
    for known in credentials.keys:
        until = None if known.until is None else known.until.isoformat(timespec="seconds")
        yield {**common, "way": "public_key", "name": known.kid, "expires_at": until}
    if credentials.trust is not None:
        names = sorted(credentials.trust.profiles) + (["voucher"] if credentials.trust.vouchers else [])
        yield {**common, "way": "signature", "name": f"{credentials.issuer}: {', '.join(names)}"}


def _cells(shell: Shell, row: dict[str, Any]) -> tuple[str | None, ...]:
    ways = {
        "key": "chiave | key",
        "token": "token",
        "certificate": "certificato TLS | TLS certificate",
        "public_key": "chiave pubblica | public key",
        "signature": "firma | signature",
        "settings": "impostazioni | settings",
    }
    return (
        row["partner"],
        shell.say(ways[row["way"]]),
        row["name"],
        shell.say("sì | yes") if row["live"] else "no",
        ", ".join(row.get("feeds", ())),
        row.get("expires_at"),
        row.get("used_at"),
    )


def _day(instant: int | None) -> str | None:
    return None if instant is None else datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="seconds")
