"""The characters that a SEPA payment may hold, and the plain letters that others are written with.

Source: European Payments Council, EPC132-08 (SEPA Credit Transfer, customer-to-bank implementation guidelines), chapter
1.4: `a-z A-Z 0-9 / - ? : ( ) . , ' +` and the blank; references neither begin nor end with `/` nor hold `//`. For
other characters EPC217-08 (best practices for the extended character set) takes the base letter: à is a, not a'. So
does this; a script that has no such letters (Greek, Cyrillic, Arabic) is refused: how a name is spelt in Latin letters
is a person's to say. The signs below follow the table of EPC217-08 (from memory).
"""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALLOWED = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*", re.ASCII)
_REFERENCE = re.compile(r"(?!/)(?!.*//)[A-Za-z0-9/\-?:().,'+ ]{1,35}(?<!/)", re.ASCII)
_SIGNS = {
    **dict.fromkeys('!"#$%*<=>@^', "."),
    "&": "+",
    ";": ",",
    "[": "(",
    "]": ")",
    "{": "(",
    "}": ")",
    "\\": "/",
    "|": "/",
    "_": "-",
    "~": "-",
    "`": "'",
    "€": "E",
}
_TYPESET = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u2032\u00b4", "'"),  # apostrophes, as word processors set them
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", "."),  # quotation marks
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),  # hyphens and dashes
    "\u2044": "/",
}
_LETTERS = dict(zip("ÆæØøÐðÞþßĐđĦħıŁłŒœŦŧŊŋ", "AaOoDdTtsDdHhiLlOoTtNn", strict=True))
WRITTEN_AS: Final[Mapping[str, str]] = MappingProxyType({**_SIGNS, **_TYPESET, **_LETTERS})
"""What has no decomposition into a plain letter and an accent."""


class UnwritableError(ValueError):
    """A text cannot be written with the characters of SEPA, or is too long; the message never holds the text."""


def sepa_text(text: str, most: int) -> str:
    """Write a text with the characters of SEPA; line ends and runs of blanks become one blank.

    Raises:
        UnwritableError: a character has no plain letter, or nothing is left, or more than `most` characters.
    """
    plain = " ".join("".join(map(_written, unicodedata.normalize("NFC", text))).split())
    if not plain:
        raise UnwritableError("the text is empty")
    if _ALLOWED.fullmatch(plain) is None:
        raise UnwritableError("the text holds a character that SEPA does not carry, and that has no plain letter")
    if len(plain) > most:
        raise UnwritableError(f"the text is longer than {most} characters")
    return plain


def _written(character: str) -> str:
    if character.isascii():
        return _SIGNS.get(character, " " if character.isspace() else character)
    known = WRITTEN_AS.get(character)
    if known is not None:
        return known
    if character.isspace():
        return " "
    apart = [each for each in unicodedata.normalize("NFKD", character) if not unicodedata.combining(each)]
    return "".join(_SIGNS.get(each, WRITTEN_AS.get(each, each)) for each in apart)


def is_reference(text: str) -> bool:
    """Whether a text is a reference as SEPA has them: it must come back unchanged, so nothing is written otherwise."""
    return _REFERENCE.fullmatch(text) is not None
