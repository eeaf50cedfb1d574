from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime, timedelta, timezone

import pytest
import structlog
from pydantic import SecretStr

from patto_hub.observe.logs import in_hand, set_up_logs


def at_noon() -> datetime:
    return datetime(2026, 7, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
def lines(quiet):
    stream = io.StringIO()
    set_up_logs("info", "json", stream=stream, now=at_noon)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_in_utc(lines) -> None:
    structlog.get_logger("patto.run").info("run.finished", run=7)

    (line,) = lines()
    assert line == {
        "timestamp": "2026-07-01T12:00:00.000Z",
        "level": "info",
        "logger": "patto.run",
        "event": "run.finished",
        "run": 7,
    }


def test_the_run_in_hand_is_on_each_line_of_its_block(lines) -> None:
    with in_hand(run=7, job="lecce/pacts"):
        structlog.get_logger("a").info("inside")
    structlog.get_logger("a").info("outside")

    inside, outside = lines()
    assert (inside["run"], inside["job"]) == (7, "lecce/pacts")
    assert "run" not in outside


def test_lines_of_libraries_have_the_same_shape(lines) -> None:
    logging.getLogger("some.library").warning("slow answer from %s", "x")

    assert lines()[0]["event"] == "slow answer from x"


def test_below_the_level_nothing_is_written(lines) -> None:
    structlog.get_logger("a").debug("quiet")

    assert lines() == []


def test_planted_secrets_and_tax_codes_never_reach_a_line(lines) -> None:
    canaries = ["c4n4ry-s3cret", "RSSMRA80A01H501U", "IT60X0542811101000000123456"]
    log = structlog.get_logger("canary")
    secret = SecretStr(canaries[0])
    log.info("settings.loaded", token=secret, nested={"deep": [secret, canaries[1]]}, text=f"iban {canaries[2]}")
    sentence = f"password={canaries[0]}"
    log.info(sentence)
    logging.getLogger("lib").error("Authorization: Bearer %s", canaries[0])
    try:
        int(f"refused RSSMRA80A01H501U with token={canaries[0]}")
    except ValueError:
        log.exception("failed")

    written = json.dumps(lines())
    assert [canary for canary in canaries if canary in written] == []
    assert "ValueError" in written


def test_an_instant_in_utc_stays_what_it_is(quiet) -> None:
    stream = io.StringIO()

    set_up_logs("info", "console", stream=stream, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    structlog.get_logger("a").info("hub.started")

    assert "2026-01-01T00:00:00.000Z" in stream.getvalue()
    assert "\x1b[" not in stream.getvalue()


def test_a_log_that_cannot_be_written_does_not_stop_the_work(quiet) -> None:
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

    set_up_logs("info", "json", stream=Full(), now=at_noon)
    structlog.get_logger("a").info("hub.started")
    survived = True

    assert survived
