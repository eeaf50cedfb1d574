"""The highest value that a partner's rows carry: where the next run asks on from. Always theirs, never our clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from patto_connectors.rest.settings import Since

Mark = str | int | float


def marks(since: Since) -> Callable[[Iterable[bytes]], list[Mark]]:
    """Make a function that gives the marks of rows; rows without a usable one give none."""
    steps = since.field.split(".")
    wanted: Any = str if since.kind == "instant" else int | float
    for step in reversed(steps):
        wanted = msgspec.defstruct("Member", [("inner", wanted | None, msgspec.field(name=step, default=None))])
    decoder = msgspec.json.Decoder(wanted)

    def read(rows: Iterable[bytes]) -> list[Mark]:
        found = []
        for row in rows:
            try:
                value = reduce(lambda member, _: getattr(member, "inner", None), steps, decoder.decode(row))
                if value is not None and _order(value) is not None:
                    found.append(value)
            except (msgspec.DecodeError, ValueError):
                continue  # a row with another type there is found by its validation, and quarantined
        return found

    return read


def highest(known: Mark | None, found: Iterable[Mark]) -> Mark | None:
    """Give the highest mark; a partner whose marks go backwards moves ours nowhere."""
    return max(found, key=_order, default=None) if known is None else max([known, *found], key=_order)


def ask_from(mark: Mark, since: Since) -> str:
    """Give what to ask from: the mark less the overlap, written in the partner's own style.

    Raises:
        ValueError: the kept mark is none, as after a change of `kind`.
    """
    if since.kind == "number":
        return f"{float(mark) - since.overlap:g}" if isinstance(mark, float) else str(int(mark) - int(since.overlap))
    text = str(mark)
    moment = datetime.fromisoformat(text)
    try:
        moment -= timedelta(seconds=since.overlap)
    except OverflowError:  # year 1: nothing lies before
        return text
    if len(text) == len("2026-01-01"):
        return moment.date().isoformat()
    return moment.isoformat().removesuffix("+00:00") + "Z" if text.endswith("Z") else moment.isoformat()


def _order(mark: Mark) -> float:
    """Give a number that orders marks; an instant without zone stands where UTC would put it.

    Raises:
        ValueError: the text is no ISO 8601 date or instant.
    """
    if not isinstance(mark, str):
        return float(mark)
    moment = datetime.fromisoformat(mark)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
