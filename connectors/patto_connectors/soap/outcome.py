"""What became of a request, where the answer says it in its body with HTTP 200."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from patto_connectors.errors import Malformed, RejectedItem
from patto_connectors.http.redact import code
from patto_connectors.json import at_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_connectors.soap.settings import OutcomeWords

Meaning = Literal["passed", "already", "refused"]


def meaning(answer: Mapping[str, Any], words: OutcomeWords) -> Meaning:
    """Give what the word in an answer means.

    Raises:
        Malformed: `soap.outcome`, there is no word, or none that was agreed.
    """
    word = _word(answer, words)
    if word in words.passed:
        return "passed"
    if word in words.already:
        return "already"
    if word in words.refused:
        return "refused"
    detail = f"the answer says {code(word)} in {words.field}" if word else f"the answer says nothing in {words.field}"
    known = ", ".join(sorted(words.passed | words.already | words.refused))
    hint = f"parole concordate (agreed words): {known}; l'ingegnere aggiunge quelle nuove (the engineer adds new ones)"
    raise Malformed("soap.outcome", detail, hint=hint, position=words.field)


def rejected_item(index: int, answer: Mapping[str, Any], words: OutcomeWords) -> RejectedItem:
    """Name a refused request for `Rejected`; by the partner's code only, for its sentence may name the person."""
    return RejectedItem(index, code(_word(answer, words)), "the partner refused this record")


def _word(answer: Mapping[str, Any], words: OutcomeWords) -> str:
    found = at_path(answer, words.field)
    return "" if found is None else str(found).strip()
