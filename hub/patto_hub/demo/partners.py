"""The simulated partners of a demonstration: each plugin that has a module `demo` brings its own."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from patto_connectors.testing.stage import Stage
from patto_hub.extensions.found import installed
from patto_schemas.chronicle import chronicle

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager, AsyncExitStack
    from pathlib import Path

    from patto_hub.demo.story import Story
    from patto_hub.extensions.found import Found

DOOR: Final = "door.json"
"""Where the hub says how it is reached, for partners that hand in: made anew at each start, for its own user alone."""


class Demo(Protocol):
    """A plugin's module `demo`."""

    def demo(self, stage: Stage) -> AbstractAsyncContextManager[Mapping[str, Mapping[str, Any]]]:
        """Simulate partners for the length of the block; gives their settings, as they would stand in `[partners]`."""
        ...


async def start_partners(stack: AsyncExitStack, folder: Path, story: Story) -> dict[str, Mapping[str, Any]]:
    """Start what the installed plugins simulate, until the stack is closed; gives all partners' settings by name.

    All of them tell of one world; each has a folder of its own within `folder`.
    """
    partners: dict[str, Mapping[str, Any]] = {}
    world = chronicle(story.world)
    for found in installed():
        module = demo_of(found)
        if module is not None:
            own = folder / found.name
            own.mkdir(parents=True, exist_ok=True)
            stage = Stage(
                folder=own,
                chronicle=world,
                calendar=story.calendar,
                began=story.began,
                door_file=folder / DOOR,
            )
            partners |= await stack.enter_async_context(module.demo(stage))
    return partners


def demo_of(found: Found) -> Demo | None:
    """Give a plugin's module `demo`; None if it is no package, or has none."""
    package = find_spec(found.module)
    if found.taken_by or package is None or package.submodule_search_locations is None:
        return None
    name = f"{found.module}.demo"
    return cast("Demo", import_module(name)) if find_spec(name) else None
