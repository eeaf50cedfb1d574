"""The fail points themselves: an unknown or forgotten name would be a hole in every test that uses it."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from patto_hub import failpoints
from patto_hub.failpoints import POINTS, Planted, armed, hit


def is_hit(node):
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("hit", "failpoints.hit")


def hits(root):
    """Name, file of each `hit(...)` in the hub's sources."""
    return [
        (ast.literal_eval(node.args[0]), path.name)
        for path in sorted((root / "hub" / "patto_hub").rglob("*.py"))
        if path.name != "failpoints.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if is_hit(node)
    ]


def test_every_fail_point_is_hit_somewhere_and_no_unknown_one_is(root):
    used = {name for name, _ in hits(root)}

    assert used == set(POINTS)


def test_no_fail_point_stands_in_two_files(root):
    places = set(hits(root))

    assert len(places) == len({name for name, _ in places})


def test_a_point_that_nobody_armed_does_nothing():
    with armed("road.page_done") as charge:
        hit("road.page_read")
        hit("no.such.point")  # checked by the test above, not at run time: a hit must cost nothing

    hit("road.page_done")  # nobody has armed it any more
    assert (charge.hits, charge.left) == ([], 1)


def test_the_nth_hit_fires_and_the_others_pass():
    with armed("road.page_read", 3) as charge:
        hit("road.page_read")
        hit("road.page_done")
        hit("road.page_read")
        with pytest.raises(Planted, match=r"road\.page_read"):
            hit("road.page_read")
        hit("road.page_read")

    assert charge.hits == ["road.page_read"] * 3


def test_error_after_comes_when_the_step_is_done():
    with armed("ledger.before_commit", 1, "error_after"):
        hit("ledger.before_commit")
        with pytest.raises(Planted, match=r"ledger\.after_commit"):
            hit("ledger.after_commit")


@pytest.mark.parametrize(
    ("name", "nth", "kind", "words"),
    [
        ("no.such.point", 1, "kill", "no fail point is called"),
        ("road.page_read", 0, "kill", "1 or more"),
        ("road.page_read", 1, "explode", "must be kill, error or error_after"),
        ("road.page_read", 1, "error_after", "no later point"),
    ],
)
def test_what_cannot_be_armed_is_said(name, nth, kind, words):
    with pytest.raises(ValueError, match=words), armed(name, nth, kind):
        pass


def test_the_environment_arms_a_process_and_it_dies_as_if_killed(root):
    code = "from patto_hub.failpoints import hit\nfor n in range(5): hit('road.page_read'); print(n, flush=True)"

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={failpoints.VARIABLE: "run.closed:1:error,road.page_read:3:kill"},
        capture_output=True,
        check=False,
        text=True,
    )

    assert (done.returncode, done.stdout.split()) == (-9, ["0", "1"])


def test_a_wrong_setting_stops_the_start():
    done = subprocess.run(
        [sys.executable, "-c", "import patto_hub.failpoints"],
        env={failpoints.VARIABLE: "road.page_read"},
        capture_output=True,
        check=False,
        text=True,
    )

    assert done.returncode != 0
    assert "is not name:n:kind" in done.stderr
