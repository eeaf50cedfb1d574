"""The JSON parsing corpus (nst/JSONTestSuite) through the one parser of partners' JSON."""

from __future__ import annotations

import json
import time

import pytest
from pydantic_core import to_json

from patto_connectors.json import parse_strict

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def suite(shared):
    folder = shared / "bad_input" / "json_parsing" / "test_parsing"
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def accepted(content: bytes) -> bool:
    try:
        parse_strict(content)
    except ValueError as wrong:
        return not str(wrong)  # a refusal has a reason
    return True


def test_F30_all_95_valid_texts_are_accepted_with_their_value(suite):
    valid = {name: content for name, content in suite.items() if name.startswith("y_")}

    assert [name for name, content in valid.items() if not accepted(content)] == []
    assert len(valid) == 95
    assert all(parse_strict(content) == json.loads(content) for content in valid.values())


def test_F30_all_188_invalid_texts_are_refused(suite):
    invalid = {name: content for name, content in suite.items() if name.startswith("n_")}

    assert [name for name, content in invalid.items() if accepted(content)] == []
    assert len(invalid) == 188


def test_F30_open_cases_are_refused_or_kept_exactly(suite):
    undecided = {name: content for name, content in suite.items() if name.startswith("i_")}
    kept = {name: content for name, content in undecided.items() if accepted(content)}

    assert len(undecided) == 35
    for name, content in kept.items():
        value = parse_strict(content)
        assert value == json.loads(content), name
        assert parse_strict(to_json(value)) == value, name
    assert not any("surrogate" in name.lower() or "invalid_utf-8" in name.lower() for name in kept)


def test_F30_every_text_is_judged_within_a_second(suite):
    for name, content in suite.items():
        before = time.perf_counter()
        accepted(content)
        assert time.perf_counter() - before < 1, name
