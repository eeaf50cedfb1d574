"""The four names of trouble with a partner; the hub acts on the class, people read the message.

Trouble
+-- Unreachable   try again later (network, 429, 5xx, their maintenance)
+-- Refused       a person must act (credentials, permission, wrong address, TLS)
+-- Malformed     what came is not the agreed format: keep the bytes, quarantine
+-- Rejected      the partner took a part of what was sent and refused the rest
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Trouble(Exception):  # noqa: N818 - the design's word
    """A partner could not be read or written; the message never holds personal data or a secret.

    Args:
        code: key of the message catalogue, as `http.status` or `tls.expired`.
        detail: what happened and where, in one plain sentence, without personal data.
        hint: what to do next, and who.
    """

    def __init__(self, code: str, detail: str, *, hint: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.hint = hint


class Unreachable(Trouble):
    """The partner does not answer now; `retry_after` is in seconds where the partner said so."""

    def __init__(self, code: str, detail: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(code, detail, hint=hint)
        self.retry_after = retry_after


class Refused(Trouble):
    """The partner said no, and repeating will not help: a person must act."""


class Malformed(Trouble):
    """What came is not the agreed format; `content` holds the bytes for quarantine.

    Args:
        position: where in the content, as `line 12, column 4` or `$.items[3]`.
        content: the bytes as they came, cut to what may be kept.
    """

    def __init__(self, code: str, detail: str, *, hint: str = "", position: str = "", content: bytes = b"") -> None:
        super().__init__(code, detail, hint=hint)
        self.position = position
        self.content = content


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """One item that the partner refused: its place in the batch that was sent, and why."""

    index: int
    code: str
    detail: str


class Rejected(Trouble):
    """The partner accepted a part of a batch; `items` are those that it refused."""

    def __init__(self, code: str, detail: str, *, items: Sequence[RejectedItem], hint: str = "") -> None:
        super().__init__(code, detail, hint=hint)
        self.items = tuple(items)
