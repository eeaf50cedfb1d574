"""Reads the settings: `hub.toml`, the partner files beside it, then the environment; all mistakes at once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path as Folder
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from patto_hub.settings.environment import overrides, put
from patto_hub.settings.lines import key_lines
from patto_hub.settings.mistakes import Mistake, Place, WrongSettings, mistakes_of
from patto_hub.settings.references import NoSecret, resolve
from patto_hub.settings.shape import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from patto_hub.settings.lines import Path

M = TypeVar("M", bound=BaseModel)

PARTNERS: Final = "partners"
EXAMPLE: Final = ".example.toml"
_WHERE: Final = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Settings that have been read, and where each came from."""

    settings: Settings
    file: Folder
    lines: Mapping[Path, Place]
    environment: Mapping[str, str] = field(repr=False)

    @property
    def data_dir(self) -> Folder:
        """The folder of the ledger."""
        if self.settings.hub.data_dir is None:
            from platformdirs import user_data_path  # noqa: PLC0415 - only needed here

            return user_data_path("patto")
        return self.file.parent / self.settings.hub.data_dir

    def place(self, path: Path) -> Place:
        """Say where a setting, or the table around it, was written."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return Place(source=str(self.file))


def example() -> bytes:
    """Give the commented example of the settings."""
    return (Folder(__file__).parent / "hub.example.toml").read_bytes()


def read_settings(file: Folder, environment: Mapping[str, str], *, needed: bool = True) -> Configuration:
    """Read and check all settings; where they are not `needed` and there is no file, all is as without a word in it.

    Raises:
        WrongSettings: with every mistake that one reading can find.
    """
    values, places, mistakes = _read_files(file) if needed or file.exists() else ({}, {}, [])
    if mistakes:
        raise WrongSettings(mistakes)
    for variable, path, value in overrides(environment):
        put(values, path, value)
        places[path] = Place(source=variable)
    where = Configuration(settings=Settings(), file=file, lines=places, environment=environment)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise WrongSettings(
            list(mistakes_of(error.errors(include_input=False, include_url=False), Settings, where.place))
        ) from None
    if mistakes := list(_said_twice(settings, where)):
        raise WrongSettings(mistakes)
    return Configuration(settings=settings, file=file, lines=places, environment=environment)


def _said_twice(settings: Settings, where: Configuration) -> Iterator[Mistake]:
    """Name the feeds that a partner has in both ways: only one of them could hold."""
    for name, part in settings.partners.items():
        for feed in part.subscriptions:
            if feed in part.feeds:
                path = (PARTNERS, name, "subscriptions", feed)
                yield Mistake(
                    place=where.place(path),
                    path=path,
                    it=f"«{feed}» sta già in «feeds» ({where.place((PARTNERS, name, 'feeds'))}): toglierlo di là",
                    en=f"'{feed}' stands in 'feeds' too ({where.place((PARTNERS, name, 'feeds'))}): take it out there",
                )


def stream_settings(configuration: Configuration, partner: str, connector: str, model: type[M]) -> M:
    """Give what a stream's plugin wants to know, as the plugin's model: the partner's settings, then the stream's own.

    Raises:
        WrongSettings: with every mistake.
    """
    part = configuration.settings.partners[partner]
    wide, narrow = (PARTNERS, partner, "settings"), (PARTNERS, partner, "jobs", connector, "settings")
    own = part.jobs[connector].settings if connector in part.jobs else {}
    folder, environment = configuration.file.parent, configuration.environment

    def place(path: Path) -> Place:
        inner = path[len(wide) :]
        return configuration.place(narrow + inner if inner and inner[0] in own else path)

    try:
        values = resolve(dict(part.settings), folder, environment, wide) | resolve(own, folder, environment, narrow)
        return model.model_validate(values)
    except NoSecret as error:
        where = configuration.place(error.path)
        raise WrongSettings([Mistake(place=where, path=error.path, it=error.it, en=error.en)]) from None
    except ValidationError as error:
        errors = error.errors(include_input=False, include_url=False)
        raise WrongSettings(list(mistakes_of(errors, model, place, wide))) from None


def _read_files(file: Folder) -> tuple[dict[str, Any], dict[Path, Place], list[Mistake]]:
    values, places, mistakes = _read_one(file)
    partners = values.setdefault(PARTNERS, {})
    folder = file.parent / PARTNERS
    for each in sorted(folder.glob("*.toml")):
        if each.name.endswith(EXAMPLE):
            continue
        inner, inner_places, inner_mistakes = _read_one(each, (PARTNERS, each.stem))
        mistakes += inner_mistakes
        if isinstance(partners, dict) and each.stem in partners:
            other = places.get((PARTNERS, each.stem), Place(source=str(file)))
            mistakes.append(
                Mistake(
                    place=Place(source=str(each)),
                    path=(PARTNERS, each.stem),
                    it=f"questo partner è già descritto in {other}",
                    en=f"this partner is already described in {other}",
                )
            )
        elif isinstance(partners, dict):
            partners[each.stem] = inner
            places |= inner_places
    return values, places, mistakes


def _read_one(file: Folder, under: Path = ()) -> tuple[dict[str, Any], dict[Path, Place], list[Mistake]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
        values = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, {}, [_unreadable(file, error)]
    source = str(file)
    places = {path: Place(source=source, line=line) for path, line in key_lines(text, under).items()}
    places.setdefault(under, Place(source=source))
    return values, places, []


def _unreadable(file: Folder, error: Exception) -> Mistake:
    line = 0
    if isinstance(error, FileNotFoundError):
        it, en = (
            "il file non c'è: indicarlo con --config o PATTO_CONFIG, o farlo con: patto config init",
            "no such file: name it with --config or PATTO_CONFIG, or make it with: patto config init",
        )
    elif isinstance(error, OSError):
        it, en = f"il file non si legge ({error.strerror})", f"the file cannot be read ({error.strerror})"
    elif isinstance(error, UnicodeDecodeError):
        it, en = "il file non è UTF-8", "the file is not UTF-8"
    else:
        match = _WHERE.search(str(error))
        line = int(match[1]) if match else 0
        why = _WHERE.sub("", str(error)).strip()
        it, en = f"non è TOML valido: {why}", f"no valid TOML: {why}"
    return Mistake(place=Place(source=str(file), line=line), path=(), it=it, en=en)


def config_file(given: Folder | None, environment: Mapping[str, str]) -> Folder:
    """Find the settings file: the one given, `PATTO_CONFIG`, `config/hub.toml` here, the user's, the system's."""
    if given is not None:
        return given
    if environment.get("PATTO_CONFIG"):
        return Folder(environment["PATTO_CONFIG"])
    here = Folder("config/hub.toml")
    return next((each for each in _candidates(here) if each.is_file()), here)


def _candidates(here: Folder) -> Sequence[Folder]:
    from platformdirs import user_config_path  # noqa: PLC0415 - only needed without a file here

    return here, user_config_path("patto") / "hub.toml", Folder("/etc/patto/hub.toml")
