"""The schedule that partners read is the one that holds."""

import re
from pathlib import Path

from patto_hub.lanes.schedule import published

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/how-to/webhooks.md"
SECONDS = {"s": 1, "min": 60, "h": 3_600}


def seconds(text: str) -> int:
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", text))


def test_the_schedule_on_the_page_is_the_one_of_the_code():
    rows = re.findall(r"^\| (\d+) \|([^|]*)\|([^|]*)\|$", PAGE.read_text("utf-8"), re.MULTILINE)

    shown = [(int(attempt), seconds(wait), seconds(after)) for attempt, wait, after in rows]

    assert len(shown) == len(published())
    for (attempt, wait, after), row in zip(shown, published(), strict=True):
        assert (attempt, wait) == (row.attempt, row.wait_s)
        assert abs(after - row.after_s) < 60, "minutes and seconds are left out where hours tell enough"
