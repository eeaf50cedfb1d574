"""Who calls the API, however it has shown who it is: the one value that routes know of a caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from aiohttp import web

Way = Literal["key", "token", "certificate", "signature", "voucher"]
"""How a partner shows who it is: a key, a token of this hub, its TLS certificate, a ModI token, a voucher of PDND."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A partner that was let in."""

    partner: str
    scopes: frozenset[str]
    """Names of the feeds and rights that what it showed opens."""
    organisation: int | None
    """The organisation that it reads for; None: public records only."""
    way: Way = "key"
    number: int | None = None
    """Of the key, in the ledger; None for every other way."""
    expires_at: int | None = None
    """When what it showed ends, in milliseconds since 1970; None: by itself never."""
    thumbprint: str = ""
    """SHA-256, in hex, of the one certificate that it may be used with; empty where it is bound to none."""
    digest: str = ""
    """The verified `Digest` of the request (ModI), which a signed answer repeats."""


CALLER: Final = web.RequestKey("patto_caller", Caller)
"""Who a request is of, once that is known: also what it is refused with is then signed for it."""
