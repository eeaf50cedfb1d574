"""Bringing the committed artefacts and promises up to date: `python -m patto_schemas.published.refresh`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from patto_schemas.model import ENTITIES
from patto_schemas.published.compatibility import breaks, promises
from patto_schemas.published.export import export
from patto_schemas.published.version import VERSION

if TYPE_CHECKING:
    from patto_schemas.published.compatibility import Baseline

HERE: Final = Path(__file__).parent
ARTEFACTS: Final = HERE / "artefacts" / f"v{VERSION}"
PROMISES: Final = HERE / "promises" / f"v{VERSION}.json"


def promised() -> dict[str, Baseline]:
    """Give what this version has promised so far, by entity; nothing for a new version."""
    if not PROMISES.exists():
        return {}
    read: dict[str, Baseline] = json.loads(PROMISES.read_text(encoding="utf-8"))
    return read


def broken() -> list[str]:
    """Say which promises of this version the models no longer keep."""
    return [
        f"{kind}: {what}"
        for kind, before in promised().items()
        for what in (breaks(before, promises(kind)) if kind in ENTITIES else ["the entity was removed"])
    ]


def refresh() -> list[Path]:
    """Write artefacts and promises anew.

    Raises:
        ValueError: a promise would be broken; `VERSION` must step first.
    """
    found = broken()
    if found:
        raise ValueError("these changes need a step of VERSION in version.py:\n" + "\n".join(found))
    PROMISES.parent.mkdir(exist_ok=True)
    made = {kind: promises(kind) for kind in sorted(ENTITIES)}
    PROMISES.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="ascii")
    return [*export(ARTEFACTS), PROMISES]


if __name__ == "__main__":
    for path in refresh():
        sys.stdout.write(f"{path}\n")
