"""VAT number, IBAN, BIC, CUP and the code of a mandatory communication."""

from __future__ import annotations

import re
from typing import Final

from stdnum import bic
from stdnum import iban as stdnum_iban
from stdnum.it import iva

CUP_SHAPE: Final = re.compile(r"[A-Z][0-9]{2}[A-Z][0-9]{11}", re.ASCII)
"""A letter for the kind of subject, the year, a letter, eleven digits (CIPE decision 143/2002; 15 in all, IGRUE)."""
IBAN_SHAPE: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
COMMUNICATION_SHAPE: Final = re.compile(r"[A-Z0-9]{16}", re.ASCII)
IBAN_IT: Final = re.compile(r"IT[0-9]{2}[A-Z][0-9]{10}[A-Z0-9]{12}", re.ASCII)
ODD: Final = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
"""Values of characters in odd places for the CIN (ABI's check letter of the account coordinates)."""


def vat_problem(number: str) -> str | None:
    """Say what is wrong with a VAT number of 11 digits: `vat.shape`, `vat.check_digit`, or None."""
    if not (len(number) == 11 and number.isascii() and number.isdigit()):  # noqa: PLR2004 - its length
        return "vat.shape"
    return None if iva.is_valid(number) else "vat.check_digit"


def iban_problem(number: str) -> str | None:
    """Say what is wrong with an IBAN without blanks: `iban.shape`, `iban.check_digits`, `iban.cin`, or None."""
    if IBAN_SHAPE.fullmatch(number) is None or (number.startswith("IT") and IBAN_IT.fullmatch(number) is None):
        return "iban.shape"
    if not stdnum_iban.is_valid(number, check_country=False):
        return "iban.check_digits"
    return "iban.cin" if number.startswith("IT") and cin(number[5:]) != number[4] else None


def italian_iban(coordinates: str) -> str:
    """Give the IBAN of Italian account coordinates: ABI (5), CAB (5), account (12)."""
    bban = f"{cin(coordinates)}{coordinates}"
    return f"IT{stdnum_iban.calc_check_digits('IT00' + bban)}{bban}"


def cin(coordinates: str) -> str:
    """Give the check letter of Italian account coordinates: ABI (5), CAB (5), account (12)."""
    total = sum(
        ODD[_value(character)] if index % 2 == 0 else _value(character) for index, character in enumerate(coordinates)
    )
    return chr(ord("A") + total % 26)


def _value(character: str) -> int:
    return int(character) if character.isdigit() else ord(character) - ord("A")


def cup_problem(code: str) -> str | None:
    """Say what is wrong with a CUP: `cup.shape`, or None; its last characters carry no public check."""
    return None if CUP_SHAPE.fullmatch(code) else "cup.shape"


def bic_problem(code: str) -> str | None:
    """Say what is wrong with a bank's BIC (ISO 9362, 8 or 11 characters): `bic.shape`, or None."""
    return None if code == code.upper() and bic.is_valid(code) and code.isalnum() else "bic.shape"


def communication_problem(code: str) -> str | None:
    """Say what is wrong with the code of a mandatory communication: `co.shape`, or None; only its length is known."""
    return None if COMMUNICATION_SHAPE.fullmatch(code) else "co.shape"
