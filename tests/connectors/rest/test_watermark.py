import pytest

from patto_connectors.rest.settings import Since
from patto_connectors.rest.watermark import ask_from, highest, marks


@pytest.mark.parametrize(
    ("mark", "asked"),
    [
        ("2026-03-02T09:00:00Z", "2026-03-02T08:59:00Z"),
        ("2026-03-02T00:00:30+01:00", "2026-03-01T23:59:30+01:00"),
        ("2026-03-02T09:00:00.250000Z", "2026-03-02T08:59:00.250000Z"),
        ("2026-03-02T09:00:00", "2026-03-02T08:59:00"),
        ("2026-03-02", "2026-03-01"),
        ("0001-01-01", "0001-01-01"),
    ],
)
def test_overlap_is_taken_off_in_the_partners_own_style(mark, asked):
    assert ask_from(mark, Since(overlap=60)) == asked


def test_numbers_lose_the_overlap_too():
    assert ask_from(100, Since(kind="number", overlap=10)) == "90"
    assert ask_from(1.5, Since(kind="number", overlap=1)) == "0.5"


def test_instants_are_compared_as_instants():
    assert highest("2026-03-02T10:00:00+02:00", ["2026-03-02T09:00:00Z"]) == "2026-03-02T09:00:00Z"
    assert highest("2026-03-02T12:00:00+02:00", ["2026-03-02T09:00:00Z"]) == "2026-03-02T12:00:00+02:00"
    assert highest(None, []) is None


def test_numbers_are_compared_as_numbers():
    assert highest(9, [10]) == 10


def test_only_usable_marks_are_read():
    rows = [b'{"a":{"b":"2026-01-01"}}', b'{"a":{"b":7}}', b'{"a":null}', b'{"a":{}}', b"[]", b'{"a":{"b":"ieri"}}']

    assert marks(Since(field="a.b"))(rows) == ["2026-01-01"]
