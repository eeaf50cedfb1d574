"""The Italian tax code (codice fiscale) of persons and, in its 11-digit form, of bodies.

Check letter and alphabet are python-stdnum's. Its `get_gender` fails where a digit of the day is replaced by a letter
(omocodia), so birth facts are decoded here, digit by digit, never with `int()`.
Source: DM 23 December 1976 n. 13813; omocodia replaces digits with LMNPQRSTUV from the right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from stdnum.it import codicefiscale, iva

OMOCODE: Final = "LMNPQRSTUV"
"""The letter that stands for each digit 0..9 in an omocode."""
DIGIT_PLACES: Final = (6, 7, 9, 10, 12, 13, 14)
MONTHS: Final = "ABCDEHLMPRST"
SHAPE: Final = re.compile(
    rf"[A-Z]{{6}}[0-9{OMOCODE}]{{2}}[{MONTHS}][0-9{OMOCODE}]{{2}}[A-Z][0-9{OMOCODE}]{{3}}[A-Z]", re.ASCII
)
TO_DIGIT: Final = str.maketrans(OMOCODE, "0123456789")
TO_LETTER: Final = str.maketrans("0123456789", OMOCODE)
WOMEN_DAY: Final = 40
"""What is added to a woman's day of birth."""


@dataclass(frozen=True, slots=True)
class Birth:
    """What a tax code says of a person's birth; the century it does not say."""

    year: int
    """The last two digits."""
    month: int
    day: int
    sex: str
    belfiore: str
    """The municipality or foreign country by its cadastral code."""

    def is_on(self, day: date) -> bool:
        """Tell whether the code can belong to somebody born that day, in any century."""
        return (self.year, self.month, self.day) == (day.year % 100, day.month, day.day)


def problem(code: str) -> str | None:
    """Say what is wrong with a tax code: `tax_code.shape`, `tax_code.check_letter`, or None for nothing.

    Exact: capitals, no blanks. Bodies' 11 digits are checked as a VAT number.
    """
    if len(code) == 11:  # noqa: PLR2004 - bodies have 11 digits, persons 16 characters
        return _body_problem(code)
    if SHAPE.fullmatch(code) is None:
        return "tax_code.shape"
    if codicefiscale.calc_check_digit(code[:15]) != code[15]:
        return "tax_code.check_letter"
    return None if _day_exists(birth(code)) else "tax_code.shape"


def _body_problem(code: str) -> str | None:
    if not (code.isascii() and code.isdigit()):
        return "tax_code.shape"
    return None if iva.is_valid(code) else "tax_code.check_letter"


def _day_exists(born: Birth) -> bool:
    """Leap day in any century: a code of 1900 is as good as one of 2000."""
    try:
        date(2000 + born.year, born.month, born.day)
    except ValueError:
        return False
    return True


def birth(code: str) -> Birth:
    """Decode a person's tax code, omocode or not.

    Raises:
        ValueError: the code has not the shape of a person's tax code.
    """
    if SHAPE.fullmatch(code) is None:
        raise ValueError("not the shape of a person's tax code (16 characters, as RSSMRA80A01H501U)")
    day = int(code[9:11].translate(TO_DIGIT))
    return Birth(
        year=int(code[6:8].translate(TO_DIGIT)),
        month=MONTHS.index(code[8]) + 1,
        day=day % WOMEN_DAY,
        sex="F" if day > WOMEN_DAY else "M",
        belfiore=code[11] + code[12:15].translate(TO_DIGIT),
    )


def plain(code: str) -> str:
    """Give the code that an omocode was made from: a hint that two persons may be mixed up, never a reason to merge."""
    digits = "".join(
        letter.translate(TO_DIGIT) if place in DIGIT_PLACES else letter for place, letter in enumerate(code[:15])
    )
    return digits + codicefiscale.calc_check_digit(digits)


def omocode(code: str, level: int) -> str:
    """Give the code with its `level` rightmost digits (0..7) replaced by letters, and its check letter."""
    letters = list(plain(code)[:15])
    for place in DIGIT_PLACES[len(DIGIT_PLACES) - level :]:
        letters[place] = letters[place].translate(TO_LETTER)
    changed = "".join(letters)
    return changed + codicefiscale.calc_check_digit(changed)


def of(family_name: str, given_name: str, born: date, sex: str, belfiore: str) -> str:
    """Make the tax code of an invented person; the registry's is the only true one of a real person."""
    day = born.day + (WOMEN_DAY if sex == "F" else 0)
    code = (
        f"{_three(family_name)}{_three_given(given_name)}{born.year % 100:02}{MONTHS[born.month - 1]}{day:02}{belfiore}"
    )
    return code + codicefiscale.calc_check_digit(code)


def _letters(name: str) -> tuple[str, str]:
    capitals = [letter for letter in name.upper() if "A" <= letter <= "Z"]
    vowels = "".join(letter for letter in capitals if letter in "AEIOU")
    return "".join(letter for letter in capitals if letter not in "AEIOU"), vowels


def _three(name: str) -> str:
    consonants, vowels = _letters(name)
    return (consonants + vowels + "XXX")[:3]


def _three_given(name: str) -> str:
    consonants, vowels = _letters(name)
    chosen = consonants[0] + consonants[2:4] if len(consonants) > 3 else consonants  # noqa: PLR2004 - of four consonants the second is skipped
    return (chosen + vowels + "XXX")[:3]
