"""Where a sandbox stands: what its routes and pages work with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiohttp import web

from patto_hub.sandbox.faults import Faults

if TYPE_CHECKING:
    from pathlib import Path

    from patto_hub.sandbox.casting import Cast
    from patto_hub.sandbox.steps import Steps


@dataclass(slots=True, kw_only=True)
class Sandbox:
    """One sandbox, from one reset to the next."""

    folder: Path
    cast: Cast
    steps: Steps
    faults: Faults = field(default_factory=Faults)
    reset: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by whoever wants the first day back."""


SANDBOX: Final = web.AppKey("sandbox", Sandbox)
