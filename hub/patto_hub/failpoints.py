"""Named places where a test can kill the process or make a step fail; without a test they do nothing.

A place is armed from outside with `PATTO_FAILPOINT=name:n:kind` (several with commas): the n-th time that the hub comes
to `name`, `kind` happens: `kill` (SIGKILL to itself), `error` (the step that follows does not happen), `error_after`
(the step happens, and then the error comes: the caller cannot know). Tests in the same process use `armed`.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VARIABLE = "PATTO_FAILPOINT"


@dataclass(frozen=True, slots=True)
class Point:
    """A named place: what was just done there, and the place that comes once the next step is done."""

    meaning: str
    after: str | None = None


POINTS = {
    "run.claimed": Point("a run holds its lease, nothing was read yet"),
    "road.page_read": Point("a page has come from the partner, nothing of it is kept"),
    "road.page_translated": Point("a page is translated and checked, its transaction has not begun"),
    "road.bytes_kept": Point("in the page's transaction: the raw bytes are in the inbox"),
    "road.records_written": Point("in the page's transaction: versions and changes are written, the cursor is not"),
    "road.cursor_written": Point("in the page's transaction: the cursor and the counters are written"),
    "ledger.before_commit": Point("any write transaction: all is written, nothing is committed", "ledger.after_commit"),
    "ledger.after_commit": Point("any write transaction: committed, the caller does not know it yet"),
    "road.page_done": Point("a page is committed and the runner knows it; the next one has not been asked for"),
    "run.before_close": Point("all pages are done, the balance is not closed", "run.closed"),
    "run.closed": Point("the run is closed in the ledger, nobody was told"),
    "delivery.sent": Point("a partner has taken a batch of changes, the receipt is not kept"),
    "lane.before_send": Point("a lane has noted which batch goes to its receiver, nothing was sent"),
    "lane.after_send": Point("a receiver has answered a message, neither receipt nor place is kept"),
    "erase.told": Point("in an erasure's transaction: readers are told, all else is as it was"),
    "erase.aside_emptied": Point("in an erasure's transaction: rows set aside are emptied"),
    "erase.bytes_gone": Point("in an erasure's transaction: raw pages are gone, records are as they were"),
    "erase.blanked": Point("in an erasure's transaction: records are gone, nothing is remembered or audited"),
    "erase.remembered": Point("in an erasure's transaction: all is done but the commit"),
    "erase.committed": Point("an erasure is committed, the log still holds what it took"),
    "erase.log_emptied": Point("the log is emptied after an erasure, and still noted as owed"),
    "feed.page_made": Point("a feed page is made for a reader, nothing was sent"),
    "feed.snapshot_made": Point("a page of a snapshot is made for a reader, nothing was sent"),
}
"""Every fail point of the hub; a test holds that each is hit somewhere in the code and that no other name is."""


class Planted(OSError):  # noqa: N818 - the design's way of naming
    """The error of an armed fail point: what a disk or a library would raise there."""


@dataclass(slots=True, eq=False)
class Charge:
    """What happens at a point, and how many hits from now."""

    action: Callable[[str], None]
    left: int
    hits: list[str] = field(default_factory=list)
    """The hits that it has counted, by name: a test can tell whether its point was reached."""


_CHARGES: dict[str, list[Charge]] = {}  # the one piece of module state here: the ledger's threads must see it as well


def hit(name: str) -> None:
    """Say that the code has come to the fail point `name`; costs one look at an empty dict."""
    if _CHARGES:
        _count(name)


def _count(name: str) -> None:
    for charge in tuple(_CHARGES.get(name, ())):
        if charge.left <= 0:
            continue
        charge.hits.append(name)
        charge.left -= 1
        if charge.left == 0:
            charge.action(name)


@contextmanager
def armed(name: str, nth: int = 1, action: str | Callable[[str], None] = "error") -> Iterator[Charge]:
    """Arm one point for the length of a `with` block.

    Args:
        name: a name of `POINTS`.
        nth: which hit fires, from 1.
        action: `kill`, `error`, `error_after`, or a function that is called with the name there.

    Raises:
        ValueError: unknown name or kind, `nth` below 1, or `error_after` where the table names no later point.
    """
    place, charge = _charge(name, nth, action)
    _CHARGES.setdefault(place, []).append(charge)
    try:
        yield charge
    finally:
        _CHARGES[place].remove(charge)
        if not _CHARGES[place]:
            del _CHARGES[place]


def arm_from(text: str) -> None:
    """Arm the points that `text` names, as `ledger.before_commit:3:kill`, for the rest of this process.

    Raises:
        ValueError: the text does not have that form, or `armed` would refuse it.
    """
    for part in filter(None, text.split(",")):
        try:
            name, nth, kind = part.split(":")
        except ValueError:
            raise ValueError(f"{VARIABLE}: {part!r} is not name:n:kind, as ledger.before_commit:3:kill") from None
        place, charge = _charge(name, int(nth), kind)
        _CHARGES.setdefault(place, []).append(charge)


def _charge(name: str, nth: int, action: str | Callable[[str], None]) -> tuple[str, Charge]:
    point = POINTS.get(name)
    if point is None:
        raise ValueError(f"no fail point is called {name!r}; there are {', '.join(sorted(POINTS))}")
    if nth < 1:
        raise ValueError(f"{name}: the hit must be 1 or more, not {nth}")
    if action == "error_after":
        if point.after is None:
            raise ValueError(f"{name}: no later point is named, so error_after has no place to be")
        return point.after, Charge(_fail, nth)
    actions: dict[str, Callable[[str], None]] = {"kill": _kill, "error": _fail}
    chosen = actions.get(action) if isinstance(action, str) else action
    if chosen is None:
        raise ValueError(f"{name}: the kind must be kill, error or error_after, not {action!r}")
    return name, Charge(chosen, nth)


def _kill(_name: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail(name: str) -> None:
    raise Planted(f"planted at the fail point {name}")


arm_from(os.environ.get(VARIABLE, ""))
