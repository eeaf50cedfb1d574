"""Loads plugins in a process of their own, so that even one that ends its process or never returns can be described."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from patto_hub.extensions.load import NotLoaded, load, reason_not_to_import

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from patto_hub.extensions.found import Found

TIME_S: Final = 20.0
AT_ONCE: Final = 2


def probe(plugins: Iterable[Found], off: Mapping[str, str]) -> list[dict[str, Any]]:
    """Describe each plugin: `name`, `state` (loaded | not_loaded | off), `code`, `values`, what it declares."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda found: _describe(found, off), plugins))


def _describe(found: Found, off: Mapping[str, str]) -> dict[str, Any]:
    said = {"name": found.name, "distribution": found.distribution, "version": found.version, "module": found.module}
    if reason := reason_not_to_import(found, off):
        return said | _verdict(reason)
    command = [sys.executable, "-m", "patto_hub.extensions.probe", found.name, found.distribution]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIME_S, check=False)  # noqa: S603 - our own module
    except subprocess.TimeoutExpired:
        return said | _verdict(NotLoaded(found=found, code="import", values={"why": f"> {TIME_S:.0f} s"}))
    line = done.stdout.rpartition(MARK)[2] if MARK in done.stdout else b""
    if done.returncode or not line:
        why = f"the process ended with code {done.returncode}"
        return said | _verdict(NotLoaded(found=found, code="import", values={"why": why}))
    answer: dict[str, Any] = json.loads(line)
    return said | answer


MARK: Final = b"\x1epatto-probe "
"""Stands before the answer: a plugin may print when it is imported."""


def _verdict(reason: NotLoaded) -> dict[str, Any]:
    return {
        "state": "off" if reason.code == "off" else "not_loaded",
        "code": reason.code,
        "values": dict(reason.values),
        "traceback": reason.traceback,
    }


def _answer(name: str, distribution: str) -> dict[str, Any]:
    from patto_hub.extensions.found import installed  # noqa: PLC0415 - only the child process needs it

    mine = [each for each in installed() if (each.name, each.distribution) == (name, distribution)]
    extensions = load(mine, off={})
    for reason in extensions.not_loaded.values():
        return _verdict(reason)
    plugin = extensions.loaded[name]
    return {
        "state": "loaded",
        "connectors": [each.name for each in plugin.connectors],
        "feeds": [each.name for each in plugin.feeds],
        "checks": [each.rule for each in plugin.checks],
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(MARK + json.dumps(_answer(sys.argv[1], sys.argv[2])).encode())
    sys.stdout.flush()
