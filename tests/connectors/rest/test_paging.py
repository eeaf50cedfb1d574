import pytest
from yarl import URL

from patto_connectors.errors import Malformed
from patto_connectors.rest.paging import Page, first_step, next_step
from patto_connectors.rest.settings import CursorPages, LinkPages, NextUrlPages, NumberedPages, OffsetPages, OnePage

HERE = URL("https://a.example/v1/pacts?page=2")


def _page(envelope=None, links="", rows=3, step=None):
    return Page(envelope or {}, links, HERE, rows, 3, step or {})


@pytest.mark.parametrize(
    ("links", "step"),
    [
        ('<https://a.example/v1/pacts?page=3>; rel="next"', {"": "https://a.example/v1/pacts?page=3"}),
        ("<?page=3>; rel=next", {"": "https://a.example/v1/pacts?page=3"}),
        ('</x>; rel="prev", </y>; title="a, b"; rel="last next"', {"": "https://a.example/y"}),
        ('<?page=1>; rel="prev"', None),
        ('<?page=1>; rel="nextish"', None),
        ("", None),
        ("garbage; rel=next", None),
    ],
)
def test_link_header(links, step):
    assert next_step(LinkPages(), _page(links=links)) == step


@pytest.mark.parametrize("last", [{}, {"next_cursor": None}, {"next_cursor": ""}, {"next_cursor": False}])
def test_cursor_that_is_absent_ends(last):
    assert next_step(CursorPages(), _page(last)) is None


@pytest.mark.parametrize(("value", "text"), [("abc", "abc"), (42, "42"), (0, "0")])
def test_cursor_is_handed_back_as_it_came(value, text):
    assert next_step(CursorPages(), _page({"next_cursor": value})) == {"cursor": text}


@pytest.mark.parametrize("value", [{"a": 1}, [1], True, 1.5, "x" * 5_000])
def test_what_is_no_cursor_is_malformed(value):
    with pytest.raises(Malformed) as caught:
        next_step(CursorPages(), _page({"next_cursor": value}))

    assert caught.value.code == "paging.cursor"


@pytest.mark.parametrize("more", [False, None, "false", 0])
def test_flag_ends_even_with_a_cursor(more):
    assert next_step(CursorPages(more="more"), _page({"next_cursor": "x", "more": more})) is None


def test_numbers_and_offsets_go_on_from_where_they_stand():
    assert first_step(NumberedPages(first=0)) == {"page": "0"}
    assert next_step(NumberedPages(), _page(step={"page": "4"})) == {"page": "5"}
    assert next_step(OffsetPages(overlap=1), _page(step={"offset": "6"})) == {"offset": "8"}
    assert next_step(OffsetPages(overlap=9), _page(step={"offset": "6"})) == {"offset": "7"}


@pytest.mark.parametrize("style", [NumberedPages, OffsetPages])
def test_short_page_ends_only_where_that_was_agreed(style):
    assert next_step(style(), _page(rows=2)) is not None
    assert next_step(style(short_ends=True), _page(rows=2)) is None
    assert next_step(style(), _page(rows=0)) is None


def test_one_page_has_no_next():
    assert next_step(OnePage(), _page({"next_cursor": "x"})) is None


def test_next_address_that_is_none_is_malformed():
    with pytest.raises(Malformed):
        next_step(NextUrlPages(), _page({"next": "http://["}))
