"""One switch stops all that the hub does by itself with a partner, and lets it go on."""

from __future__ import annotations

import pytest

from patto_connectors.ports import World
from patto_connectors.webhook import fresh_secret
from patto_hub.cli.shell import Exit

WEBHOOK = """
[partners.office.subscriptions.catalogue.webhook]
url = "http://127.0.0.1:9/hook"
allow = ["127.0.0.0/8"]
secrets = { file = "hook" }
"""
LANE = "office/catalogue/webhook"


@pytest.fixture
def busy(patto, office):
    """An office whose notes the hub reads, and that it tells of the catalogue."""
    (office.folder / "hook").write_text(fresh_secret(World()))
    office.config.write_text(office.config.read_text().replace('feeds = ["catalogue"]', "") + WEBHOOK)
    return office


def states(patto):
    """Give which streams are paused, and the states of the receivers."""
    jobs = {each["job"]: bool(each["paused"]) for each in patto("job", "list", "--json").json}
    return jobs, [each["state"] for each in patto("lane", "list", "--json").json]


def test_everything_of_a_partner_stops_at_once_and_goes_on(patto, busy) -> None:
    stopped = patto("partner", "pause", "office", "--reason", "guasto", "--json")
    jobs, lanes = states(patto)
    again = patto("partner", "pause", "office", "--reason", "guasto", "--json")
    resumed = patto("partner", "resume", "office", "--json")

    assert (set(stopped.json["changed"]), all(jobs.values())) == ({*jobs, LANE}, True)
    assert lanes == ["disabled"]
    assert again.json["changed"] == []
    assert set(resumed.json["changed"]) == {*jobs, LANE}
    assert states(patto) == (dict.fromkeys(jobs, False), ["running"])


def test_a_stream_that_was_paused_for_a_time_does_not_go_on_before_the_partner(patto, busy) -> None:
    patto("job", "pause", "office/notes", "--reason", "migrazione", "--until", "2999-12-31")
    stopped = patto("partner", "pause", "office", "--reason", "guasto", "--json")
    (notes,) = (each for each in patto("job", "list", "--json").json if each["job"] == "office/notes")

    assert "office/notes" in stopped.json["changed"]
    assert (notes["paused"]["reason"], notes["paused"]["until"]) == ("guasto", None)


def test_each_of_it_is_in_the_audit_with_the_reason(patto, busy) -> None:
    patto("partner", "pause", "office", "--reason", "guasto")
    found = patto("audit", "list", "--json").json

    assert {each["action"] for each in found} == {"job.pause", "lane.pause"}
    assert all("guasto" in each["detail"] for each in found)


def test_people_are_told_what_stopped_and_what_did_not(patto, busy) -> None:
    stopped = patto("partner", "pause", "office", "--reason", "guasto")

    assert f"{LANE}: sospeso." in stopped.out
    assert "patto key revoke" in stopped.err
    assert "nulla da cambiare" in patto("partner", "pause", "office", "--reason", "guasto").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pause", "office", "--reason", " "), "Serve un motivo"),
        (("pause", "office", "--reason", "x" * 500), "al massimo"),
        (("pause", "nobody", "--reason", "x"), "Nessun partner"),
        (("resume", "nobody"), "Nessun partner"),
    ],
)
def test_what_cannot_be_done_is_said(patto, busy, words, said) -> None:
    refused = patto("partner", *words)

    assert refused.code == Exit.USAGE
    assert said in refused.err
