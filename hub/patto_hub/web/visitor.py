"""Somebody who looks at pages: of the staff, of a partner, or nobody yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from patto_hub.ledger.staff import Staff
    from patto_hub.web.site import Site
    from patto_hub.web.words import Language, Words


class Visitor(Protocol):
    """One request of such a person."""

    @property
    def request(self) -> web.Request:
        """What was asked."""
        ...

    @property
    def site(self) -> Site:
        """What the pages are made from."""
        ...

    @property
    def words(self) -> Words:
        """The words of the visitor's language."""
        ...

    @property
    def language(self) -> Language:
        """The language of the page."""
        ...

    @property
    def person(self) -> Staff | None:
        """Who of the staff it is; None for everybody else."""
        ...

    @property
    def token(self) -> str:
        """The session's; empty without one."""
        ...

    @property
    def form(self) -> Mapping[str, str]:
        """The fields that were sent; empty for a GET."""
        ...

    def ticket(self) -> str:
        """Make a number for a form: it proves that our page made it for this session, and is good for one wish."""
        ...
