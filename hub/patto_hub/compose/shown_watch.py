"""What partners were shown, written into the audit while the hub runs, and at its stop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from patto_hub.ledger import storage
from patto_hub.web.shown import write_down, write_down_left
from patto_hub.web.shown_file import PATTERN, ShownFile, left_behind

if TYPE_CHECKING:
    from patto_connectors.ports import World
    from patto_hub.ledger.store import Ledger
    from patto_hub.web.shown import Shown

EVERY_S: Final = 5.0
"""How long a page that was shown may wait to be written down."""

log = structlog.get_logger(__name__)


async def watch_shown(ledger: Ledger, world: World, shown: Shown) -> None:
    """Write down what was shown, every few seconds; until cancelled, and then once more.

    What a hub that was killed had shown last is written down first.
    """
    folder = Path(str(ledger.engine.url.database)).parent
    shown.file = ShownFile(folder / PATTERN.replace("*", world.token(8)))
    try:
        await _note_left(ledger, folder)
        while True:
            await world.sleep(EVERY_S)
            await note_shown(ledger, world, shown)
    finally:
        await note_shown(ledger, world, shown)
        shown.file.close(keep=shown.waits)
        shown.file = None


async def _note_left(ledger: Ledger, folder: Path) -> None:
    with left_behind(folder) as lines:
        if lines:
            await ledger.write(write_down_left, lines)
            log.info("feed.read_noted_late", pages=len(lines))


async def note_shown(ledger: Ledger, world: World, shown: Shown) -> None:
    """Write down what was shown by now; what cannot be written for lack of room is kept for the next time."""
    if not shown.gathered:
        return
    gathered = shown.take()
    try:
        await ledger.write(write_down, gathered, world.milliseconds())
    except Exception as error:
        shown.give_back(gathered)
        trouble = storage.trouble_of(error)
        if trouble is None:
            raise
        log.warning("feed.read_not_noted", code=trouble.code)
    else:
        shown.noted(gathered, world.milliseconds())
