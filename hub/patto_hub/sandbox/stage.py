"""The invented world behind a sandbox: its time stands still until somebody lets it go on."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import PrivateAttr

from patto_hub.demo.story import Story
from patto_schemas.chronicle import Calendar, WorldSettings

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from patto_connectors.ports import World
    from patto_hub.sandbox.settings import WorldPart

FILE: Final = "sandbox.json"
"""By which a sandbox's folder is known."""
DAYS: Final = 730
AHEAD: Final = 365
"""Days that have passed on the first day."""
LOOK_S: Final = 2.0
"""After which simulated partners have seen that time has gone on."""


class Steered(Calendar):
    """A calendar that no clock moves."""

    _passed: float = PrivateAttr(0.0)

    @property
    def now(self) -> datetime:
        """The invented instant."""
        return self.at(0)

    def at(self, elapsed: float) -> datetime:
        """Give the invented instant, whatever real time has passed."""
        del elapsed
        return self.opening + timedelta(days=self._passed)

    def go_on(self, days: float) -> None:
        """Let days pass, to the end of the world at most."""
        self._passed = min(self._passed + days, DAYS - AHEAD)


def calendar_of(story: Story) -> Steered:
    """Give a story's calendar.

    Raises:
        TypeError: it is one that a clock moves.
    """
    if not isinstance(story.calendar, Steered):
        raise TypeError("a sandbox has a calendar that stands still")
    return story.calendar


class NotOurs(Exception):  # noqa: N818 - says what is wrong
    """The folder holds something else than a sandbox; says so in Italian and English."""


def require_ours(folder: Path, data_dir: Path) -> None:
    """Refuse a folder that is, or is within, the hub's own, and one that holds anything else.

    Raises:
        NotOurs: it is one of these.
    """
    here, there = folder.resolve(), data_dir.resolve()
    apart = here != there and here not in there.parents and there not in here.parents
    empty = not folder.exists() or not any(folder.iterdir())
    if not apart or not (empty or (folder / FILE).exists()):
        raise NotOurs(
            f"{folder} non è la cartella di un ambiente di prova: indicarne una nuova con --folder"
            f" | {folder} is no sandbox's folder: name a new one with --folder"
        )


def story_of(folder: Path, world: World, part: WorldPart, codes: tuple[str, ...]) -> Story:
    """Give the world of a sandbox's folder: it ends today when it is first made, and keeps its days from then on."""
    kept = folder / FILE
    if kept.exists():
        starts_on = date.fromisoformat(json.loads(kept.read_bytes())["starts_on"])
    else:
        starts_on = world.now().date() - timedelta(DAYS)
        kept.write_text(json.dumps({"starts_on": starts_on.isoformat()}), encoding="utf-8")
    return Story(
        world=WorldSettings(starts_on=starts_on, days=DAYS, people=part.people, ambiti=codes),
        calendar=Steered(starts_on=starts_on, day_seconds=1.0, ahead_days=AHEAD),
        began=world.now(),
    )
