"""What a demonstration says at the terminal: by kind of partner, and when all is read and all is told."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from patto_connectors.ports import World
from patto_hub.balance import Balance
from patto_hub.cli.shell import Shell
from patto_hub.demo.receiver import Received
from patto_hub.demo.story import Story
from patto_hub.demo.voice import LAST_WORD, Voice
from patto_hub.ledger.status import JobStanding
from patto_hub.outcomes import RunOutcome
from patto_schemas.chronicle import Calendar, WorldSettings

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SETTINGS = WorldSettings()
OVER = BEGAN + timedelta(seconds=SETTINGS.days + LAST_WORD.days + 1)


@pytest.fixture
def said():
    return []


@pytest.fixture
def voice(monkeypatch, said):
    monkeypatch.setattr(Shell, "tell", lambda self, text="": said.append(self.say(text)))
    story = Story(
        world=SETTINGS,
        calendar=Calendar(starts_on=SETTINGS.starts_on, day_seconds=1, ahead_days=0),
        began=BEGAN,
    )
    voice = Voice(
        shell=Shell(),
        world=World(now=lambda: BEGAN),
        story=story,
        reader="cpi",
        plugins={"lecce": "social_districts", "banca": "microcredit"},
    )
    voice.expect({job: standing(job) for job in ("lecce/pacts", "banca/statements")})
    return voice


def standing(job):
    return JobStanding(job=job, last=None, last_good=None, news_at=None, quarantined=0, owners={}, parked=0)


def ran(job, *, at=BEGAN, state="done", code=None, **counts):
    return RunOutcome(
        run=1,
        job=job,
        partner=job.partition("/")[0],
        state=state,
        reason="schedule",
        started_at=at,
        finished_at=at,
        balance=Balance(**counts),
        trouble_code=code,
    )


def test_runs_are_summed_up_by_kind_of_partner_and_silence_says_nothing(voice, said):
    voice.sum_up()
    voice.ran(ran("lecce/pacts", read=5, new=3, quarantined=2))
    voice.ran(ran("lecce/pacts", read=4, new=4))
    voice.ran(ran("banca/statements", state="failed", code="http.status"))
    voice.received(Received("pacts", Counter(pact=2)))
    voice.sum_up()
    voice.ran(ran("lecce/pacts", read=9, unchanged=9))
    voice.sum_up()

    assert said == [
        "[10:00:00] nel mondo inventato è il 08/01/2024",
        "  microcredit          letture 1, righe 0, non letti 1 (http.status)",
        "  social_districts     letture 2, righe 9, nuovi 7, in quarantena 2",
        "  cpi                  ha ricevuto pact 2",
    ]


def test_it_says_once_that_all_streams_are_up_to_date(voice, said):
    voice.ran(ran("lecce/pacts", read=1, unchanged=1))
    voice.sum_up()
    voice.ran(ran("banca/statements", state="partial", read=1, unchanged=1))
    voice.sum_up()
    voice.sum_up()

    assert said == ["[10:00:00] tutti i flussi sono aggiornati; il tempo simulato continua"]


def test_it_says_once_that_nothing_new_will_come(voice, said):
    voice.waiting.clear()
    for at, news in ((BEGAN, 0), (OVER, 1), (OVER, 0)):
        for job in ("lecce/pacts", "banca/statements"):
            voice.ran(ran(job, at=at, read=1, new=news, unchanged=1 - news))
        voice.sum_up()
    voice.sum_up()

    assert [line for line in said if "due anni" in line] == [said[-1]]
