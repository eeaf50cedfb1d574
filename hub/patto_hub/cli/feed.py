"""`patto feed`: what partners can read, and how far each has read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from pathlib import Path

    from patto_hub.cli.shell import Commands
    from patto_hub.feeds.spec import FeedSpec


def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the feeds, and for each reader how far it has read."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.ledger import status

    shell = shell_of(context)
    with desk(shell) as at:
        feeds = feeds_of(at.configuration.data_dir)
        readings = at.ledger.read_now(status.readings)
        readers = {name: part.feeds for name, part in at.configuration.settings.partners.items()}
    read = {(each.partner, each.feed): each for each in readings}
    rows = [
        {
            "feed": feed.name,
            "title": feed.title.get(shell.language, feed.name),
            "kinds": sorted(feed.kinds),
            "partner": partner,
            "read_at": _instant(read[partner, feed.name].read_at) if (partner, feed.name) in read else None,
            "waiting": read[partner, feed.name].waiting if (partner, feed.name) in read else None,
        }
        for feed in feeds.values()
        for partner in [name for name, names in readers.items() if feed.name in names] or [""]
    ]
    if as_json:
        shell.give(rows)
        return
    shell.table(
        ("flusso | feed", "che cos'è | what", "chi legge | reader", "letto il | read at", "c'è altro | more waits"),
        [
            (row["feed"], row["title"], row["partner"], row["read_at"], _yes(row["waiting"], shell.say("sì | yes")))
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
    views = [
        {
            "kind": view.kind,
            "view": view.name,
            "purpose": view.purpose.get(shell.language, ""),
            "fields": list(view.shape.model_fields),
        }
        for view in feeds[name].views
    ]
    if as_json:
        shell.give(views)
        return
    shell.table(
        ("record | record", "campi | fields", "perché | why"),
        [(view["kind"], ", ".join(view["fields"]), view["purpose"]) for view in views],
    )


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
    "show": (show, "Mostra i campi che un flusso lascia uscire. | Show the fields that a feed lets out."),
}
