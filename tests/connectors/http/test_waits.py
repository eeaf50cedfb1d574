from datetime import UTC, datetime

import pytest

from patto_connectors.http.waits import pause_after, retry_after

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CAP = 21_600.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("-1", 0.0),
        ("315360000", CAP),
        ("Mon, 02 Mar 2026 09:05:00 GMT", 300.0),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0.0),
        ("Fri, 31 Dec 2038 23:59:59 GMT", CAP),
        ("Monday, 99-Foo-26 99:99:99 GMT", None),
        ("soon", None),
        ("", None),
        ("NaN", None),
        ("1e400", None),
    ],
)
def test_F45_every_way_to_say_retry_after(text, seconds):
    assert retry_after({"Retry-After": text}, NOW, CAP) == seconds


@pytest.mark.parametrize("prefix", ["X-RateLimit-", "X-Rate-Limit-", "RateLimit-"])
@pytest.mark.parametrize(
    "reset", ["60", str(int(NOW.timestamp()) + 60), str(int(NOW.timestamp() + 60) * 1000), "60, 900"]
)
def test_trap_13_all_spellings_of_the_rate_limit_reset(prefix, reset):
    headers = {f"{prefix}Remaining": "0", f"{prefix}Reset": reset}

    assert pause_after(headers, NOW, CAP) == pytest.approx(60)


def test_trap_13_spellings_that_are_mixed_in_one_answer_are_read_together():
    headers = {"X-RateLimit-Remaining": "0", "X-Rate-Limit-Reset": "60", "RateLimit-Limit": "100"}

    assert pause_after(headers, NOW, CAP) == pytest.approx(60)


def test_no_pause_while_something_remains():
    assert pause_after({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "60"}, NOW, CAP) == 0


def test_unreadable_remainder_makes_no_pause():
    assert pause_after({"X-RateLimit-Remaining": "many", "X-RateLimit-Reset": "60"}, NOW, CAP) == 0
