"""How fast partners get their pages, against floors of the same work, written by hand.

    python benchmarks/feeds.py --changes 60000

The whole hub serves (keys, limits, log, ledger), a second process serves the floors over the same ledger, and this one
asks. Pages are of 1,000 changes of about 1 kB, read with 1 and with 8 connections. Each pair measures the floor and
ours in the same second, and a ratio is the median of the pairs; beside the ratio of answers a second stands that of
processor time per answer, which a busy machine disturbs less. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import shutil
import statistics
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import feed_floor
import feed_ours
import feed_world
from feed_load import Answers, Server, SlowReaders, fetch, load, request

from patto_connectors.ports import World
from patto_hub.feeds import cursors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PAGE = 1_000
KEPT = 4
"""Pages that each connection asks for in turns, where pages have been served before."""
BASE = "/rest/patto/v1/feeds/pacts/changes"


@dataclass(frozen=True, slots=True)
class Bench:
    """Both servers, and what the load needs to know."""

    ours: Server
    floor: Server
    world: dict[str, Any]
    limit: int
    seconds: float
    fresh: Sequence[Iterator[int]]
    """For each reader, numbers after which a full page begins that nobody has asked for."""
    same_fresh: Sequence[Iterator[int]]
    """The same for the floors, which keep nothing: again from the beginning when they have come to their end."""
    cursor: Callable[[int, int], str]
    """The cursor of a reader and a number."""

    def page(self, reader: int, after: int, *, tag: str = "", coding: str = "identity") -> bytes:
        """Ask ours for a page."""
        path = f"{BASE}?cursor={self.cursor(reader, after)}&limit={self.limit}"
        return request(path, key=self.world["keys"][reader], tag=tag, coding=coding)

    def same(self, what: str, reader: int, after: int, coding: str) -> bytes:
        """Ask the floor for the same page."""
        where = f"organisation={self.world['organisations'][reader]}&after={after}&limit={self.limit}"
        return request(f"/{what}/{coding}?{where}", coding=coding)

    def starts(self, reader: int) -> list[int]:
        """Give the numbers after which the pages that are served again begin."""
        told = self.world["told"][reader]
        return [0, *(told[at * self.limit - 1] for at in range(1, KEPT) if (at + 1) * self.limit < len(told))]


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--changes", "--records", type=int, default=60_000)
    asked.add_argument("--pairs", type=int, default=5, help="floor and ours, this often in turns")
    asked.add_argument("--connections", default="1,8", help="as 1,8; at most 8")
    asked.add_argument("--seconds", type=float, default=0.6, help="of each measurement")
    args = asked.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="patto-feeds-"))
    try:
        feed_world.make(folder, args.changes)
        with served(feed_ours.run, folder) as ours:
            bench = _bench(folder, ours, args)
            _keep_page(bench, folder)
            with served(feed_floor.run, folder) as floor:
                print(json.dumps(compare(replace(bench, floor=floor), args)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def served(serve: Callable[[Path, Any], None], folder: Path) -> Iterator[Server]:
    """Let a server run in a process of its own."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=serve, args=(folder, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Server(int(mine.recv()), process.pid or 0)
    except EOFError:
        raise SystemExit(f"{serve.__module__} did not start; its message is above") from None
    finally:
        process.terminate()
        process.join()


def compare(bench: Bench, args: argparse.Namespace) -> dict[str, Any]:
    """Measure each kind of answer in turns with its floor; ratios above 1 are faster than the floor."""
    figures: dict[str, Any] = {"name": "feeds", "changes": args.changes, "records": args.changes, "page": bench.limit}
    for connections in (int(each) for each in args.connections.split(",")):
        for name, ours, floor, status in _kinds(bench, connections):
            pairs = []
            for _ in range(args.pairs):
                under = load(bench.floor, floor(), bench.seconds, status)
                pairs.append((under, load(bench.ours, ours(), bench.seconds, status)))
            figures |= _told(f"{name}_{connections}", pairs)
    figures |= slow(bench, args)
    figures["ratio_to_floor"] = next(each for name, each in figures.items() if name.startswith("minimised"))
    return figures


def _kinds(bench: Bench, connections: int) -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any], int]]:
    """Yield each kind of answer: its name, what ours and the floor are asked, the status."""
    readers = range(connections)
    for coding in ("identity", "gzip"):
        packed = "" if coding == "identity" else "_gzip"
        ours = partial(_each, bench.fresh[:connections], partial(_once, bench, coding))
        again, joined = (
            partial(_each, bench.same_fresh[:connections], partial(_same, bench, what, coding))
            for what in ("again", "joined")
        )
        yield f"minimised{packed}", ours, again, 200
        yield f"to_joined{packed}", ours, joined, 200
        kept = [[bench.page(reader, after, coding=coding) for after in bench.starts(reader)] for reader in readers]
        for asked in kept:
            for each in asked * 2:
                fetch(bench.ours, each)
        again_and_again = partial(_cycled, kept)
        yield f"kept{packed}", again_and_again, again_and_again, 200
    polls = partial(_cycled, [[_poll(bench, reader)] for reader in range(connections)])
    yield "poll", polls, polls, 304


def _cycled(asked: Sequence[Sequence[bytes]]) -> list[Iterator[bytes]]:
    return [cycle(each) for each in asked]


def _each(fresh: Sequence[Iterator[int]], ask: Callable[[int, int], bytes]) -> list[Iterator[bytes]]:
    """Give for each connection what it asks: pages that nobody has asked for."""
    return [(ask(reader, after) for after in each) for reader, each in enumerate(fresh)]


def _once(bench: Bench, coding: str, reader: int, after: int) -> bytes:
    return bench.page(reader, after, coding=coding)


def _same(bench: Bench, what: str, coding: str, reader: int, after: int) -> bytes:
    return bench.same(what, reader, after, coding)


def _poll(bench: Bench, reader: int) -> bytes:
    newest = bench.world["told"][reader][-1]
    headers, _ = fetch(bench.ours, bench.page(reader, newest))
    return bench.page(reader, newest, tag=headers["etag"])


def slow(bench: Bench, args: argparse.Namespace) -> dict[str, Any]:
    """Measure what readers that hardly read do to the slowest answers of the others."""
    readers = range(1, max([2, *map(int, args.connections.split(","))]))
    asked = [[bench.page(reader, after) for after in bench.starts(reader)] for reader in readers]

    def others() -> Answers:
        return load(bench.ours, [cycle(each) for each in asked], 2 * bench.seconds)

    pairs, taken = [], 0
    for _ in range(max(3, args.pairs)):
        alone = others()
        with SlowReaders(bench.ours, [bench.page(0, 0)] * 4) as readers_slow:
            pairs.append((alone, others()))
        taken += readers_slow.taken
    ratio = statistics.median(beside.wait(0.99) / alone.wait(0.99) for alone, beside in pairs)
    print(f"{'slow readers':<20} p99 beside them {ratio:.2f} of p99 alone; they took {taken} bytes", flush=True)
    return {"slow_reader_p99": round(ratio, 3), "p99_ms": round(1000 * pairs[-1][0].wait(0.99), 2)}


def _told(name: str, pairs: Sequence[tuple[Answers, Answers]]) -> dict[str, float]:
    """Print a line and give its figures."""
    ratios = sorted(ours.rate / floor.rate for floor, ours in pairs)
    ratio, least, most = statistics.median(ratios), ratios[0], ratios[-1]
    floor, ours = (statistics.median(each[at].rate for each in pairs) for at in (0, 1))
    costs = [sum(each[at].cpu_s for each in pairs) / sum(each[at].count for each in pairs) for at in (0, 1)]
    cpu = costs[0] / costs[1] if costs[1] else 0.0
    p99 = 1000 * statistics.median(each[1].wait(0.99) for each in pairs)
    size = pairs[0][1].octets / pairs[0][1].count
    print(
        f"{name:<20} floor {floor:>8,.1f}/s  ours {ours:>8,.1f}/s  ratio {ratio:.2f} ({least:.2f} to {most:.2f})"
        f"  of processor {cpu:.2f}"
        f"  p99 {p99:.1f} ms  {size:,.0f} bytes",
        flush=True,
    )
    return {
        name: round(ratio, 3),
        f"{name}_cpu": round(cpu, 3),
        f"{name}_per_s": round(ours, 1),
        f"{name}_floor_per_s": round(floor, 1),
    }


def _bench(folder: Path, ours: Server, args: argparse.Namespace) -> Bench:
    world = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    day, key = World().milliseconds() // cursors.DAY_MS, bytes.fromhex(world["cursor_key"])
    limit = min(PAGE, max(1, min(map(len, world["told"])) // 3))
    chance = random.Random(3)

    def fresh(told: list[int]) -> list[int]:
        starts = told[: -limit - 1]
        chance.shuffle(starts)
        return starts

    return Bench(
        ours=ours,
        floor=ours,
        world=world,
        limit=limit,
        seconds=args.seconds,
        fresh=[iter(fresh(told)) for told in world["told"]],
        same_fresh=[cycle(fresh(told)) for told in world["told"]],
        cursor=lambda reader, after: cursors.write(key, "pacts", f"reader_{reader}", cursors.Place(after, day)),
    )


def _keep_page(bench: Bench, folder: Path) -> None:
    """Keep a page of ours for the floor of static bytes."""
    for coding in ("identity", "gzip"):
        headers, body = fetch(bench.ours, bench.page(0, 0, coding=coding))
        if headers.get("content-encoding", "identity") != coding:
            raise SystemExit(f"ours did not answer in {coding}")
        (folder / f"page.{coding}").write_bytes(body)


if __name__ == "__main__":
    main()
