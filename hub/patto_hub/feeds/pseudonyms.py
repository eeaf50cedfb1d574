"""Pseudonyms: what stands for a person, a pact or an organisation where the reader need not know which one it is.

A pseudonym is an HMAC-SHA-256 of (what it names, scheme, value) under a key of the partner's own, derived from a secret
of the ledger: the same person has the same pseudonym in all kinds and feeds of one partner, and two partners cannot
bring theirs together. It is pseudonymisation in the sense of art. 4(5) GDPR: the data stay personal data.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from dataclasses import dataclass, field
from hashlib import blake2b, sha256, sha512
from hmac import digest
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from pydantic_core import from_json

from patto_hub.feeds.marked import marks_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.feeds.marked import Pseudonym
    from patto_hub.feeds.spec import Projection, View

SCHEME: Final = "pseudonym"
"""Stands where a record says in which scheme a name is that has been replaced."""
SECRET: Final = "pseudonym"  # noqa: S105 - the name of the ledger's secret
LOCAL: Final = "local"
_SIZE: Final = 16
"""Bytes of a pseudonym: 128 bits."""
_ITEM: Final = 39
"""Characters of what stands for a head's number: 16 bytes of authentication and 8 of the number, in base 32."""
_PERSON: Final = "cf"
_SAME: Final = frozenset({"cf", "piva", "cup"})
"""Schemes whose values mean the same in any case and with any spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonyms:
    """Makes the pseudonyms of one partner."""

    id: str
    """Names the key without telling it."""
    key: bytes = field(repr=False)
    items: AESSIV = field(repr=False)

    def of(self, names: str, scheme: str, value: str) -> str:
        """Give the pseudonym of a name."""
        said = "\0".join((names, scheme, _spelled(scheme, value))).encode()
        return digest(self.key, said, sha256)[:_SIZE].hex()

    def item(self, kind: str, head_id: int) -> str:
        """Give what stands for a head's number in the partner's items."""
        sealed = self.items.encrypt(head_id.to_bytes(8, "big"), [kind.encode()])
        return b32encode(sealed).decode().rstrip("=").lower()

    def head(self, kind: str, text: str) -> int | None:
        """Give the head's number that `item` made a text of; None for any other text."""
        if len(text) != _ITEM:
            return None
        try:
            sealed = b32decode(text.upper() + "=")
            number = int.from_bytes(self.items.decrypt(sealed, [kind.encode()]), "big")
        except (ValueError, InvalidTag):
            return None
        return number if text == self.item(kind, number) else None  # one record has one spelling


def pseudonyms_of(secret: bytes, partner: str, generation: int) -> Pseudonyms:
    """Derive a partner's pseudonyms from the ledger's secret; another generation has no pseudonym in common."""
    whose = f"patto pseudonyms\0{partner}\0{generation}\0".encode()
    key = digest(secret, whose + b"names", sha256)
    items = AESSIV(digest(secret, whose + b"items", sha512))
    return Pseudonyms(id=blake2b(key, digest_size=8, person=b"patto key id").hexdigest(), key=key, items=items)


def conceal(view: View, payload: str, source: str, pseudonyms: Pseudonyms) -> Projection:
    """Give what may leave of a record with pseudonyms in the place of the names that the view's shape marks.

    Raises:
        TypeError: the record is not of the schema that the view was written for.
    """
    record: dict[str, Any] = from_json(payload)
    shown = dict(record)
    for name, mark, default in marks_of(view.shape):
        value = record.get(name)
        if value is not None:
            scheme, plain = _name(record, mark, str(value), default)
            whole = f"{LOCAL}:{source}" if scheme == LOCAL else scheme
            shown[name] = pseudonyms.of(mark.names, whole, plain)
        if mark.scheme in view.shape.model_fields:
            shown[mark.scheme] = None if value is None and default is None else SCHEME
    return view.show_record(shown)


def _name(record: Mapping[str, Any], mark: Pseudonym, value: str, default: str | None) -> tuple[str, str]:
    """Give the name that a pseudonym is made of: the tax code where the record tells it, else what the field says."""
    for other in record.get(mark.among) or () if mark.among else ():
        if other["scheme"] == _PERSON:
            return _PERSON, other["value"]
    return str(record.get(mark.scheme) or default or mark.common or LOCAL), value


def _spelled(scheme: str, value: str) -> str:
    """Give a name in the one spelling that its pseudonym is made of."""
    return "".join(value.split()).upper() if scheme in _SAME else value
