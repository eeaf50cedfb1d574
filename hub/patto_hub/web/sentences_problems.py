"""What the pages of the API's problems say around each of them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "problem.all": ("I problemi che l'API segnala", "The problems that the API tells of"),
        "problem.intro": (
            "Ogni rifiuto è «application/problem+json» (RFC 9457). «code» è il nome stabile, «type» porta alla pagina.",
            "Each refusal is `application/problem+json` (RFC 9457). `code` is its stable name, `type` leads to a page.",
        ),
        "problem.code": ("Nome stabile («code»)", "Stable name (`code`)"),
        "problem.status": ("Stato HTTP", "HTTP status"),
        "problem.why": ("Perché", "Why"),
        "problem.todo": ("Che cosa fare", "What to do"),
        "problem.who": ("Chi può rimediare", "Who can mend it"),
        "problem.retry": ("Ripetere la stessa richiesta", "Sending the same request again"),
        "problem.retry.yes": (
            "Può riuscire più tardi; «until» o Retry-After dicono quando, se si sa.",
            "May succeed later; `until` or Retry-After say when, if that is known.",
        ),
        "problem.retry.no": (
            "Non serve: la risposta resta questa finché non si rimedia.",
            "Is of no use: the answer stays the same until it is mended.",
        ),
        "problem.where": ("Dove può capitare", "Where it can come about"),
        "problem.anywhere": (
            "A ogni indirizzo: la richiesta non è arrivata fino all'API.",
            "At any address: the request did not get as far as the API.",
        ),
        "problem.unknown": ("L'API non segnala problemi con questo nome.", "The API tells of no problem of this name."),
    }
)
"""Key -> (Italian, English)."""
