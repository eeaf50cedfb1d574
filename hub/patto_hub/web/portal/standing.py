"""How a partner's exchange stands, in words for the partner: what it sends, what it receives, and what there is to do.

Pure functions of figures. What staff have written for each other, and technical details, are not a partner's to read.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from patto_hub.balance import CLASSES
from patto_hub.ledger.keys import REMINDERS
from patto_hub.ledger.portal import COUNTED
from patto_hub.web import standing
from patto_hub.web.portal.labels import label, path_of
from patto_hub.web.words import ALL
from patto_schemas.catalogue import CATALOGUE, explain
from patto_schemas.issues import Issue, Owner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.lanes.terms import Terms
    from patto_hub.ledger.acknowledgements import Standing
    from patto_hub.ledger.keys import Key
    from patto_hub.ledger.lanes import Lane
    from patto_hub.ledger.portal import Reading
    from patto_hub.web.standing import Sight
    from patto_hub.web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamView:
    """One stream of the partner, in words."""

    title: str
    state: str
    look: str
    reasons: Sequence[str]
    last: Sequence[str]
    expected: str
    todo: str
    """What the partner should do; empty for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedView:
    """One feed that the partner receives, in words."""

    title: str
    look: str
    badge: str
    """Key of the word beside the colour."""
    lines: Sequence[str]
    todo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """That the hub itself hands over what is in a feed, so that nobody needs to read it."""

    way: str
    delivered_at: int | None
    behind: int
    """Changes that are still to be handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneView:
    """One way by which the hub brings a feed, in words."""

    feed: str
    way: str
    state: str
    look: str
    lines: Sequence[str]


def stream(sight: Sight, words: Words) -> StreamView:
    """Say how one stream stands."""
    fresh = sight.fresh
    return StreamView(
        title=standing.stream_title(sight.job, words),
        state=fresh.state,
        look=standing.LOOK[fresh.state],
        reasons=_reasons(sight, words),
        last=_last(sight, words),
        expected=standing.expected(sight.job.schedule, words),
        todo=_todo(sight, words),
    )


def feed(
    subscription: Subscription, reading: Reading, said: Standing, words: Words, brought: Brought | None = None
) -> FeedView:
    """Say how far a feed has been read, or brought, and what the partner itself has said of it."""
    ended = subscription.ended(words.place.local(words.now))
    lines = [words("portal.feed.newest", when=words.when(reading.newest_at))] if reading.newest_at is not None else []
    if brought is not None:
        lines += _brought(brought, words)
    if reading.read_at is not None:
        lines.append(words("portal.feed.read", when=words.when(reading.read_at)))
    elif brought is None:
        lines.append(words("portal.feed.never"))
    if brought is not None or reading.read_at is not None:
        lines.append(waiting(reading.waiting if brought is None else brought.behind, words))
    if said.accepted_at is not None:
        lines.append(words("portal.feed.acknowledged", when=words.when(said.accepted_at)))
    if said.open_refusals:
        lines.append(words("portal.feed.refused", n=said.open_refusals))
    if ended:
        return FeedView(
            title=subscription.feed.title[words.language],
            look="rest",
            badge="portal.badge.ended",
            lines=lines,
            todo=words("portal.todo.ended"),
        )
    behind = brought is None and (reading.waiting > 0 or reading.read_at is None)
    badge = "brought" if brought is not None else "behind" if behind else "all"
    return FeedView(
        title=subscription.feed.title[words.language],
        look="doubt" if behind else "good",
        badge=f"portal.badge.{badge}",
        lines=lines,
        todo=words("portal.todo.read") if behind else "",
    )


def _brought(brought: Brought, words: Words) -> list[str]:
    """Say by which way a feed comes by itself, and when it last did."""
    lines = [words("portal.feed.brought", way=brought.way)]
    if brought.delivered_at is not None:
        lines.append(words("portal.lane.delivered", when=words.when(brought.delivered_at)))
    return lines


def waiting(count: int, words: Words) -> str:
    """Say how many changes wait for a reader."""
    if not count:
        return words("portal.feed.all")
    return words("portal.feed.waiting_more" if count >= COUNTED else "portal.feed.waiting", n=count)


def lane(  # noqa: PLR0913, PLR0917 - what is known of it
    each: Lane, terms: Terms | None, title: str, way: str, behind: int, words: Words
) -> LaneView:
    """Say how one way out stands; nothing that waits there is lost. Without terms it is no longer configured."""
    lines = []
    if each.delivered_at is not None:
        lines.append(words("portal.lane.delivered", when=words.when(each.delivered_at)))
    if terms is None:
        return LaneView(
            feed=title, way=way, state="removed", look="rest", lines=[*lines, words("portal.lane.no_longer")]
        )
    if each.state != "running":
        lines.append(words(f"portal.lane.since_{each.state}", since=words.since(each.since)))
    if each.trouble:
        lines.append(technical(each.trouble, words))
    due = terms.next_attempt(each, words.now, words.place)
    if due is not None and due > words.now:
        lines.append(words("portal.lane.next", when=words.when(due)))
    if terms.quiet.windows:
        lines.append(words("portal.lane.quiet", hours=str(terms.quiet)))
    lines.append(waiting(behind, words))
    look = {"running": "bad" if each.trouble else "good", "waiting": "bad", "disabled": "rest"}[each.state]
    return LaneView(feed=title, way=way, state=each.state, look=look, lines=lines)


def tally(counts: Mapping[str, int], words: Words) -> str:
    """Say what became of rows: `124 righe: 12 nuove, 112 già note.`."""
    parts = [words(f"portal.tally.{name}", n=counts[name]) for name in CLASSES if counts.get(name)]
    read = words("portal.tally.read", n=counts.get("read", 0))
    return f"{read}: {', '.join(parts)}." if parts else f"{read}."


def technical(code: str, words: Words) -> str:
    """Say a trouble for whoever keeps the partner's systems."""
    said = explain(Issue(code, ""), words.language) if code in CATALOGUE else ""
    return words("portal.reason.technical", said=said, code=code).replace("  ", " ")


def kind(name: str, words: Words) -> str:
    """Give what records of a kind are called; a kind that a plugin has brought keeps its own name."""
    return words(f"portal.kind.{name}") if f"portal.kind.{name}" in ALL else name


def handover(receipt: Mapping[str, Any], words: Words) -> list[str]:
    """Say what a receipt of a delivery says: why it failed, what was refused, the receiver's own reference."""
    said = []
    if code := str(receipt.get("code", "")):
        said.append(technical(code, words))
    if refused := receipt.get("refused"):
        said.append(words("portal.delivery.refused", n=len(refused)))
    if reference := receipt.get("reference"):
        said.append(words("portal.delivery.receipt", receipt=reference))
    return said


def fixes(issue: Mapping[str, object], kind: str, words: Words) -> tuple[str, str, str, str, str]:
    """Say an issue of a row: what is wrong, an example of a right value, what to do, and the field by both its names.

    No value of the row is known.
    """
    values = issue.get("values")
    said = {str(name): str(value) for name, value in values.items()} if isinstance(values, dict) else {}
    code = str(issue.get("code", ""))
    entry = CATALOGUE.get(code)
    what = explain(Issue(code, str(issue.get("where", "")), values=said), words.language)
    where = str(issue.get("where", ""))
    field = path_of(where) if where.startswith("/") else ""
    named = (label(kind, field, words.language), field)
    if entry is None:
        return what, "", "", *named
    fix = entry.fix_en if words.language == "en" else entry.fix_it
    return what, said.get("example") or entry.example, fix, *named


def key_end(key: Key, words: Words) -> tuple[str, str]:
    """Say when a key ends and how urgent that is: a look, and words."""
    if key.revoked_at is not None:
        return "rest", words("portal.key.revoked", when=words.when(key.revoked_at))
    if key.expires_at is None:
        return "good", words("portal.key.no_end")
    if key.expires_at <= words.now:
        return "rest", words("portal.key.ended", when=words.when(key.expires_at))
    left, due, when = key.days_left(words.now), key.reminder(words.now), words.when(key.expires_at)
    if due == REMINDERS[-1]:
        return "bad", words("portal.key.ends_soon", when=when)
    look = "good" if due is None else "bad" if due < REMINDERS[0] else "doubt"
    return look, words("portal.key.ends", when=when, n=left)


def _reasons(sight: Sight, words: Words) -> list[str]:
    fresh, state = sight.fresh, sight.state
    reasons = []
    if fresh.state == "late" and fresh.deadline is not None:
        reasons.append(words("portal.reason.late", when=words.when(fresh.deadline)))
    elif fresh.state == "paused":
        until = state.paused_until
        reasons.append(
            words("portal.reason.paused")
            if until is None
            else words("portal.reason.paused_until", when=words.when(until))
        )
    elif fresh.state == "failing":
        theirs = _theirs(fresh.reason)
        reasons.append(words("portal.reason.theirs" if theirs else "portal.reason.ours"))
        reasons += [technical(fresh.reason, words)] if theirs else []
    if state.vanished is not None and state.vanish_most is None:
        reasons.append(words("portal.reason.vanished", n=state.vanished))
    if fresh.state != "paused" and fresh.volume in ("low", "zero"):
        reasons.append(words(f"portal.volume.{fresh.volume}", read=fresh.read or 0, usual=round(fresh.usual or 0)))
    return reasons


def _theirs(code: str) -> bool:
    """Whether the partner can mend a trouble."""
    entry = CATALOGUE.get(code)
    return entry is not None and entry.owner is Owner.PARTNER


def _last(sight: Sight, words: Words) -> list[str]:
    good = sight.standing.last_good
    said = [words("portal.last.running")] if sight.fresh.running_since is not None else []
    if good is None or good.finished_at is None:
        return [*said, words("portal.last.never")]
    when = words.when(good.finished_at)
    if not good.balance.read:
        return [*said, words("portal.last.nothing", when=when)]
    return [*said, words("portal.last.good", when=when), tally(asdict(good.balance), words)]


def _todo(sight: Sight, words: Words) -> str:
    fresh, door = sight.fresh, sight.job.connector.door is not None
    if sight.state.vanished is not None and sight.state.vanish_most is None:
        return words("portal.todo.vanished")
    if fresh.state in ("late", "never"):
        return words("portal.todo.send" if door else "portal.todo.publish")
    if fresh.state == "failing":
        return words("portal.todo.service" if _theirs(fresh.reason) else "portal.todo.nothing")
    if fresh.state != "paused" and fresh.volume in ("low", "zero"):
        return words("portal.todo.volume")
    return ""
