"""The formats of a feed's page, and which of them a request takes (RFC 9110, 12.5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from patto_hub.feeds.envelope import as_xml
from patto_hub.feeds.table import as_csv, as_xlsx
from patto_hub.web.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aiohttp import web

    from patto_hub.feeds.pages import FeedPage
    from patto_hub.feeds.spec import FeedSpec

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PIECE: Final = r'(?:[^%s"]|"(?:[^"\\]|\\.)*")+'
_RANGES: Final = re.compile(_PIECE % ",")
_PARAMETERS: Final = re.compile(_PIECE % ";")
_WEIGHT: Final = re.compile(r"0?\.[0-9]{1,3}|0\.?|1(\.0{0,3})?", re.ASCII)
"""Java's own client says `q=.2`, and `*` for `*/*`, in every request."""
_EMPTY: Final = ", \t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A way to write a page: the same items in the same order, with the same cursor."""

    name: str
    """The ending of the address."""
    media_type: str
    render: Callable[[FeedSpec, FeedPage, str], bytes]
    """Of the feed, its page and the link to the next one."""
    also: tuple[str, ...] = ()
    """Other names of the media type, which ask for it when they are said in full."""
    charset: str | None = "utf-8"
    slow: bool = True
    """Whether a page takes so long that it is written in a thread."""
    packed: bool = False
    """Whether it is compressed already."""
    filed: bool = False
    """Whether it is meant to be kept as a file."""


FORMATS: Final = (
    Format(name="json", media_type="application/json", render=lambda _feed, page, link: page.as_json(link), slow=False),
    Format(
        name="ndjson",
        media_type="application/x-ndjson",
        also=("application/ndjson",),
        render=lambda _feed, page, link: page.as_ndjson(link),
        slow=False,
    ),
    Format(name="xml", media_type="application/xml", also=("text/xml",), render=as_xml),
    Format(name="csv", media_type="text/csv", render=as_csv, filed=True),
    Format(name="xlsx", media_type=XLSX_TYPE, render=as_xlsx, charset=None, packed=True, filed=True),
)
"""What there is; of those that a request likes equally well the first is given."""
BY_NAME: Final = {each.name: each for each in FORMATS}
MEDIA_TYPES: Final = tuple(each.media_type for each in FORMATS)


@dataclass(frozen=True, slots=True)
class _Range:
    """What a part of the Accept header takes, how gladly, and how exactly it says so."""

    kind: str
    weight: float
    fitting: int
    """How many of its parameters our formats have, less those that they do not."""

    def fits(self, form: Format) -> bool:
        main, _, sub = self.kind.partition("/")
        said = self.kind in ("*/*", form.media_type, *form.also)
        return said or (sub == "*" and form.media_type.startswith(f"{main}/"))

    @property
    def exactness(self) -> tuple[int, int]:
        return (2 - self.kind.count("*"), self.fitting)


@lru_cache(maxsize=64)
def negotiate(accept: str, formats: Sequence[Format] = FORMATS) -> Format:
    """Give the format that an Accept header likes best; the first of all where nothing stands in it.

    For each format the most exact part counts; then the highest weight wins, then the more exact part, then the order
    of the header, then ours. An empty part is none (RFC 9110, 5.6.1.2); one that is not well formed takes nothing.

    Raises:
        Problem: it takes none of them.
    """
    ranges = list(_ranges(accept)) if accept.strip(_EMPTY) else [_Range("*/*", 1.0, 0)]
    liked = []
    for place, each in enumerate(formats):
        fitting = [(*one.exactness, -at, one) for at, one in enumerate(ranges) if one.fits(each)]
        if fitting:
            stars, parameters, order, best = max(fitting, key=lambda found: found[:3])
            liked.append((best.weight, (stars, parameters), order, -place))
    weight, _, _, place = max(liked, default=(0.0, (0, 0), 0, 0))
    if not weight:
        raise _none_of_them(formats)
    return formats[-place]


def asked_for(request: web.Request, formats: Sequence[Format] = FORMATS) -> Format:
    """Give the format that a request's Accept headers, taken together, like best.

    Raises:
        Problem: they take none of them.
    """
    return negotiate(",".join(request.headers.getall("Accept", ())), formats)


def _ranges(accept: str) -> Iterator[_Range]:
    for part in _RANGES.findall(accept.lower()):
        kind, *parameters = [piece.strip() for piece in _PARAMETERS.findall(part)] or [""]
        weights = [piece.removeprefix("q=") for piece in parameters if piece.startswith("q=")]
        charset = [piece.partition("=")[2].strip('"') for piece in parameters if piece.startswith("charset=")]
        if len(weights) > 1 or not all(map(_WEIGHT.fullmatch, weights)) or charset not in ([], ["utf-8"]):
            continue
        unknown = len(parameters) - len(weights) - len(charset)
        weight = float(weights[0]) if weights else 1.0
        yield _Range("*/*" if kind == "*" else kind, weight, len(charset) - unknown)


def _none_of_them(formats: Sequence[Format]) -> Problem:
    there = ", ".join(f"{each.media_type} (.{each.name})" for each in formats)
    return Problem(
        "not-acceptable",
        (
            f"Nessuno dei formati richiesti è disponibile. Ci sono: {there}.",
            f"None of the requested formats is available. There are: {there}.",
        ),
    )
