from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from textwrap import dedent
from threading import Barrier

import pytest

from patto_connectors.modi import Mark
from patto_hub.ledger import replays
from patto_hub.ledger.replays import SeenInLedger
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade

UNTIL = datetime(2026, 3, 2, 9, 8, tzinfo=UTC)
MARK = Mark("thumbprint", "j-1", UNTIL)
ROUNDS = 25
ASK = """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    from patto_connectors.modi import Mark
    from patto_hub.ledger import replays
    from patto_hub.ledger.store import open_ledger

    ledger = open_ledger(Path(sys.argv[1]))
    mark = Mark("thumbprint", sys.argv[2], datetime(2026, 3, 2, 9, 8, tzinfo=UTC))
    print(ledger.write_now(replays.take, mark))
"""


@pytest.fixture
def path(tmp_path):
    upgrade(tmp_path / "ledger.db")
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path):
    with closing(open_ledger(path)) as opened:
        yield opened


def asked(path, jti, failpoint=""):
    """Take a token in a process of its own; gives how it ended and what it said."""
    environment = {"PATTO_FAILPOINT": failpoint} if failpoint else {}
    command = [sys.executable, "-c", dedent(ASK), str(path), jti]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return ended.returncode, ended.stdout.strip()


async def test_F83_a_token_opens_once_for_each_signer(ledger):
    seen = SeenInLedger(ledger)
    marks = [MARK, MARK, MARK._replace(signer="other"), MARK._replace(jti="j-2"), MARK]

    assert [await seen.first(mark) for mark in marks] == [True, False, True, True, False]


@pytest.mark.parametrize(("one", "other"), [(("1:a", "b"), ("1", ":ab")), (("a", "2:b"), ("a2:", "b"))])
async def test_two_pairs_that_read_alike_when_joined_are_two(ledger, one, other):
    seen = SeenInLedger(ledger)

    assert [await seen.first(Mark(*pair, UNTIL)) for pair in (one, other)] == [True, True]


async def test_F83_of_many_that_come_at_once_one_is_first(ledger):
    seen = SeenInLedger(ledger)

    firsts = await asyncio.gather(*(seen.first(MARK) for _ in range(50)))

    assert sorted(firsts) == [False] * 49 + [True]


def test_F83_of_two_threads_with_connections_of_their_own_one_is_first_each_time(path):
    start = Barrier(2)

    def race(number):
        with closing(open_ledger(path)) as own:
            taken = []
            for each in range(ROUNDS):
                start.wait(timeout=30)
                taken.append(own.write_now(replays.take, MARK._replace(jti=f"{each}")))
            return taken

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(race, range(2))

    assert [sorted(pair) for pair in zip(one, other, strict=True)] == [[False, True]] * ROUNDS


def test_F83_a_token_that_was_taken_stays_taken_after_a_kill(path):
    killed, _ = asked(path, "j-1", "ledger.after_commit:1:kill")
    again = asked(path, "j-1")

    assert killed < 0
    assert again == (0, "False")


def test_F83_a_kill_before_the_commit_has_taken_nothing(path):
    killed, _ = asked(path, "j-1", "ledger.before_commit:1:kill")
    again = asked(path, "j-1")

    assert killed < 0
    assert again == (0, "True")


async def test_what_could_no_longer_be_valid_is_forgotten_piece_by_piece(ledger):
    seen = SeenInLedger(ledger)
    for number in range(5):
        await seen.first(Mark("a", f"{number}", UNTIL + timedelta(minutes=number)))
    third = int((UNTIL + timedelta(minutes=3)).timestamp() * 1000)

    gone = [await ledger.write(replays.forget, third, 2) for _ in range(3)]

    assert gone == [2, 1, 0]
    assert [await seen.first(Mark("a", f"{number}", UNTIL)) for number in range(5)] == [True] * 3 + [False] * 2
