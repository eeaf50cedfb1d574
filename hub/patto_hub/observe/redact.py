"""Blanks what looks like a tax code, an IBAN or a secret in a text.

This is the second line: the first is that such values are never put into a message (`SecretStr`, ids and digests).
"""

from __future__ import annotations

import re
from typing import Final

MARK: Final = "***"

# A tax code with its omocode letters (DM 23/12/1976: L M N P Q R S T U V stand for 0 to 9).
_TAX_CODE = r"\b[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]\b"
_IBAN = r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
_BEARER = r"(?<=\bBearer )\S+|(?<=\bBasic )[A-Za-z0-9+/=]+"
_URL_LOGIN = r"(?<=://)[^/\s@]+(?=@)"
_SENSITIVE = r"(?:password|passwd|secret|token|api[_-]?key|authorization|private_key)"
_JWT = r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
_OUR_KEY = r"\bpatto_[A-Za-z0-9_-]{16,}"
_VALUE = r"(?:'[^']*'|\"[^\"]*\"|[^\s,;&}]+)"

_ALONE: Final = re.compile(f"{_TAX_CODE}|{_BEARER}|{_URL_LOGIN}|{_JWT}|{_OUR_KEY}", re.IGNORECASE)
_ACCOUNT: Final = re.compile(_IBAN)
_ASSIGNED: Final = re.compile(rf"(['\"]?\b\w*{_SENSITIVE}\w*['\"]?\s*[=:]\s*)(?!\*){_VALUE}", re.IGNORECASE)

_SHORTEST: Final = 5
"""Characters of `://x@`, than which nothing that is looked for is shorter."""


def redact(text: str) -> str:
    """Blank tax codes, IBANs, tokens, passwords in URLs and values after words such as `password=`."""
    if len(text) < _SHORTEST:
        return text
    return _ASSIGNED.sub(rf"\g<1>{MARK}", _ACCOUNT.sub(MARK, _ALONE.sub(MARK, text)))
