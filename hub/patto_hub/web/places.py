"""Where in a feed a request starts: from a cursor, from a day or an instant; and what is answered to a wrong one."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final

from patto_hub.clock.calendar import milliseconds
from patto_hub.feeds import cursors, pages
from patto_hub.ledger import snapshots
from patto_hub.web.problems import FieldError, Problem
from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patto_hub.clock.calendar import Place
    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.web.site import Site

PROBLEMS: Final = ("params-invalid", "cursor-forged", "cursor-misplaced", "cursor-stale")
"""What a route that takes a cursor can answer because of it."""
INSTANT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+ -][0-9]{2}:[0-9]{2}))?$"
"""A day, or an instant of RFC 3339; an unescaped `+` arrives as a space."""


@contextmanager
def cursors_judged(feed: FeedSpec) -> Iterator[None]:
    """Answer a wrong cursor with what is wrong with it, and with where to go on instead.

    Raises:
        Problem: it is forged, of the other kind of place, or stale.
    """
    ways = {"changes": path(feed, "changes"), "snapshot": path(feed, "snapshot")}
    try:
        yield
    except cursors.Misplaced:
        raise Problem(
            "cursor-misplaced",
            (
                "Il cursore vale, ma è di un altro indirizzo: la fotografia e le variazioni hanno ciascuna i propri.",
                "The cursor is good, but at another address: snapshot and changes have cursors of their own.",
            ),
            links=ways,
        ) from None
    except cursors.Forged:
        raise Problem(
            "cursor-forged",
            (
                "Il cursore non è stato emesso da questo hub per questo partner e questo flusso.",
                "This hub did not issue the cursor for this partner and this feed.",
            ),
        ) from None
    except pages.Changed:
        raise Problem(
            "cursor-stale",
            (
                "Da quando il cursore è stato emesso sono cambiati i tipi di scheda, o i nomi, che vi spettano.",
                "The kinds of records, or the names, that are due to you have changed since the cursor was issued.",
            ),
            links={"snapshot": ways["snapshot"]},
        ) from None
    except pages.Stale:
        raise Problem(
            "cursor-stale",
            (
                f"Il cursore ha più di {pages.RETENTION_DAYS} giorni, o è di un archivio poi ripristinato da copia.",
                f"The cursor is older than {pages.RETENTION_DAYS} days, or of a ledger since restored from a copy.",
            ),
            links={"snapshot": ways["snapshot"]},
        ) from None


async def cursor_from(site: Site, feed: FeedSpec, partner: str, cursor: str | None, since: str | None) -> str | None:
    """Give the cursor that a request starts from: its own, or one for the instant that it names.

    Raises:
        Problem: it names both, or an instant that no calendar has.
    """
    if since is None:
        return cursor
    instant = instant_of(site.place, since)
    if cursor is not None or instant is None:
        raise Problem(
            "params-invalid",
            (
                "Indicare «cursor» oppure «since», e in «since» un giorno o un istante che esiste.",
                "Name `cursor` or `since`, not both, and in `since` a day or an instant that exists.",
            ),
            errors=[_wrong_since()],
        )
    now = site.world.milliseconds()
    position = await site.ledger.read(snapshots.position_at, instant)
    return cursors.write(site.cursor_key, feed.name, partner, cursors.Place(position, now // cursors.DAY_MS))


def instant_of(place: Place, text: str) -> int | None:
    """Give the instant (milliseconds since 1970) of an RFC 3339 text, or of the beginning of a local day; or None."""
    try:
        if "T" in text:
            return milliseconds(datetime.fromisoformat(text.replace(" ", "+")))
        return place.instant(datetime.combine(date.fromisoformat(text), time()))
    except (ValueError, OverflowError):
        return None


def path(feed: FeedSpec, part: str) -> str:
    """Give the address of a part of a feed, as `changes`."""
    return f"{BASE}/feeds/{feed.name}/{part}"


def _wrong_since() -> FieldError:
    return FieldError(
        pointer="/since",
        place="query",
        code="since",
        detail="serve un giorno (ora italiana) o un istante, e nessun «cursor»",
        detail_en="a day (Italian time) or an instant is needed, and no `cursor`",
        example="2026-11-01",
    )
