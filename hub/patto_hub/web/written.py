"""A page of a feed as it is written down: what the shelf keeps, and what leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Leaving:
    """A page as it leaves, without what is only of one answer."""

    tag: str
    """Weak, as it stands in the header `ETag`."""
    place: Mapping[str, str]
    """Headers that say where to go on; an answer without a body has them too."""
    content: Mapping[str, str]
    """Headers that say what the body is."""
    body: bytes
    position: int
    items: int = 0
    """How many changes it holds."""
    first: int = 0
    """The number of the first of them."""
    last: int = 0
