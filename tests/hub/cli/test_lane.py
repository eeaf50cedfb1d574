from __future__ import annotations

import pytest

from patto_connectors.ports import World
from patto_connectors.webhook import fresh_secret, key, secret_key
from patto_hub.cli.shell import Exit
from patto_hub.compose.hub import ledger_path
from patto_hub.compose.secret_watch import marks
from patto_hub.feeds import cursors
from patto_hub.ledger import again, deliveries, lane_secrets, lanes, partners, secrets
from patto_hub.ledger.keys import DAY_MS
from patto_hub.ledger.lanes import LaneName
from patto_hub.ledger.store import open_ledger
from patto_hub.settings.read import read_settings
from patto_hub.testing import changes

NAME = LaneName("office", "catalogue", "webhook")
WEBHOOK = """
[partners.office.subscriptions.catalogue.webhook]
url = "{url}"
allow = ["127.0.0.0/8"]
secrets = {{ file = "hook" }}
"""


@pytest.fixture
def told(patto, office):
    """The command line of an office that is told by webhook, with a lane that has come to 5 of 9 changes."""
    (office.folder / "hook").write_text(fresh_secret(World()))
    text = office.config.read_text().replace('feeds = ["catalogue"]', "")
    office.config.write_text(text + WEBHOOK.format(url="http://127.0.0.1:9/hook"))
    assert patto("lane", "list", "--json").json[0]["position"] == 0
    ledger = open_ledger(ledger_path(read_settings(office.config, {})))
    other = ledger.write_now(partners.register, name="other", plugin="test", organisation=None)
    ledger.write_now(changes.say, 9, organisation=0, partner=other)
    for statement in ("UPDATE change SET kind = 'organisation'", "UPDATE head SET kind = 'organisation'"):
        ledger.write_now(lambda each, statement=statement: each.exec_driver_sql(statement))
    ledger.write_now(deliveries.move, NAME, 5, 1)
    yield ledger
    ledger.close()


def test_receivers_are_listed_before_anything_was_sent_to_them(patto, told) -> None:
    [row] = patto("lane", "list", "--json").json

    assert (row["partner"], row["feed"], row["way"], row["state"]) == (*NAME, "running")
    assert (row["position"], row["newest"]) == (5, 9)
    assert "office/catalogue/webhook" in patto("lane", "list").out


def test_the_schedule_is_shown(patto) -> None:
    shown = patto("lane", "schedule", "--json").json

    assert 75 * 3_600 <= shown["attempts"][-1]["after_s"] <= 76 * 3_600
    assert shown["probes_s"] == [900, 1_800, 3_600]
    assert "75.6" in patto("lane", "schedule").out


def test_a_lane_is_stopped_with_a_reason_and_goes_on(patto, told) -> None:
    stopped = patto("lane", "pause", "office", "catalogue", "--reason", "collaudo", "--json")
    again = patto("lane", "pause", "office", "catalogue", "--reason", "collaudo")
    while_stopped = told.read_now(lanes.get, NAME)
    resumed = patto("lane", "resume", "office", "catalogue", "--json")

    assert (stopped.json["changed"], resumed.json["changed"]) == (True, True)
    assert "non era attivo" in again.out
    assert (while_stopped.state, while_stopped.trouble) == ("disabled", "lane.paused")
    assert while_stopped.updated_by.startswith("cli:")
    assert told.read_now(lanes.get, NAME).state == "running"


def test_what_was_lost_is_asked_for_again(patto, told) -> None:
    secret = told.write_now(secrets.get, "cursor", World())
    cursor = cursors.write(secret, "catalogue", "office", cursors.Place(2, 20_000))
    by_cursor = patto("lane", "replay", "office", "catalogue", "--from", cursor, "--key", "k", "--json")
    same = patto("lane", "replay", "office", "catalogue", "--from", cursor, "--key", "k", "--json")
    by_day = patto("lane", "replay", "office", "catalogue", "--since", "2026-03-02", "--json")
    other = patto("lane", "replay", "office", "catalogue", "--since", "2026-03-02", "--key", "k")

    assert (by_cursor.json["after"], by_cursor.json["until"], by_cursor.json["state"]) == (2, 5, "running")
    assert (same.json["replay"], same.json["fresh"]) == (by_cursor.json["replay"], False)
    assert by_day.json["after"] == 0
    assert other.code == Exit.USAGE


def test_a_replay_is_told_in_the_language_of_the_rest(patto, told) -> None:
    asked = patto("lane", "replay", "office", "catalogue", "--since", "2026-03-02")

    assert "reinvio n. 1, in corso" in asked.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", "office", "catalogue"),
        ("replay", "office", "catalogue", "--from", "x", "--since", "2026-01-01"),
        ("replay", "office", "catalogue", "--from", "nonsense"),
        ("replay", "office", "catalogue", "--since", "yesterday"),
        ("replay", "office", "catalogue", "--pact", "17"),
        ("replay", "nobody", "catalogue", "--since", "2026-01-01"),
        ("pause", "office", "catalogue", "--reason", " "),
        ("pause", "office", "pacts", "--reason", "x"),
        ("resume", "office", "catalogue", "--way", "files"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(patto, told, arguments) -> None:
    said = patto("lane", *arguments)

    assert said.code == Exit.USAGE
    assert "Traceback" not in said.err
    assert len(said.err.strip().splitlines()) == 1


@pytest.mark.parametrize("options", [(), ("--pair",)])
def test_a_key_is_made_and_kept_nowhere(patto, options) -> None:
    made = patto("webhook", "secret", *options, "--json").json
    other = patto("webhook", "secret", *options)

    assert made["secret"].startswith("whsk_" if options else "whsec_")
    assert key(made["partner"]).label == key(made["secret"]).label
    assert made["secret"] not in other.out
    assert (made["partner"] == made["secret"]) == (not options)


def test_a_test_message_names_what_is_wrong(patto, told) -> None:
    said = patto("webhook", "test", "office", "catalogue", "--json")
    words = patto("webhook", "test", "office", "catalogue")

    assert (said.code, said.json["taken"], said.json["code"]) == (Exit.FAILED, False, "tcp")
    assert "→" in words.err
    assert told.read_now(lanes.get, NAME).failures == 0, "a test is no attempt of the lane"


def test_a_test_of_what_the_settings_do_not_name_is_one_sentence(patto) -> None:
    said = patto("webhook", "test", "office", "catalogue")

    assert said.code == Exit.USAGE
    assert "subscriptions.catalogue.webhook" in said.err


def test_the_check_of_the_settings_names_a_key_that_is_missing(patto, told, office) -> None:
    (office.folder / "hook").unlink()
    said = patto("config", "check")

    assert said.code == Exit.CONFIG
    assert "webhook.secrets" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--since", "2999-01-01"), Exit.USAGE, "nel futuro"),
        (("--pact", "organisation-999"), Exit.USAGE, "nessuna scheda"),
        (("--pact", "organisation-7"), Exit.FAILED, "non c'è nulla da ripetere"),
    ],
)
def test_a_wish_that_would_come_to_nothing_says_so(patto, told, arguments, code, words) -> None:
    said = patto("lane", "replay", "office", "catalogue", *arguments)

    assert said.code == code
    assert words in said.err
    assert told.read_now(again.of_partner, "office") == []


def test_from_where_nothing_was_sent_nothing_is_repeated(patto, told) -> None:
    secret = told.write_now(secrets.get, "cursor", World())
    cursor = cursors.write(secret, "catalogue", "office", cursors.Place(5, 20_000))
    after = patto("lane", "replay", "office", "catalogue", "--from", cursor)
    told.write_now(lambda each: each.exec_driver_sql("UPDATE lane SET position = 0"))
    unsent = patto("lane", "replay", "office", "catalogue", "--since", "2026-01-01")

    assert (after.code, unsent.code) == (Exit.FAILED, Exit.FAILED)
    assert "la prima consegna parte da sé" in unsent.err


def test_a_receiver_that_was_taken_out_of_the_settings_is_listed_as_such_and_takes_no_wish(patto, told, office) -> None:
    text = office.config.read_text()
    office.config.write_text(text[: text.index("[partners.office.subscriptions.catalogue.webhook]")])
    [row] = patto("lane", "list", "--json").json
    asked = [
        patto("lane", "replay", "office", "catalogue", "--since", "2026-01-01"),
        patto("lane", "pause", "office", "catalogue", "--reason", "x"),
        patto("lane", "resume", "office", "catalogue"),
    ]

    assert (row["state"], row["position"], row["not_before"]) == ("removed", 5, None)
    assert "non più nelle impostazioni" in patto("lane", "list").out
    assert {each.code for each in asked} == {Exit.USAGE}
    assert all("non è più nelle impostazioni" in each.err for each in asked)
    assert told.read_now(again.of_partner, "office") == []


def test_a_receiver_whose_key_cannot_be_read_is_still_configured(patto, told, office) -> None:
    (office.folder / "hook").unlink()
    [row] = patto("lane", "list", "--json").json

    assert row["state"] == "running"


def test_quiet_hours_are_listed(patto, told, office) -> None:
    office.config.write_text(office.config.read_text() + 'quiet = ["00:00-12:00", "13:30-24:00"]\n')
    [row] = patto("lane", "list", "--json").json

    assert row["quiet"] == ["00:00-12:00", "13:30-00:00"]


@pytest.mark.parametrize(
    ("hours", "words"), [('["22-6"]', "22:00-06:00"), ('["00:00-23:30"]', "less than an hour"), ('"22:00"', "quiet")]
)
def test_hours_that_are_none_are_refused_with_a_right_value(patto, told, office, hours, words) -> None:
    office.config.write_text(office.config.read_text() + f"quiet = {hours}\n")
    said = patto("--lang", "en", "config", "check")

    assert said.code == Exit.CONFIG
    assert words in said.err


def test_keys_that_sign_are_listed_with_their_age_and_never_shown(patto, told, office) -> None:
    [unused] = patto("webhook", "list", "--json").json
    text = (office.folder / "hook").read_text()
    [mark] = marks([secret_key(text)])
    told.write_now(lane_secrets.see, {NAME: [mark]}, World().milliseconds() - 360 * DAY_MS)
    said = patto("webhook", "list")
    [used] = patto("webhook", "list", "--json").json

    assert (unused["since"], unused["age_days"], unused["reminder"]) == (None, None, None)
    assert (used["kind"], used["age_days"], used["days_left"], used["reminder"]) == ("v1", 360, 5, 7)
    assert "va cambiata entro 5 giorni" in said.err
    assert "va cambiata entro 5 giorni" in patto("status").out
    assert text not in said.out
