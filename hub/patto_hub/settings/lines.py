"""Where each key of a TOML text stands: tomllib does not say, and people need the line."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

Path = tuple[str, ...]

_KEY: Final = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED: Final = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER: Final = re.compile(rf"\s*\[{{1,2}}\s*({_DOTTED})\s*\]{{1,2}}\s*(?:#.*)?")
_ENTRY: Final = re.compile(rf"\s*({_DOTTED})\s*=")
_FENCE: Final = re.compile(r'"""|' + "'''")


def key_lines(text: str, under: Path = ()) -> dict[Path, int]:
    """Give the line (from 1) of each key of a text that tomllib could read; keys of inline tables have none."""
    lines: dict[Path, int] = {}
    table = under
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not fence:
            if header := _HEADER.fullmatch(line):
                table = under + _split(header[1])
                lines.setdefault(table, number)
            elif entry := _ENTRY.match(line):
                lines.setdefault(table + _split(entry[1]), number)
        for mark in _FENCE.findall(line):  # a multi-line text may hold what looks like a key
            fence = "" if fence == mark else fence or mark
    return lines


def _split(dotted: str) -> Path:
    node: Any = tomllib.loads(f"{dotted} = 0")
    path: list[str] = []
    while isinstance(node, dict):
        ((key, node),) = node.items()
        path.append(key)
    return tuple(path)
