from __future__ import annotations

from hashlib import sha256

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patto_hub.feeds import digests
from patto_hub.feeds.spec import FeedSpec, Projection, View
from patto_hub.ledger import audiences
from patto_hub.testing.subscribed import whole

WHY = {"it": "prova", "en": "test"}


class Shape(Projection):
    pact_id: str


PACTS = FeedSpec(
    name="pacts",
    title=WHY,
    views=tuple(View(kind=kind, shape=Shape, purpose=WHY, legal_basis=WHY) for kind in ("pact", "measure")),
)
OPEN = FeedSpec(name="open", title=WHY, views=PACTS.views, public=True)
ASKED = digests.Asked(subscription=whole(PACTS), organisations=[2])


def asked(feed, *organisations):
    return digests.Asked(subscription=whole(feed), organisations=organisations)


def made(ledger, position, of=ASKED):
    return ledger.read_now(digests.make, of, position)


def test_the_digest_is_that_of_the_sorted_lines(ledger, say):
    for _ in range(12):
        last = say("pact", {"pact_id": "x"}, to=[2])
    say("measure", {"pact_id": "of others"}, to=[1])
    last = say("measure", {"pact_id": "x"}, to=[2])
    found = made(ledger, last)

    lines = sorted([f"pact-{n}\t1\n" for n in range(1, 13)] + ["measure-14\t1\n"])
    assert found.sha256 == sha256("".join(lines).encode()).hexdigest()
    assert lines[1:5] == ["pact-1\t1\n", "pact-10\t1\n", "pact-11\t1\n", "pact-12\t1\n"]
    assert found.counts == {"measure": 1, "pact": 12}


def test_the_vector_of_the_documentation():
    lines = [digests.line("measure-12", 1), digests.line("pact-17", 3), digests.line("pact-2", 1)]

    assert sorted(lines) == lines
    assert sha256(b"".join(lines)).hexdigest() == "90e6c0426eab290c788158228d59b64a7c8973b74ab0a87cecbf065446e044b7"
    assert [f"{digests.bucket_of(each):02x}" for each in lines] == ["94", "ad", "a8"]


def test_each_bucket_has_the_digest_of_its_own_lines(ledger, say):
    for _ in range(60):
        last = say("pact", {"pact_id": "x"}, to=[2])

    found = made(ledger, last)

    assert sum(each.count for each in found.buckets) == 60
    for bucket in found.buckets:
        pairs = ledger.read_now(digests.records, ASKED, last, {int(bucket.name, 16)})
        assert {sha256(name.encode()).hexdigest()[:2] for name, _ in pairs} == {bucket.name}
        lines = "".join(f"{name}\t{version}\n" for name, version in pairs)
        assert (len(pairs), sha256(lines.encode()).hexdigest()) == (bucket.count, bucket.sha256)


def test_what_comes_after_a_place_does_not_count_there_and_what_is_withdrawn_after_it_is_unsure(ledger, say):
    first = say("pact", {"pact_id": "1"}, to=[2])
    place = say("pact", {"pact_id": "2"}, to=[2])
    before = made(ledger, place)
    say("pact", {"pact_id": "1b"}, to=[2], head=1, version=2)
    after = made(ledger, place)

    assert (after.sha256, after.counts) == (before.sha256, {"pact": 2})
    assert (before.waiting, after.waiting, after.unsure) == (0, 1, 0)
    gone = say("pact", None, to=[2], op="withdraw", head=2)
    ledger.write_now(audiences.forget, 2, [2], gone)
    assert (made(ledger, place).waiting, made(ledger, place).unsure) == (2, 1)
    assert made(ledger, first).counts == {"pact": 1}


def test_a_reader_of_nothing_has_the_digest_of_nothing(ledger, say):
    say("pact", {"pact_id": "1"}, to=[2])

    assert made(ledger, 1, asked(PACTS)).sha256 == sha256(b"").hexdigest()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from(["new", "change", "delete"]),
            st.integers(0, 9),
            st.sets(st.sampled_from([0, 1, 2]), min_size=1),
        ),
        max_size=20,
    )
)
def test_the_digest_at_every_place_is_that_of_a_reader_who_has_read_up_to_there(ledger, say, acts):
    ledger.write_now(_forget_all)
    versions, told = {}, []
    for act, which, to in acts:
        if act == "new" or not versions:
            seq = say("pact", {"pact_id": "x"}, to=sorted(to))
            head = ledger.read_now(lambda c: c.exec_driver_sql("SELECT max(id) FROM head").scalar_one())
        else:
            head = sorted(versions)[which % len(versions)]
            op = "upsert" if act == "change" else "delete"
            payload = {"pact_id": "x"} if act == "change" else None
            seq = say("pact", payload, to=sorted(to), head=head, version=versions[head] + 1, op=op)
        versions[head] = versions.get(head, 0) + 1
        told.append((seq, head, versions[head], "upsert" if act != "delete" or versions[head] == 1 else "delete", to))

    for feed, mine in ((PACTS, {2}), (OPEN, {0, 2})):
        held = {}
        for seq, head, version, op, to in told:
            if to & mine:
                held.pop(head, None)
                if op == "upsert":
                    held[head] = version
            lines = sorted(f"pact-{each}\t{number}\n" for each, number in held.items())
            found = made(ledger, seq, asked(feed, *sorted(mine)))
            assert found.sha256 == sha256("".join(lines).encode()).hexdigest()


def _forget_all(connection):
    for table in ("audience", "change", "record_version", "head"):
        connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - names from the line above


async def test_a_digest_is_made_once_as_long_as_nothing_is_written(ledger, say, monkeypatch):
    made_of = []
    make = digests.make
    monkeypatch.setattr(digests, "make", lambda *args: made_of.append(args[2]) or make(*args))
    shelf = digests.Counted()
    place = say("pact", {"pact_id": "1"}, to=[2])

    first = await shelf.at(ledger, ASKED, place)
    again = await shelf.at(ledger, ASKED, None)
    say("pact", {"pact_id": "2"}, to=[2])
    later = await shelf.at(ledger, ASKED, place)

    assert first is again
    assert (later.sha256, later.waiting) == (first.sha256, 1)
    assert made_of == [place, place]
