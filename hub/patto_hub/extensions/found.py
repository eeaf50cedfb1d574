"""Which plugins are installed; nothing here imports one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from patto_hub.hookspecs import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from importlib.metadata import Distribution, EntryPoint

HUB: Final = "patto"
"""The hub's own distribution; its plugins come before those of others with the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A plugin that is installed, as its distribution's metadata describe it."""

    name: str
    module: str
    """The module that holds its hooks, dotted."""
    distribution: str
    version: str
    requires_hub: str = ""
    """Which versions of the hub its distribution asks for, as `>=0.1,<1`; empty for any."""
    taken_by: str = ""
    """The distribution whose plugin of the same name goes before this one."""


def installed(path: Sequence[str] | None = None) -> tuple[Found, ...]:
    """List the plugins on the import path, by name; a second one with a name already taken says by whom."""
    found: list[Found] = []
    owners: dict[str, str] = {}
    for point, distribution in sorted(_points(path), key=lambda each: (each[0].name, _rank(each[1]))):
        taken_by = owners.setdefault(point.name, distribution.name)
        found.append(
            Found(
                name=point.name,
                module=point.value,
                distribution=distribution.name,
                version=distribution.version,
                requires_hub=_requires_hub(distribution.requires or ()),
                taken_by="" if taken_by == distribution.name else taken_by,
            )
        )
    return tuple(found)


def _points(path: Sequence[str] | None) -> Iterator[tuple[EntryPoint, Distribution]]:
    seen: set[str] = set()
    for distribution in distributions(path=list(sys.path if path is None else path)):
        name = canonicalize_name(distribution.name)
        if name in seen:  # the first on the path is the one that is imported
            continue
        seen.add(name)
        yield from ((point, distribution) for point in distribution.entry_points if point.group == PROJECT)


def _rank(distribution: Distribution) -> tuple[bool, str]:
    return (canonicalize_name(distribution.name) != HUB, distribution.name)


def _requires_hub(requirements: Iterable[str]) -> str:
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:  # another package's business: pip has judged it at installation
            continue
        if canonicalize_name(requirement.name) == HUB and requirement.marker is None:
            return str(requirement.specifier)
    return ""
