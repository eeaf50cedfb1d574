"""What waits for a partner is handed over once it is there, and noted only when the partner has taken it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date

import pytest

from patto_connectors.contract import Connector, Receipt, Told
from patto_connectors.errors import Refused, Rejected, RejectedItem, Unreachable
from patto_hub import failpoints
from patto_hub.feeds.pseudonyms import pseudonyms_of
from patto_hub.feeds.spec import FeedSpec, Projection, View
from patto_hub.feeds.subscriptions import subscribe
from patto_hub.feeds.views import PACTS
from patto_hub.jobs import Limits
from patto_hub.ledger import again, lanes
from patto_hub.ledger.lanes import LaneName
from patto_hub.testing.subscribed import whole


class PactShape(Projection):
    pact_id: str
    status: str


WHY = {"it": "prova", "en": "test"}
FEED = FeedSpec(
    name="pacts",
    title={"it": "Patti", "en": "Pacts"},
    views=(View(kind="pact", shape=PactShape, purpose=WHY, legal_basis=WHY),),
)


@dataclass
class Taking:
    """A sink that takes everything, or says what it was told to say first."""

    says: list = field(default_factory=list)
    took: list = field(default_factory=list)

    async def write(self, batch):
        if self.says and (word := self.says.pop(0)) is not None:
            raise word
        self.took.append(batch)
        return Receipt(accepted=len(batch.rows), reference="R-1")


@pytest.fixture
def handing(bench):
    def job(sink, render=None, name="push"):
        made = bench.job([], name=f"fg1/{name}")
        connector = Connector(name=name, settings=made.connector.settings, sink=lambda _: sink, render=render)
        return replace(made, connector=connector, subscription=whole(FEED))

    return job


async def test_what_is_addressed_to_a_partner_is_handed_over_once(bench, handing, make_pact):
    await bench.take([make_pact(1), make_pact(2)])
    sink = Taking()

    outcome = await bench.run(handing(sink))
    await bench.run(handing(sink))

    assert (outcome.state, outcome.balance.new) == ("done", 2)
    assert [row["data"] for batch in sink.took for row in batch.rows] == [
        {"pact_id": "P-1", "status": "active"},
        {"pact_id": "P-2", "status": "active"},
    ]
    assert bench.ask("SELECT position FROM lane") == [(2,)]


async def test_what_a_partner_has_pulled_is_handed_over_to_its_stream_all_the_same(bench, handing, make_pact):
    await bench.take([make_pact(1), make_pact(2)])
    pulled = "INSERT INTO subscription (partner, feed, position, read_at) VALUES ('fg1', 'pacts', 2, 1)"
    bench.ledger.write_now(lambda each: each.exec_driver_sql(pulled))
    sink = Taking()

    await bench.run(handing(sink))

    assert [len(batch.rows) for batch in sink.took] == [2]
    assert bench.ask("SELECT position FROM subscription") == [(2,)]


async def test_two_streams_of_one_feed_have_places_of_their_own(bench, handing, make_pact):
    await bench.take([make_pact(1)])
    one, other = Taking(), Taking()

    await bench.run(handing(one))
    await bench.run(handing(other, name="files"))

    assert (len(one.took), len(other.took)) == (1, 1)
    assert bench.ask("SELECT way, position FROM lane ORDER BY way") == [("files", 1), ("push", 1)]


async def test_no_field_leaves_that_the_view_does_not_name(bench, handing, make_pact):
    await bench.take([make_pact(1, note="canarino")])
    sink = Taking()

    await bench.run(handing(sink, render=lambda shown: shown.model_dump()))

    assert "canarino" not in json.dumps([dict(row) for row in sink.took[0].rows])
    assert "person_id" not in sink.took[0].rows[0]["data"]


async def test_a_partner_that_is_away_keeps_its_place(bench, handing, make_pact):
    await bench.take([make_pact(1)])
    sink = Taking([Unreachable("http.down", "down", retry_after=9)])

    outcome = await bench.run(handing(sink))

    assert (outcome.state, outcome.trouble.retry_after) == ("failed", 9)
    assert bench.ask("SELECT state, attempts FROM delivery") == [("failed", 1)]
    assert bench.ask("SELECT position, failures, trouble FROM lane") == [(0, 1, "http.down")]


async def test_when_it_is_back_it_gets_everything(bench, handing, make_pact):
    await bench.take([make_pact(1)])
    sink = Taking([Unreachable("http.down", "down"), None])
    await bench.run(handing(sink))

    await bench.run(handing(sink))

    assert len(sink.took) == 1
    assert bench.ask("SELECT state, attempts FROM delivery ORDER BY id") == [("failed", 1), ("done", 2)]
    assert bench.ask("SELECT position, failures, trouble FROM lane") == [(1, 0, None)]


async def test_what_the_partner_refuses_is_in_the_receipt(bench, handing, make_pact):
    await bench.take([make_pact(1), make_pact(2)])
    sink = Taking([Rejected("rest.partly", "one refused", items=[RejectedItem(1, "X1", "no")])])

    outcome = await bench.run(handing(sink))

    assert (outcome.balance.new, outcome.balance.refused) == (1, 1)
    [(state, receipt)] = bench.ask("SELECT state, receipt FROM delivery")
    assert (state, json.loads(receipt)["refused"]) == ("partial", {"2": "X1"})


async def test_F04_after_a_crash_between_send_and_receipt_the_same_batch_comes_again(bench, handing, make_pact):
    await bench.take([make_pact(1)])
    sink = Taking()
    with failpoints.armed("delivery.sent"):
        await bench.run(handing(sink))

    await bench.run(handing(sink))

    assert [batch.name for batch in sink.took] == ["pacts-1-1", "pacts-1-1"]


async def test_a_bug_in_the_sink_fails_the_run_and_moves_nothing(bench, handing, make_pact):
    await bench.take([make_pact(1)])

    outcome = await bench.run(handing(Taking([SystemExit(3)])))

    assert (outcome.state, outcome.trouble.code) == ("failed", "plugin.bug")
    assert bench.ask("SELECT count(*) FROM lane") == [(0,)]


class MeasureShape(Projection):
    measure_id: str
    pact_id: str


BOTH = FeedSpec(
    name="both",
    title={"it": "Patti e misure", "en": "Pacts and measures"},
    views=(*FEED.views, View(kind="measure", shape=MeasureShape, purpose=WHY, legal_basis=WHY)),
)


@pytest.fixture
def handing_with(bench):
    """A job whose render is handed the pact beside each change, for the employment centre."""

    def job(sink, beside=("pact",)):
        made = bench.job([], name="cpi/push", organisation=("cpi_11", "D643C000001"))

        def render(shown, others):
            return {"is": type(shown).__name__, "others": [each.model_dump() for each in others]}

        connector = Connector(
            name="push", settings=made.connector.settings, sink=lambda _: sink, render=render, beside=beside
        )
        return replace(made, connector=connector, subscription=whole(BOTH))

    return job


def measured(number):
    return {"measure_id": "M-1", "pact_id": f"P-{number}", "type": "internship", "activity_code": "C06"}


def consent(granted, at):
    return {
        "organisation_scheme": "cpi_11",
        "organisation_id": "D643C000001",
        "from_domain": "social",
        "granted": granted,
        "at": at,
    }


YES, NO = consent(granted=True, at="2026-01-02T10:00:00Z"), consent(granted=False, at="2026-01-03T10:00:00Z")


async def test_a_render_is_handed_the_rest_of_the_dossier_through_the_feeds_views(
    bench, handing_with, make_pact, wires
):
    await bench.take([make_pact(1, consents=[YES], note="canarino"), make_pact(2, consents=[YES])])
    await bench.take([measured(1)], translate=wires["measure"], name="fg1/measures")
    sink = Taking()

    await bench.run(handing_with(sink))

    rows = [row["data"] for batch in sink.took for row in batch.rows]
    assert [row["is"] for row in rows] == ["PactShape", "PactShape", "MeasureShape"]
    assert rows[2]["others"] == [{"pact_id": "P-1", "status": "active"}]
    assert "canarino" not in json.dumps(rows)


async def test_a_dossier_that_is_no_longer_the_partners_to_know_is_not_handed_along(
    bench, handing_with, make_pact, wires
):
    await bench.take([make_pact(1, consents=[YES])])
    await bench.take([measured(1)], translate=wires["measure"], name="fg1/measures")
    await bench.take([], [make_pact(1, consents=[YES, NO])])
    sink = Taking()

    await bench.run(handing_with(sink))

    rows = [row for batch in sink.took for row in batch.rows]
    assert {row["change"] for row in rows} == {"withdraw"}
    assert all("data" not in row for row in rows)


async def test_what_was_erased_or_removed_is_not_handed_along(bench, handing_with, make_pact, make_batch, wires):
    await bench.take([make_pact(1, consents=[YES]), make_pact(2, consents=[YES])])
    measures = [measured(1), measured(2) | {"measure_id": "M-2"}, measured(2) | {"measure_id": "M-3"}]
    await bench.take(measures, translate=wires["measure"], name="fg1/measures")
    await bench.take(
        [],
        make_batch(measures[:2], complete=True),
        translate=wires["measure"],
        name="fg1/measures",
        limits=Limits(vanish_share=1.0),
    )
    erase = "UPDATE record_version SET payload = NULL WHERE head_id = (SELECT id FROM head WHERE key = 'P-1')"
    bench.ledger.write_now(lambda each: each.exec_driver_sql(erase))
    sink = Taking()

    await bench.run(handing_with(sink, beside=("pact", "measure")))

    rows = {row["id"]: row for batch in sink.took for row in batch.rows}
    assert [row["change"] for row in rows.values()] == ["erase", "upsert", "upsert", "upsert", "delete"]
    others = [row["data"]["others"] for row in rows.values() if "data" in row]
    assert {each["measure_id"] for those in others for each in those if "measure_id" in each} <= {"M-1", "M-2"}
    assert all(each.get("pact_id") != "P-1" or "measure_id" in each for those in others for each in those)


class PersonShape(Projection):
    person_id: str


async def test_a_person_who_comes_after_the_pact_is_handed_over_with_the_dossiers_about_it(
    bench, handing_with, make_pact, wires
):
    view = View(kind="person", shape=PersonShape, purpose=WHY, legal_basis=WHY)
    await bench.take([make_pact(1, consents=[YES]), make_pact(2)])
    person = {"person_id": "A-1", "identifiers": [{"scheme": "cf", "value": "RSSMRA85T10A562S"}], "given_name": "Mario"}
    person |= {"family_name": "Rossi", "sex": "M", "birth_date": "1985-12-10"}
    await bench.take([person], translate=wires["person"], name="fg1/persons")
    sink = Taking()
    job = handing_with(sink)

    await bench.run(replace(job, subscription=whole(replace(BOTH, views=(*BOTH.views, view)))))

    [row] = [row["data"] for batch in sink.took for row in batch.rows if row["kind"] == "person"]
    assert row["others"] == [{"pact_id": "P-1", "status": "active"}]


async def test_after_its_last_day_nothing_more_is_delivered_and_the_run_says_why(bench, handing, make_pact):
    await bench.take([make_pact(1)])
    sink = Taking()
    ended = replace(handing(sink), subscription=replace(whole(FEED), until=date(2020, 12, 31)))

    outcome = await bench.run(ended)
    renewed = await bench.run(handing(sink))

    assert (outcome.state, outcome.trouble.code) == ("stopped", "subscription.ended")
    assert "31/12/2020" in outcome.trouble.detail
    assert "Regione" in outcome.trouble.hint
    assert bench.ask("SELECT position, items FROM delivery, lane") == [(1, 1)]
    assert (renewed.state, len(sink.took)) == ("done", 1)


async def test_what_a_plugin_withholds_is_not_delivered_either(bench, handing, make_pact):
    await bench.take([make_pact(1)])
    sink = Taking()

    outcome = await bench.run(replace(handing(sink), withheld=lambda: "sospeso (suspended)"))

    assert (outcome.state, outcome.trouble.code) == ("stopped", "subscription.withheld")
    assert "sospeso" in outcome.trouble.detail
    assert sink.took == []


async def test_under_pseudonyms_a_sink_is_handed_no_name(bench, handing, make_pact):
    pact = make_pact(1)
    await bench.take([pact])
    sink = Taking()
    hidden = subscribe("fg1", PACTS, pseudonyms=pseudonyms_of(b"s" * 32, "fg1", 1))

    await bench.run(replace(handing(sink), subscription=hidden))

    (row,) = sink.took[0].rows
    assert row["data"]["person_scheme"] == "pseudonym"
    assert hidden.head_of(row["id"]) is not None
    assert [name for name in (pact["person_id"], pact["pact_id"], "pact-1") if name in json.dumps(dict(row))] == []


async def test_F72_what_is_asked_for_again_is_handed_over_in_the_batches_and_under_the_names_of_the_first_time(
    bench, handing, make_pact
):
    sink = Taking()
    for number in (1, 2):
        await bench.take([make_pact(number)], name=f"fg1/pacts{number}")
        await bench.run(handing(sink))
    bench.ledger.write_now(
        again.ask, LaneName("fg1", "pacts", "push"), key="k", after=0, pact=None, by="cli:anna", now=1
    )

    outcome = await bench.run(handing(sink))

    assert outcome.balance.new == 2
    assert [batch.name for batch in sink.took] == ["pacts-1-1", "pacts-2-2"] * 2
    assert bench.ask("SELECT state, items FROM replay") == [("done", 2)]
    assert bench.ask("SELECT position FROM lane") == [(2,)]


async def test_F72_of_what_is_asked_for_again_no_older_version_overwrites_a_newer_one(bench, handing, make_pact):
    sink, lane = Taking(), LaneName("fg1", "pacts", "push")
    for number, revision in ((1, 1), (2, 1), (1, 2)):
        await bench.take([make_pact(number, revision=revision)], name=f"fg1/pacts{number}{revision}")
        await bench.run(handing(sink))
    bench.ledger.write_now(again.ask, lane, key="k", after=0, pact=None, by="cli:anna", now=1)
    await bench.take([make_pact(2, revision=2)], name="fg1/pacts22")
    first = len(sink.took)

    await bench.run(handing(sink))

    given = [(batch.name, [(row["id"], row["version"]) for row in batch.rows]) for batch in sink.took[first:]]
    assert given == [("pacts-4-4", [("pact-2", 2)]), ("pacts-3-3", [("pact-1", 2)])]
    assert bench.ask("SELECT state, items, position FROM replay") == [("done", 1, 3)]


async def test_a_replay_that_the_receiver_refuses_keeps_nothing_new_waiting_and_fails_no_run(bench, handing, make_pact):
    sink = Taking()
    await bench.take([make_pact(1)], name="fg1/pacts1")
    await bench.run(handing(sink))
    lane = LaneName("fg1", "pacts", "push")
    bench.ledger.write_now(again.ask, lane, key="k", after=0, pact=None, by="cli:anna", now=1)
    await bench.take([make_pact(2)], name="fg1/pacts2")
    sink.says = [None, Refused("auth.refused", "no")]
    outcome = await bench.run(handing(sink))
    [(failures, trouble, not_before)] = bench.ask("SELECT failures, trouble, not_before FROM replay")
    await bench.run(handing(sink))

    assert (outcome.state, outcome.trouble, outcome.balance.new) == ("done", None, 1)
    assert (failures, trouble) == (1, "auth.refused")
    assert bench.ask("SELECT position, failures, trouble FROM lane") == [(2, 0, None)]
    assert [batch.name for batch in sink.took] == ["pacts-1-1", "pacts-2-2"], "not tried again before its time"
    bench.ledger.write_now(lanes.start, lane, by="cli:anna", now=not_before)
    await bench.run(handing(sink))
    assert bench.ask("SELECT state FROM replay") == [("done",)]


async def test_a_receiver_that_is_away_in_a_replay_fails_the_run_as_ever(bench, handing, make_pact):
    sink = Taking()
    await bench.take([make_pact(1)])
    await bench.run(handing(sink))
    bench.ledger.write_now(
        again.ask, LaneName("fg1", "pacts", "push"), key="k", after=0, pact=None, by="cli:anna", now=1
    )
    sink.says = [Unreachable("http.down", "down")]
    outcome = await bench.run(handing(sink))

    assert (outcome.state, outcome.trouble.code) == ("failed", "http.down")
    assert bench.ask("SELECT state, failures FROM replay") == [("running", 0)]


@dataclass
class Answering(Taking):
    """A sink whose receiver says later what became of what it took."""

    told: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    async def answers(self, references):
        self.asked.append(list(references))
        if self.told and isinstance(self.told[0], Exception):
            raise self.told[0]
        return self.told


async def test_what_the_receiver_says_later_is_kept_beside_its_receipt_once(bench, handing, make_pact):
    await bench.take([make_pact(1), make_pact(2)])
    sink = Answering()
    await bench.run(handing(sink))
    sink.told = [Told("R-1", 1, {"pact-2": "X1"}), Told("other", 5)]
    await bench.run(handing(sink))
    sink.told = [Told("R-1", 9)]
    await bench.run(handing(sink))

    [(receipt,)] = bench.ask("SELECT receipt FROM delivery")
    assert json.loads(receipt)["outcome"] == {"accepted": 1, "refused": {"pact-2": "X1"}}
    assert sink.asked == [["R-1"], ["R-1"]], "asked until it has answered, and no longer"


@pytest.mark.parametrize(
    ("error", "code"), [(Unreachable("http.down", "down"), "http.down"), (ValueError("bug"), "plugin.bug")]
)
async def test_a_receiver_that_cannot_be_asked_has_taken_its_batch_all_the_same(bench, handing, make_pact, error, code):
    await bench.take([make_pact(1)])
    sink = Answering(told=[error])
    outcome = await bench.run(handing(sink))

    assert outcome.trouble.code == code
    assert bench.ask("SELECT position FROM lane") == [(1,)]
