"""Secrets in settings are references: `{ file = "..." }` or `{ env = "..." }`, read when a partner is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path as Folder

    from patto_hub.settings.lines import Path

WAYS: Final = frozenset({"file", "env"})
MOST_BYTES: Final = 65_536


class NoSecret(Exception):  # noqa: N818 - the domain's word
    """A secret cannot be read; says where it should be, in both languages, never what it is."""

    def __init__(self, path: Path, it: str, en: str) -> None:
        super().__init__(en)
        self.path = path
        self.it = it
        self.en = en


def resolve(value: Any, folder: Folder, environment: Mapping[str, str], path: Path = ()) -> Any:  # noqa: ANN401 - any
    """Replace each reference within `value` by its secret; relative files are looked for in `folder`.

    Raises:
        NoSecret: a file or variable is missing or empty.
    """
    if isinstance(value, dict):
        if len(value) == 1 and value.keys() <= WAYS and isinstance(target := next(iter(value.values())), str):
            return _from_file(folder / target, path) if "file" in value else _from_variable(target, environment, path)
        return {key: resolve(each, folder, environment, (*path, str(key))) for key, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, folder, environment, (*path, str(index))) for index, each in enumerate(value)]
    return value


def _from_file(file: Folder, path: Path) -> str:
    try:
        with file.open("rb") as opened:
            secret = opened.read(MOST_BYTES).decode().strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise NoSecret(
            path, f"il file del segreto {file} non si legge ({why})", f"the secret's file {file} cannot be read ({why})"
        ) from error
    if not secret:
        raise NoSecret(path, f"il file del segreto {file} è vuoto", f"the secret's file {file} is empty")
    return secret


def _from_variable(variable: str, environment: Mapping[str, str], path: Path) -> str:
    secret = environment.get(variable, "")
    if not secret:
        raise NoSecret(
            path, f"la variabile d'ambiente {variable} manca o è vuota", f"the variable {variable} is missing or empty"
        )
    return secret
