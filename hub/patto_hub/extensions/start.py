"""Loads the plugins for a hub that starts; one that killed the last start is left out of this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from patto_hub.extensions.found import installed
from patto_hub.extensions.load import Extensions, NotLoaded, load
from patto_hub.extensions.probe import probe
from patto_hub.extensions.switched_off import read_switched_off

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from patto_hub.extensions.found import Found

FILE: Final = "plugin-being-imported"
"""Holds the name of the plugin whose code runs for the first time; it outlives a process that the plugin ends."""


def load_for_start(
    data_dir: Path, *, taken_feeds: Iterable[str] = (), plugins: Iterable[Found] | None = None
) -> Extensions:
    """Load what is installed and not switched off.

    A plugin at which the last start ended is first tried in a process of its own (a power cut looks the same).
    """
    found = installed() if plugins is None else tuple(plugins)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = data_dir / FILE
    suspect = mark.read_text(encoding="utf-8").strip() if mark.exists() else ""
    dead = {each.name: verdict for each in found if each.name == suspect and (verdict := _deadly(each))}
    try:
        return load(
            found,
            off=read_switched_off(data_dir),
            dead=dead,
            taken_feeds=taken_feeds,
            before=lambda each: _write(mark, each.name),
        )
    finally:
        if not dead:
            mark.unlink(missing_ok=True)
        else:
            _write(mark, suspect)


def _deadly(found: Found) -> NotLoaded | None:
    (said,) = probe([found], {})
    if said["state"] == "loaded":
        return None
    return NotLoaded(found=found, code=said["code"], values=said["values"], traceback=said["traceback"])


def _write(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")
