"""The invented world of a demonstration, written down at its first start so that the next ones tell the same story."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from patto_schemas.chronicle import Calendar, WorldSettings
from patto_schemas.model.base import Model

if TYPE_CHECKING:
    from pathlib import Path

    from patto_connectors.ports import World

FILE: Final = "world.json"
YEAR: Final = 365
"""Simulated days that are told at once, at the first start: the first of the two years."""
DAY_SECONDS: Final = 1.5
"""Real seconds of each day of the second year: it passes in about ten minutes."""


class Story(Model):
    """What is told, how fast, and since when."""

    world: WorldSettings
    calendar: Calendar
    began: datetime


class WrongWorld(ValueError):  # noqa: N818 - says what is wrong
    """The file that describes the world cannot be used; the message says where, in Italian and English."""


def story_in(folder: Path, world: World, settings: Path | None) -> Story:
    """Give the story of a demonstration's folder; at the first start it is made, of a TOML file where one is named.

    The file has the parts `[world]` (with `[world.rates]`) and `[calendar]`. Without one, the story ends today.

    Raises:
        WrongWorld: the file is no TOML, or says something that is not known, or the folder has a story already.
    """
    kept = folder / FILE
    if kept.exists():
        if settings is not None:
            raise WrongWorld(
                f"in {folder} c'è già un mondo: indicarne uno solo in una cartella nuova, o cancellare {kept}"
                f" | {folder} has a world already: take a new folder, or delete {kept}"
            )
        return Story.model_validate_json(kept.read_bytes())
    story = _story(world.now(), {} if settings is None else _told(settings))
    writing = kept.with_suffix(".tmp")
    writing.write_text(story.model_dump_json(indent=1), encoding="utf-8")
    writing.replace(kept)
    return story


def _told(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise WrongWorld(
            f"{file} non è leggibile come TOML ({wrong}) | {file} cannot be read as TOML ({wrong})"
        ) from None


def _story(now: datetime, told: dict[str, object]) -> Story:
    unknown = sorted(told.keys() - {"world", "calendar"})
    if unknown:
        raise WrongWorld(
            f"parti sconosciute: {', '.join(unknown)}; ci sono [world] e [calendar]"
            f" | unknown parts: {', '.join(unknown)}; there are [world] and [calendar]"
        )
    days = WorldSettings().days
    world: dict[str, object] = {"starts_on": now.date() - timedelta(days), "days": days}
    calendar: dict[str, object] = {"day_seconds": DAY_SECONDS, "ahead_days": YEAR}
    for part, own in (("world", world), ("calendar", calendar)):
        wanted = told.get(part, {})
        if not isinstance(wanted, dict):
            raise WrongWorld(f"[{part}] è una tabella | [{part}] is a table")
        own.update(wanted)
    try:
        made = WorldSettings.model_validate(world)
        paced = Calendar.model_validate({**calendar, "starts_on": made.starts_on})
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(each) for each in first["loc"])
        raise WrongWorld(f"{where}: {first['msg']} | {where}: {first['msg']}") from None
    return Story(world=made, calendar=paced, began=now)
