"""`patto feed`: what partners can read, and how far each has read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands
    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.feeds.subscriptions import Subscription


def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the feeds, and for each reader how far it has read."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.compose.subscriptions import NO_SECRET, make_subscriptions
    from patto_hub.ledger import status

    shell = shell_of(context)
    with desk(shell) as at:
        feeds = feeds_of(at.configuration.data_dir)
        readings = at.ledger.read_now(status.readings)
        given, _ = make_subscriptions(at.configuration, feeds, NO_SECRET)
        today = at.world.now()
    read = {(each.partner, each.feed): each for each in readings}
    readers: dict[str, list[Subscription]] = {name: [] for name in feeds}
    for subscription in given.values():
        readers[subscription.feed.name].append(subscription)
    rows = [
        {
            "feed": feed.name,
            "title": feed.title.get(shell.language, feed.name),
            "kinds": sorted(feed.kinds if each is None else each.kinds),
            "partner": "" if each is None else each.partner,
            "identity": None if each is None else each.identity,
            "until": None if each is None or each.until is None else each.until.isoformat(),
            "ended": None if each is None else each.ended(today),
            "legal_basis": None if each is None else each.legal_basis.get(shell.language),
            "read_at": _instant(reading.read_at) if reading else None,
            "waiting": reading.waiting if reading else None,
        }
        for feed in feeds.values()
        for each in readers[feed.name] or (None,)
        for reading in [None if each is None else read.get((each.partner, feed.name))]
    ]
    if as_json:
        shell.give(rows)
        return
    shell.table(
        (
            "flusso | feed",
            "che cos'è | what",
            "chi legge | reader",
            "identità | identity",
            "fino al | until",
            "letto il | read at",
            "c'è altro | more waits",
        ),
        [
            (
                row["feed"],
                row["title"],
                row["partner"],
                shell.say("pseudonimi | pseudonyms") if row["identity"] == "pseudonym" else "",
                f"{row['until']} {shell.say('(scaduto) | (ended)')}" if row["ended"] else row["until"],
                row["read_at"],
                _yes(row["waiting"], shell.say("sì | yes")),
            )
            for row in rows
        ],
    )


def _yes(waiting: object, yes: str) -> str:
    return yes if waiting else ("no" if waiting is False else "")


def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Il nome del flusso. | The feed's name.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show which fields of which records a feed lets out, and why."""
    shell = shell_of(context)
    feeds = feeds_of(shell.configuration().data_dir)
    if name not in feeds:
        known = ", ".join(feeds)
        raise shell.halt(f"Nessun flusso «{name}»; ci sono: {known} | No feed '{name}'; there are: {known}", Exit.USAGE)
    views: list[dict[str, Any]] = [
        {
            "kind": view.kind,
            "view": view.name,
            "purpose": view.purpose.get(shell.language, ""),
            "legal_basis": view.legal_basis.get(shell.language, ""),
            "fields": list(view.shape.model_fields),
            "under_pseudonyms": None if view.under_pseudonyms is None else list(view.under_pseudonyms.model_fields),
        }
        for view in feeds[name].views
    ]
    if as_json:
        shell.give(views)
        return
    shell.table(
        (
            "record | record",
            "campi | fields",
            "sotto pseudonimi | under pseudonyms",
            "perché | why",
            "base giuridica | legal basis",
        ),
        [
            (
                view["kind"],
                ", ".join(view["fields"]),
                "-" if view["under_pseudonyms"] is None else ", ".join(view["under_pseudonyms"]),
                view["purpose"],
                view["legal_basis"],
            )
            for view in views
        ],
    )


def verify(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Il nome del flusso. | The feed's name.")],
    *,
    copy: Annotated[
        Path | None, typer.Option("--copy", help="Il file della copia (FLUSSO.sqlite). | The copy (FEED.sqlite).")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="Il file con la chiave, se non in PATTO_KEY. | The key's file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove, on a partner's side, that the copy of the partners' program is complete; PATTO_URL says of which hub."""
    from patto_hub.client import patto_client

    shell = shell_of(context)
    options = {"--copy": copy, "--key-file": key_file}
    given = [word for option, path in options.items() if path is not None for word in (option, str(path))]
    said: list[str] = []
    tell = said.append if as_json else shell.tell
    code = patto_client.run(["verify", name, *given], shell.environment, tell)
    if as_json:
        shell.give({"feed": name, "complete": code == 0, "code": code, "said": said})
    if code:
        raise typer.Exit(code)


def proof(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Il file della prova. | The proof's file.")],
    *,
    roots: Annotated[
        Path | None,
        typer.Option("--roots", help="Le radici tenute (patto_proof.py roots). | The roots that were kept."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify offline a proof of what the hub has given to a partner, as any third party can."""
    from patto_hub.client import patto_proof

    shell = shell_of(context)
    given = [] if roots is None else ["--roots", str(roots)]
    said: list[str] = []
    code = patto_proof.run(["verify", str(file), *given], {}, said.append if as_json else shell.tell)
    if as_json:
        shell.give({"proof": str(file), "holds": code == 0, "code": code, "said": said})
    if code:
        raise typer.Exit(code)


def feeds_of(data_dir: Path) -> dict[str, FeedSpec]:
    """Give the hub's feeds and those of the plugins, by name."""
    from patto_hub.extensions.start import load_for_start
    from patto_hub.feeds.spec import RIGHTS, by_name
    from patto_hub.feeds.views import FEEDS

    own = by_name(FEEDS)
    return own | by_name(load_for_start(data_dir, taken_feeds={*own, *RIGHTS}).feeds)


def _instant(instant: int | None) -> str | None:
    return None if instant is None else datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="seconds")


commands: Commands = {
    "list": (list_, "Elenca i flussi e chi li legge. | List feeds and their readers."),
    "verify": (verify, "Verifica che una copia sia completa (dal partner). | Prove that a partner's copy is complete."),
    "proof": (proof, "Verifica una prova a terzi, senza rete. | Verify a proof to third parties, offline."),
    "show": (show, "Mostra i campi che un flusso lascia uscire. | Show the fields that a feed lets out."),
}
