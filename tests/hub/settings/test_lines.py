from __future__ import annotations

import tomllib
from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from patto_hub.settings.lines import key_lines

TEXT = dedent(
    '''
    a = 1
    "quoted key".inner = 2
    [table]  # with a comment
    b = """
    [not.a.table]
    c = 3
    """
    d = [
      "x",
    ]
    [table."dotted.name".deep]
    e = { f = 1 }
    '''
)


def test_each_key_has_its_line_and_multi_line_texts_have_none() -> None:
    assert key_lines(TEXT) == {
        ("a",): 2,
        ("quoted key", "inner"): 3,
        ("table",): 4,
        ("table", "b"): 5,
        ("table", "d"): 9,
        ("table", "dotted.name", "deep"): 12,
        ("table", "dotted.name", "deep", "e"): 13,
    }


def test_keys_may_stand_under_another_table() -> None:
    assert key_lines("[settings]\nx = 1", ("partners", "lecce")) == {
        ("partners", "lecce", "settings"): 1,
        ("partners", "lecce", "settings", "x"): 2,
    }


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.integers(0, 9), min_size=1, max_size=6))
def test_flat_tables_are_found_whole(values) -> None:
    text = "[t]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())

    assert set(key_lines(text)) == {("t",), *(("t", key) for key in tomllib.loads(text)["t"])}
