"""Where the next page is: one function per style, from the page just read to what to ask next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yarl import URL

from patto_connectors.errors import Malformed
from patto_connectors.json import at_path
from patto_connectors.rest.settings import CursorPages, LinkPages, NextUrlPages, NumberedPages, OffsetPages, OnePage

if TYPE_CHECKING:
    from patto_connectors.rest.settings import Pages

Step = Mapping[str, str]
"""What leads to one page: query parameters, or `{"": address}` for a link of the partner's own."""

START: Step = {}

_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[\w!#$&+^`|~*-]+\s*=\s*(?:"[^"]*"|[^",;\s]+))*)')
_NEXT = re.compile(r';\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """What the styles look at: the page's envelope, headers, address, and how many rows it holds."""

    envelope: Mapping[str, Any]
    links: str
    """The `Link` headers."""
    address: URL
    rows: int
    size: int
    step: Step


def next_step(pages: Pages, page: Page) -> Step | None:
    """Give what leads to the next page, or None after the last.

    Raises:
        Malformed: the place of the cursor holds something that is no cursor.
    """
    if isinstance(pages, OnePage):
        return None
    if isinstance(pages, LinkPages):
        return _linked(page)
    if isinstance(pages, NextUrlPages):
        target = _text(at_path(page.envelope, pages.next), pages.next)
        return _address(page.address, target) if target else None
    if isinstance(pages, CursorPages):
        return _cursor(pages, page)
    if page.rows == 0 or (pages.short_ends and page.rows < page.size):
        return None
    return _counted(pages, page)


def _cursor(pages: CursorPages, page: Page) -> Step | None:
    cursor = _text(at_path(page.envelope, pages.next), pages.next)
    ended = pages.more is not None and at_path(page.envelope, pages.more) is not True
    return {pages.param: cursor} if cursor and not ended else None


def _counted(pages: NumberedPages | OffsetPages, page: Page) -> Step:
    if isinstance(pages, NumberedPages):
        return {pages.param: str(int(page.step.get(pages.param, pages.first)) + 1)}
    advance = max(page.rows - pages.overlap, 1)
    return {pages.param: str(int(page.step.get(pages.param, 0)) + advance)}


def first_step(pages: Pages) -> Step:
    """Give what leads to the first page."""
    if isinstance(pages, NumberedPages):
        return {pages.param: str(pages.first)}
    return {pages.param: "0"} if isinstance(pages, OffsetPages) else START


def last_cursor(pages: Pages, page: Page) -> Step | None:
    """Give the last page's cursor where it stays good for the next run."""
    if not isinstance(pages, CursorPages) or not pages.lasting:
        return None
    cursor = _text(at_path(page.envelope, pages.next), pages.next)
    return {pages.param: cursor} if cursor else page.step


def _linked(page: Page) -> Step | None:
    for target, options in _LINK.findall(page.links):
        if _NEXT.search(options):
            return _address(page.address, target)
    return None


def _address(base: URL, target: str) -> Step:
    try:
        return {"": str(base.join(URL(target)))}
    except ValueError:
        raise Malformed("http.address", f"{base.host} gives a link that is no address") from None


def _text(value: object, where: str) -> str:
    """Give a cursor as text; numbers are cursors too."""
    if value is None or value is False:
        return ""
    if isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) <= 4_096:  # noqa: PLR2004 - fits any address
        return str(value)
    raise Malformed("paging.cursor", f"{where} holds something that leads to no page", position=f"$.{where}")
