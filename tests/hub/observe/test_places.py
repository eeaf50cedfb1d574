from __future__ import annotations

from patto_hub.observe.places import where


def refuse():
    raise ValueError("secret words")


def test_where_tells_types_and_places_of_an_error_and_its_cause_but_no_message():
    try:
        try:
            refuse()
        except ValueError as cause:
            raise RuntimeError("more secret words") from cause
    except RuntimeError as error:
        told = where(error)

    assert told.startswith("RuntimeError")
    assert "ValueError" in told
    assert "test_places.py" in told
    assert "refuse" in told
    assert "secret" not in told
