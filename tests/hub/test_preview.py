from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from patto_hub.preview import FieldChange, differences

JSON = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def test_only_the_fields_that_differ_are_named() -> None:
    before = {"a": 1, "b": {"c": [1, 2], "d": "x"}, "gone": True}
    after = {"a": 1, "b": {"c": [1, 3, 4], "d": "x"}, "e/f": {"g": 2}}

    assert list(differences(before, after)) == [
        FieldChange("/b/c/1", 2, 3),
        FieldChange("/b/c/2", None, 4),
        FieldChange("/e~1f/g", None, 2),
        FieldChange("/gone", True, None),
    ]


def test_one_and_true_are_not_the_same() -> None:
    assert list(differences({"a": 1}, {"a": True})) == [FieldChange("/a", 1, True)]


@given(JSON)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert list(differences(value, deepcopy(value))) == []


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=3), st.dictionaries(st.text(max_size=3), JSON, max_size=3))
def test_two_records_differ_if_and_only_if_a_field_does(before: Any, after: Any) -> None:
    same = repr(_sorted(before)) == repr(_sorted(after))  # a text, because 1 == True

    assert (list(differences(before, after)) == []) is same


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value
