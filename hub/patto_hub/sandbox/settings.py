"""The sandbox's own settings: where it listens, how large its world is, which test receivers it may tell.

Nothing here names a real partner's host, and nothing of the hub's own settings but names, titles and rights is read.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from patto_hub.settings.kinds import Slug, wrong
from patto_hub.settings.lines import key_lines
from patto_hub.settings.mistakes import Mistake, Place, WrongSettings, mistakes_of
from patto_hub.settings.outlets import WebhookPart
from patto_hub.settings.shape import WebPart
from patto_schemas.codes.territory import ambiti

if TYPE_CHECKING:
    from pathlib import Path

    from patto_hub.settings.lines import Path as Key

PORT = 8081
"""Beside the hub's own 8080."""


class WorldPart(BaseModel):
    """The invented world."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    people: Annotated[int, Field(ge=1, le=500)] = 6
    """People of each Ambito."""
    ambiti: tuple[str, ...] = ()
    """Codes of the Ambiti that take part, as `["LE/1"]`; without it, those that are partners of the hub."""

    @field_validator("ambiti")
    @classmethod
    def _exist(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(codes) - {each.code for each in ambiti()})
        if unknown:
            raise wrong(f"nessun Ambito ha il codice {', '.join(unknown)}", f"no Ambito has the code {unknown[0]}")
        return tuple(dict.fromkeys(codes))


class SandboxSettings(BaseModel):
    """All settings of a sandbox."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    web: WebPart = WebPart(port=PORT)
    """Where partners reach it, as `[web]` of the hub."""
    world: WorldPart = WorldPart()
    receivers: dict[Slug, dict[str, WebhookPart]] = {}
    """Test receivers: `[receivers.NAME.FEED]` says of a partner what `webhook` says in the hub's settings. Without one
    nobody is told of anything."""


def read_sandbox_settings(file: Path | None) -> SandboxSettings:
    """Read the sandbox's settings; without a file all is as its parts say.

    Raises:
        WrongSettings: with every mistake that one reading can find.
    """
    if file is None:
        return SandboxSettings()
    try:
        text = file.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        it, en = "non si legge come TOML", "cannot be read as TOML"
        mistake = Mistake(place=Place(source=str(file)), path=(), it=f"{it} ({error})", en=f"{en} ({error})")
        raise WrongSettings([mistake]) from None
    lines = key_lines(text)

    def place(path: Key) -> Place:
        known = (path[:length] for length in range(len(path), 0, -1))
        return Place(source=str(file), line=next((lines[each] for each in known if each in lines), 0))

    try:
        return SandboxSettings.model_validate(values)
    except ValidationError as error:
        errors = error.errors(include_input=False, include_url=False)
        raise WrongSettings(list(mistakes_of(errors, SandboxSettings, place))) from None
