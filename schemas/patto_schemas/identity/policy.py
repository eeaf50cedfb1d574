"""The identifier of an active policy in the national SAP (section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stdnum.it import codicefiscale

if TYPE_CHECKING:
    from datetime import date

PUGLIA = "14"
"""The region's two digits as a sender."""


def check_letter(promoter_code: str, activity_code: str, proposed_on: date) -> str:
    """Give the last letter of a policy id: the tax-code letter over promoter (11), activity (3) and date (8).

    Source: ANPAL, SAP technical documents, section 6 (H501X000004, A02, 20170101 gives B).
    """
    return codicefiscale.calc_check_digit(f"{promoter_code}{activity_code}{proposed_on:%Y%m%d}")


def policy_id(sequence: int, promoter_code: str, activity_code: str, proposed_on: date, sender: str = PUGLIA) -> str:
    """Make a policy id: sender, eight hexadecimal digits of the sequence, check letter."""
    return f"{sender}{sequence:08X}{check_letter(promoter_code, activity_code, proposed_on)}"
