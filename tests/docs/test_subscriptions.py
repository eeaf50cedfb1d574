from __future__ import annotations

import re
from pathlib import Path

from patto_hub.feeds.pseudonyms import SCHEME, pseudonyms_of
from patto_hub.feeds.subscriptions import subscribe

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/how-to/subscriptions.md"


def test_the_feed_of_the_page_leaves_with_names_and_under_pseudonyms():
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    made: dict = {}
    exec(compile(code, str(PAGE), "exec", dont_inherit=True), made)  # noqa: S102 - our own page
    visit = '{"person_id":"RSSMRA85T10A562S","status":"done","note":"CANARY"}'

    named = subscribe("p", made["VISITS"]).show("visit", visit, "lecce")
    hidden = subscribe("p", made["VISITS"], pseudonyms=pseudonyms_of(b"s", "p", 1)).show("visit", visit, "lecce")

    assert named.model_dump() == {"person_id": "RSSMRA85T10A562S", "person_scheme": "cf", "status": "done"}
    assert (hidden.person_scheme, hidden.status, len(hidden.person_id)) == (SCHEME, "done", 32)
