"""The one way to say that a signed message is not taken, with the code that tells why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_connectors.errors import Refused
from patto_schemas.catalogue import CATALOGUE

if TYPE_CHECKING:
    from patto_schemas.catalogue import Entry


class Untrusted(Refused):
    """A token, a signature or a digest is not what it must be; the message quotes nothing of the token.

    Args:
        code: key of the message catalogue, as `modi.expired`.
        detail: which element of which header failed, in one plain sentence.
        hint: what to do; empty for the catalogue's own advice.
    """

    def __init__(self, code: str, detail: str, *, hint: str = "") -> None:
        super().__init__(code, detail, hint=hint or CATALOGUE[code].fix_en)

    @property
    def entry(self) -> Entry:
        """The likely cause, and what to do, in Italian and English."""
        return CATALOGUE[self.code]
