"""Cut out of partners' words whatever may be a person or a secret."""

from __future__ import annotations

import re

_MASK = "***"
_TAX_CODE = r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-EHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]"
"""The shape of an Italian tax code, omocodes included (D.M. 23/12/1976)."""
_PERSONAL = re.compile(
    rf"{_TAX_CODE}"
    r"|[^\s@<>\"']+@[^\s@<>\"']+"  # e-mail address
    r"|IT\d{2}[A-Z]\d{10}\w{12}"  # IBAN
    r"|\d{4,}"  # telephone, VAT number, protocol
    r"|[A-Za-z0-9_\-+/=.]{24,}",  # keys, tokens
    re.IGNORECASE,
)
_CODE = re.compile(rf"(?!.*{_TAX_CODE})(?!.*\d{{7}})[A-Za-z0-9_.:-]{{1,40}}", re.IGNORECASE)


def redact(content: bytes, size: int = 200) -> bytes:
    """Give the first `size` bytes with tax codes, addresses, long numbers and tokens masked."""
    text = content[: 2 * size].decode("utf-8", "replace")  # masked before it is cut: half a tax code has no shape
    return _PERSONAL.sub(_MASK, text).encode()[:size]


def code(value: object) -> str:
    """Give a partner's error code as it may be shown, or `***` when it does not look like one."""
    text = str(value)
    return text if _CODE.fullmatch(text) else _MASK
