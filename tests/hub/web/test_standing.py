from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from pydantic import BaseModel

from patto_connectors.contract import Connector
from patto_hub.balance import Balance
from patto_hub.clock import freshness as judgement
from patto_hub.clock.calendar import italy
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.ledger.drift import Drift
from patto_hub.ledger.freshness import Ended, Facts, Good
from patto_hub.ledger.job_state import JobState
from patto_hub.ledger.runs import RunReport
from patto_hub.ledger.status import JobStanding
from patto_hub.web import groups, standing
from patto_hub.web.words import Words
from patto_schemas.catalogue import CATALOGUE

PLACE = italy()
NOW = round(datetime(2026, 3, 12, 9, 30, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000
WORDS = Words("it", NOW, PLACE)
DAILY = Schedule(cron="30 2 * * *", expected_by=time(6))


class NoSettings(BaseModel):
    pass


def job(schedule=DAILY):
    connector = Connector(name="pacts", settings=NoSettings, summary={"it": "Patti", "en": "Pacts"})
    return Job(
        name="a/pacts",
        partner="a",
        partner_id=1,
        plugin="p",
        connector=connector,
        settings=NoSettings(),
        schedule=schedule,
    )


def report(at, balance):
    return RunReport(
        id=1,
        job="a/pacts",
        partner_id=1,
        attempt=1,
        owner="h",
        reason="schedule",
        state="done",
        started_at=at,
        finished_at=at,
        slot_key=None,
        balance=balance,
        trouble_code=None,
        trouble_detail=None,
        trouble_hint=None,
        traceback=None,
    )


def sight(*, good=None, ended=None, balance=None, state=None, news_at=None, schedule=DAILY, running=None, words=WORDS):
    """See a job as facts make it stand; `good` and `ended` are hours ago."""
    state = state or JobState(job="a/pacts")
    balance = balance or Balance()
    last = None if good is None else NOW - good * HOUR
    facts = Facts(
        state=state,
        running_since=running,
        good=None if last is None else Good(run_id=1, started_at=last, finished_at=last, balance=balance),
        ended=ended,
        news_at=news_at,
    )
    fresh = judgement.judge("a/pacts", schedule, facts, NOW, PLACE)
    figures = JobStanding(
        job="a/pacts",
        last=None,
        last_good=None if last is None else report(last, balance),
        news_at=news_at,
        quarantined=0,
        owners={},
        parked=0,
    )
    return standing.Sight(job=job(schedule), title="Ambito", fresh=fresh, standing=figures, state=state)


def view(words=WORDS, **facts):
    return standing.view(sight(**facts), words, PLACE)


def failed(code, detail=""):
    return Ended(
        run_id=9, state="failed", finished_at=NOW - HOUR, trouble_code=code, trouble_detail=detail, trouble_hint=None
    )


def test_nothing_new_and_not_read_are_different_words():
    quiet = view(good=7, balance=Balance(read=5, unchanged=5), news_at=NOW - 48 * HOUR)
    unread = view(good=48, ended=failed("http.timeout"), balance=Balance(read=5, new=5))

    assert quiet.state == "on_time"
    assert "Nessuna novità dal 10 marzo alle 10:30" in " ".join(quiet.last)
    assert "Non letto" not in " ".join(quiet.last)
    assert unread.state == "failing"
    assert unread.last == ["Non letto dal 10 marzo alle 10:30.", "Quella volta: 5 record letti: 5 nuovi."]


def test_what_is_set_aside_is_news_too():
    said = " ".join(view(good=7, balance=Balance(read=1, quarantined=1), news_at=NOW).last)

    assert "Nessuna novità" not in said
    assert "1 record letto: 1 in quarantena." in said


def test_a_partner_that_answers_but_never_sent_anything_is_told_so():
    assert "non ha ancora inviato nulla" in " ".join(view(good=7).last)


def test_a_late_stream_says_by_when_it_was_expected():
    late = view(good=48, balance=Balance(read=5, new=5))

    assert (late.state, late.look) == ("late", "bad")
    assert late.reasons == ["Atteso oggi alle 06:00, non ancora arrivato."]
    assert late.expected == "ogni giorno entro le 06:00"


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_trouble_is_said_with_what_to_do_and_who_can(code, language):
    said = standing.trouble(code, "GET /x answered 503", replace(WORDS, language=language))

    assert len(said) == 4
    assert all(said)
    assert said[3].endswith("GET /x answered 503")


def test_a_fault_of_a_plugin_and_a_trouble_without_words_are_told_too():
    assert "tecnico" in view(good=48, ended=failed(None)).reasons[0]
    assert view(good=48, ended=failed("x.unknown", "boh")).reasons == ["Dettaglio tecnico: boh"]


def test_a_pause_says_who_why_and_until_when():
    state = JobState(
        job="a/pacts", paused_at=NOW - 1, paused_until=NOW + 20 * HOUR, paused_by="anna", pause_reason="migrazione"
    )
    paused = view(good=7, state=state)

    assert paused.reasons == ["Sospeso da anna: migrazione", "Riprende domani alle 06:30."]
    assert (paused.paused, paused.next) == (True, "Dopo la sospensione.")
    endless = view(good=7, state=replace(state, paused_until=None))
    assert endless.reasons[1] == "Fino a nuova decisione."


def test_a_reading_under_way_or_asked_for_is_told_and_makes_the_stream_busy():
    running = view(good=7, running=NOW)
    asked = view(good=7, state=JobState(job="a/pacts", requested_at=NOW, requested_by="anna"))

    assert running.busy
    assert running.last[0] == "Lettura in corso, iniziata oggi alle 10:30."
    assert asked.busy
    assert asked.last[0] == "Lettura richiesta da anna, sta per iniziare."
    assert not view(good=7).busy


@pytest.mark.parametrize(
    ("schedule", "expected", "following"),
    [
        (DAILY, "ogni giorno entro le 06:00", "domani alle 02:30"),
        (replace(DAILY, working_days_only=True), "ogni giorno lavorativo entro le 06:00", "domani alle 02:30"),
        (Schedule(every_s=900.0, expected_within_s=7200.0), "almeno ogni 2 ore", "oggi alle 10:45"),
        (Schedule(every_s=900.0, expected_within_s=60.0), "almeno ogni minuto", "oggi alle 10:45"),
        (Schedule(every_s=900.0), "dopo ogni lettura prevista", "oggi alle 10:45"),
        (Schedule(), "solo a richiesta", "Quando qualcuno la chiede."),
    ],
)
def test_plan_and_deadline_are_said(schedule, expected, following):
    seen = view(good=1, schedule=schedule)

    assert (seen.expected, seen.next) == (expected, following)


def test_back_off_says_when_the_next_try_is():
    held = view(good=7, state=JobState(job="a/pacts", not_before=NOW + 60_000))

    assert held.next == "Nuovo tentativo oggi alle 10:31."


def test_counts_add_up_and_a_stream_without_a_deadline_alarms_nobody():
    seen = [
        sight(good=7, balance=Balance(read=1, new=1)),
        sight(good=48),
        sight(),
        sight(good=7, schedule=Schedule()),
        sight(good=7, state=JobState(job="a/pacts", paused_at=NOW - 1)),
    ]

    counts = standing.overview(seen)

    assert (counts.jobs, counts.on_time, counts.attention, counts.paused) == (5, 2, 2, 1)
    assert [standing.needs_attention(each) for each in standing.urgent_first(seen)] == [True, True, False, False, False]


def test_a_run_that_staff_asked_for_says_who():
    run = report(NOW, Balance())

    assert standing.run_reason(replace(run, reason="staff:anna"), WORDS) == "richiesta da anna"
    assert standing.run_reason(replace(run, reason="catch_up"), WORDS) == "recupero"
    assert standing.run_reason(replace(run, reason="altro"), WORDS) == "altro"


def test_the_newest_fields_are_named_and_the_others_counted():
    found = [Drift(field=f"/f{n}", what="added", first_at=NOW - n * HOUR, last_at=NOW, times=1) for n in range(7)]
    lacking = Drift(field="/x", what="missing", first_at=NOW, last_at=NOW, times=1)

    assert standing.new_fields([*found, lacking], WORDS) == [
        "/f0, dalle 10:30 di oggi",
        "/f1, dalle 09:30 di oggi",
        "/f2, dalle 08:30 di oggi",
        "/f3, dalle 07:30 di oggi",
        "/f4, dalle 06:30 di oggi",
        "e altri 2 campi",
    ]
    assert standing.new_fields([lacking], WORDS) == []


def test_many_streams_stand_in_groups_with_the_troubled_first():
    sights = [replace(sight(good=7), job=replace(job(DAILY), partner=f"ambito-{n}", name=f"a{n}/x")) for n in range(3)]
    bad = replace(sight(good=48, ended=failed("http.timeout")), job=replace(job(DAILY), partner="cpi", name="cpi/sap"))
    alone = replace(sight(good=7), job=replace(job(DAILY), partner="lettore", name="lettore/x"))
    domains = {"ambito-0": "social", "ambito-1": "social", "ambito-2": "social", "cpi": "labour"}

    found = groups.grouped([*sights, alone, bad], domains)
    first, opened, more = groups.shown([*sights, alone, bad], found, "other")

    assert [(each.domain, each.partners, each.counts.attention) for each in found] == [
        ("social", 3, 0),
        ("labour", 1, 1),
        ("", 1, 0),
    ]
    assert (first, opened, more) == ([bad], [alone], 0)
    assert groups.shown([bad] * 50, found, "nobody") == ([bad] * groups.URGENT, [], 50 - groups.URGENT)
