"""Which plugins staff have switched off: a small file beside the ledger, readable without plugin or database."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "plugins-off.json"


class UnreadableSwitches(Exception):  # noqa: N818 - the domain's word
    """The file of switched-off plugins is no JSON object of texts; the message names it."""


def read_switched_off(data_dir: Path) -> dict[str, str]:
    """Give the switched-off plugins and why; none when the file does not exist.

    Raises:
        UnreadableSwitches: the file was damaged by hand.
    """
    path = data_dir / FILE
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UnreadableSwitches(str(path)) from error
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise UnreadableSwitches(str(path))
    return content


def switch_off(data_dir: Path, name: str, reason: str) -> None:
    """Leave a plugin out from the next start on."""
    _write(data_dir, {**read_switched_off(data_dir), name: reason})


def switch_on(data_dir: Path, name: str) -> bool:
    """Load a plugin again from the next start on; False when it was not switched off."""
    content = read_switched_off(data_dir)
    if name not in content:
        return False
    _write(data_dir, {key: value for key, value in content.items() if key != name})
    return True


def _write(data_dir: Path, content: Mapping[str, str]) -> None:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = data_dir / f".{FILE}.new"
    fresh.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(fresh, data_dir / FILE)  # noqa: PTH105 - the name says what it does: replaces atomically
