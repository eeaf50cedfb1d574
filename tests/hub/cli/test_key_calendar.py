from __future__ import annotations

import re
from datetime import timedelta

from patto_connectors.ports import World
from patto_hub.cli.shell import Exit


def test_the_calendar_names_what_ends_and_what_to_do_the_first_first(patto, office) -> None:
    text = office.config.read_text()
    text = text.replace('feeds = ["catalogue"]\n', "subscriptions = { catalogue = { until = 2099-12-31 } }\n")
    office.config.write_text(text)
    patto("key", "rotate", "office", "--days", "20")

    rows = patto("key", "calendar", "--json").json
    soon = patto("key", "calendar", "office", "--days", "30", "--json").json
    shown = patto("key", "calendar")

    assert [(row["kind"], row["partner"]) for row in rows] == [("key", "office"), ("subscription", "office")]
    assert (rows[0]["days_left"], rows[0]["reminder"], rows[1]["ends_at"]) == (20, 30, "2099-12-31T23:00:00Z")
    assert [row["kind"] for row in soon] == ["key"]
    assert "patto key rotate office" in shown.out
    assert shown.out.index("Chiave di accesso") < shown.out.index("Diritto al flusso")


def test_where_nothing_ends_the_calendar_says_so(patto) -> None:
    patto("key", "rotate", "office")

    assert "Nulla scade." in patto("key", "calendar").out
    assert patto("key", "calendar", "--json").json == []


def test_a_partner_that_is_not_there_is_named_with_those_that_are(patto) -> None:
    said = patto("key", "calendar", "nessuno")

    assert said.code == Exit.USAGE
    assert "office" in said.err


def test_the_standing_says_what_else_ends_soon(patto, office) -> None:
    last = (World().now() + timedelta(days=3)).date()
    text = office.config.read_text()
    text = text.replace('feeds = ["catalogue"]\n', f"subscriptions = {{ catalogue = {{ until = {last} }} }}\n")
    office.config.write_text(text)

    said = patto("status").out

    assert re.search(r"Diritto al flusso «catalogue» \(office\): fra [34] giorni\. .*«until»", said)
