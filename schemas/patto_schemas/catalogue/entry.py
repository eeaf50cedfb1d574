"""One entry of the catalogue of issues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_schemas.issues import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Entry:
    """What an issue code means, for people; `{name}` in a sentence is filled from the issue's values.

    A word that has to agree with a number is written `{name:carattere|caratteri}`.
    """

    it: str
    """What is wrong, in Italian."""
    en: str
    example: str
    """A right value, invented; empty where none helps."""
    fix_it: str
    """What to do, in Italian."""
    fix_en: str
    owner: Owner = Owner.PARTNER
    """Who can do it."""


class _Value(str):
    """What stands in a gap of a sentence; `{name:one|many}` is the word that agrees with it."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        one, both, many = spec.partition("|")
        if both:
            return one if self == "1" else many
        return super().__format__(spec)


class _Gaps(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return _Value("…")


def fill(sentence: str, values: Mapping[str, object]) -> str:
    """Fill the gaps of a sentence; what there is no value for stays a gap."""
    return sentence.format_map(_Gaps({name: _Value(value) for name, value in values.items()}))
