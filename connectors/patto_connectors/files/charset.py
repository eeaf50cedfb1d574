"""Which character set a text file is written in: first what is certain, a guess last, and the guess is told."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from charset_normalizer import from_bytes

from patto_connectors.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GUESSED_AMONG = ["utf_8", "cp1252", "iso8859_15"]
"""What Italian offices write; a free guess takes Italian text for Vietnamese or Cyrillic (tried)."""

SAMPLE = 262_144
"""Bytes that a guess looks at: those of the first piece."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ACCENTED = re.compile(r"\b\w*[^\W\d_a-zA-Z]\w*\b")


@dataclass(frozen=True, slots=True)
class Charset:
    """The character set of a text, and how it is known."""

    name: str
    """A Python codec."""
    how: str
    """`bom`, `utf-8`, `declared` or `guessed`."""


Pieces: TypeAlias = "Callable[[], Iterable[bytes]]"
"""Gives a text's bytes in pieces, from the start each time it is called."""


def charset_of(content: Pieces, declared: str | None = None) -> Charset:
    """Find the character set of a whole text: mark, strict UTF-8, what is declared, then a guess.

    Raises:
        Malformed: `file.charset` where nothing fits.
    """
    head = next(iter(content()), b"")
    for mark, name in _MARKS:
        if head.startswith(mark):
            if name and _fits(content, name):
                return Charset(name, "bom")
            raise _unknown()
    if _fits(content, "utf-8"):
        return Charset("utf-8", "utf-8")
    if declared and _fits(content, declared):
        return Charset(codecs.lookup(declared).name, "declared")
    best = from_bytes(head[:SAMPLE], cp_isolation=GUESSED_AMONG).best()
    for name in ([] if best is None else [best.encoding]) + GUESSED_AMONG[1:]:
        if name != "utf_8" and _fits(content, name):
            return Charset(name, "guessed")
    raise _unknown()


def accented(text: str, most: int = 5) -> list[str]:
    """Give a few words with accents, by which a person sees whether the guess was right."""
    return list(dict.fromkeys(found.group() for found in _ACCENTED.finditer(text)))[:most]


def _fits(content: Pieces, name: str) -> bool:
    try:
        decoder = codecs.getincrementaldecoder(name)()
        for piece in content():
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _unknown() -> Malformed:
    return Malformed(
        "file.charset",
        "The file's character set is not known.",
        hint="Salvare il file come «CSV UTF-8» (save as CSV UTF-8): chi produce il file.",
    )
