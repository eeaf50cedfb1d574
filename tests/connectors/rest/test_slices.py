"""Rows cut out of a page are as strict as the page parsed whole."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_connectors.json import at_path, parse_strict, slices

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(VALUES), st.dictionaries(st.text(), VALUES, max_size=4), st.randoms(), st.sampled_from([None, 2]))
def test_rows_and_envelope_make_up_the_page(rows, others, chance, indent):
    members = [*((name, value) for name, value in others.items() if name != "items"), ("items", rows)]
    chance.shuffle(members)
    page = json.dumps(dict(members), indent=indent).encode()

    envelope, found = slices(page, "items")

    assert [parse_strict(row) for row in found] == rows
    assert {**envelope, "items": rows} == dict(members)


@pytest.mark.parametrize(
    ("page", "path", "envelope"),
    [
        (b'{"a":[1],"items":[1],"n":2}', "items", {"a": [1], "items": [], "n": 2}),
        (b' {"data" : {"results": [1] , "n":3}}', "data.results", {"data": {"results": [], "n": 3}}),
        (b"\n[1]", "", {}),
        (b'{"items":[1,[1]],"a":{"items":[1,[1]]}}', "items", {"items": [], "a": {"items": [1, [1]]}}),
    ],
)
def test_envelope_is_what_stands_around_the_rows(page, path, envelope):
    assert slices(page, path)[0] == envelope


@pytest.mark.parametrize("page", [b'{"items":{}}', b"{}", b'{"items":null}', b"[]", b"1"])
def test_page_without_a_list_there_is_told_as_that(page):
    with pytest.raises(KeyError):
        slices(page, "items")


def test_F30_hostile_json_never_passes(shared):
    folder = shared.parent / "shared/bad_input/json_parsing"
    cases = sorted(folder.rglob("n_*.json"))
    passed = []
    for case in cases:
        try:
            for row in slices(b'{"items":[' + case.read_bytes() + b"]}", "items")[1]:
                parse_strict(row)
        except (ValueError, KeyError):
            continue
        passed.append(case.name)

    assert len(cases) == 188
    assert [name for name in passed if not _harmless_inside(folder, name)] == []


def _harmless_inside(folder, name):
    """A text that is broken alone may be whole inside a list: nothing at all, or `1,2`."""
    text = next(folder.rglob(name)).read_bytes()
    return json.loads(b"[" + text + b"]") is not None


@pytest.mark.parametrize(
    ("path", "found"), [("a.b", 1), ("a/b", 1), ("a.c", None), ("a.b.c", None), ("", {"a": {"b": 1}})]
)
def test_at_path(path, found):
    assert at_path({"a": {"b": 1}}, path) == found
