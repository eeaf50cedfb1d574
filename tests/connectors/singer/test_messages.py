"""Lines are cut right wherever the pipe cuts them."""

from hypothesis import given
from hypothesis import strategies as st

from patto_connectors.singer.messages import Lines


@given(st.binary(max_size=200).map(lambda each: each.replace(b"x", b"\n")), st.lists(st.integers(1, 30), max_size=40))
def test_lines_are_the_same_in_whatever_pieces_they_come(content, sizes):
    lines, found, at = Lines(1_000), [], 0
    for size in [*sizes, 1_000]:
        lines.feed(content[at : at + size])
        at += size
        while (line := lines.next()) is not None:
            found.append(line)

    assert b"\n".join([*found, lines.rest()]) == content
    assert lines.count == content.count(b"\n")
