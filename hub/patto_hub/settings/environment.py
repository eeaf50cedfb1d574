"""Settings in the environment: `PATTO_WEB__PORT=8081` stands for `port` in `[web]`, and goes before the files."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from patto_hub.settings.lines import Path

PREFIX: Final = "PATTO_"
BETWEEN: Final = "__"


def overrides(environment: Mapping[str, str]) -> Iterator[tuple[str, Path, Any]]:
    """Give (variable, path, value) for each variable that names a setting; others, as `PATTO_LANG`, have no `__`."""
    for variable in sorted(environment):
        if variable.startswith(PREFIX) and BETWEEN in variable:
            path = tuple(variable.removeprefix(PREFIX).lower().split(BETWEEN))
            yield variable, path, _value(environment[variable])


def _value(text: str) -> Any:  # noqa: ANN401 - a setting may be of any kind
    """Read lists and tables as TOML; everything else stays a text, which the settings' types read."""
    if text[:1] not in {"[", "{"}:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def put(values: dict[str, Any], path: Path, value: Any) -> None:  # noqa: ANN401 - likewise
    """Set a value in nested tables, making those that are missing."""
    for key in path[:-1]:
        inner = values.get(key)
        if not isinstance(inner, dict):
            inner = values[key] = {}
        values = inner
    values[path[-1]] = value
