"""Who is told: the dossier's parties with consent, nobody else; joining, leaving, persons, public kinds."""

from __future__ import annotations

import pytest

from patto_hub.ledger import acknowledgements
from patto_hub.ledger.acknowledgements import Refused, Said
from patto_schemas.model import Consent, Enrolment, Organisation
from patto_schemas.model.wire import wire

CF = "RSSMRA85T10A562S"
CPI = ("cpi_11", "D643C000123")


class WireConsent(Consent):
    model_config = wire(Consent)


class WireEnrolment(Enrolment):
    model_config = wire(Enrolment)


class WireOrganisation(Organisation):
    model_config = wire(Organisation)


def consent(granted, scheme="cpi_11", value="D643C000123"):
    return {
        "organisation_scheme": scheme,
        "organisation_id": value,
        "from_domain": "social",
        "granted": granted,
        "at": "2026-01-01T10:00:00Z",
    }


def person(number=1, cf=CF, **more):
    return {
        "person_id": f"H-{number}",
        "identifiers": [{"scheme": "cf", "value": cf}],
        "given_name": "Maria",
        "family_name": "Rossi",
        "sex": "F",
        "birth_date": "1985-12-10",
        **more,
    }


def measure(number=1, pact="P-1", **more):
    return {"measure_id": f"M-{number}", "pact_id": pact, "type": "training", "activity_code": "C06", **more}


def reads(bench, scheme, value):
    """What an organisation reads, in order: (op, kind, key, version)."""
    return [
        tuple(row)
        for row in bench.ask(
            "SELECT c.op, c.kind, h.key, v.version FROM audience a JOIN organisation o ON o.id = a.organisation_id"
            " JOIN change c ON c.seq = a.seq JOIN head h ON h.id = c.head_id"
            " JOIN record_version v ON v.id = c.version_id"
            " WHERE o.scheme = ? AND o.value = ? ORDER BY a.seq",
            scheme,
            value,
        )
    ]


async def pacts(bench, *rows):
    await bench.ledger.write(lambda each: each.exec_driver_sql("DELETE FROM cursor"))
    return await bench.take(list(rows))


@pytest.fixture
def measures(bench, wires):
    async def take(*rows):
        await bench.ledger.write(lambda each: each.exec_driver_sql("DELETE FROM cursor"))
        return await bench.take(list(rows), name="fg1/measures", translate=wires["measure"])

    return take


@pytest.fixture
def persons(bench, wires):
    async def take(*rows, name="fg1/persons"):
        await bench.ledger.write(lambda each: each.exec_driver_sql("DELETE FROM cursor"))
        return await bench.take(list(rows), name=name, translate=wires["person"])

    return take


async def test_the_sender_reads_what_it_sent(bench, make_pact):
    await pacts(bench, make_pact(1))

    assert reads(bench, "ambito", "FG/1") == [("upsert", "pact", "P-1", 1)]


async def test_without_consent_nobody_else_is_told(bench, make_pact, measures):
    await pacts(bench, make_pact(1))
    await measures(measure(promoter_code=CPI[1]))

    assert reads(bench, *CPI) == []


async def test_with_consent_the_named_organisation_is_told(bench, make_pact):
    await pacts(bench, make_pact(1, consents=[consent(granted=True)]))

    assert reads(bench, *CPI) == [("upsert", "pact", "P-1", 1)]


async def test_the_last_word_about_an_organisation_counts(bench, make_pact):
    await pacts(bench, make_pact(1, consents=[consent(granted=True), consent(granted=False)]))

    assert reads(bench, *CPI) == []


async def test_a_yes_for_one_domain_does_not_lift_the_no_for_another(bench, make_pact):
    words = [consent(granted=False), {**consent(granted=True), "from_domain": "labour"}]

    await pacts(bench, make_pact(1, consents=words))

    assert reads(bench, *CPI) == []


async def test_a_yes_for_another_domain_alone_opens_no_pact(bench, make_pact):
    await pacts(bench, make_pact(1, consents=[{**consent(granted=True), "from_domain": "labour"}]))

    assert reads(bench, *CPI) == []


async def test_a_new_party_gets_all_that_is_current_in_the_dossier(bench, make_pact, measures):
    await pacts(bench, make_pact(1))
    await measures(measure(1), measure(2))
    await measures(measure(1, title="Corso"))

    await pacts(bench, make_pact(1, consents=[consent(granted=True)]))

    assert sorted(reads(bench, *CPI)) == [
        ("upsert", "measure", "M-1", 2),
        ("upsert", "measure", "M-2", 1),
        ("upsert", "pact", "P-1", 2),
    ]


async def test_the_person_joins_whichever_comes_first(bench, make_pact, persons):
    await persons(person(1))
    await pacts(bench, make_pact(1, consents=[consent(granted=True)]))

    before = reads(bench, *CPI)
    await persons(person(1, sex="M"))

    assert sorted(before) == [("upsert", "pact", "P-1", 1), ("upsert", "person", "H-1", 1)]
    assert reads(bench, *CPI)[-1] == ("upsert", "person", "H-1", 2)


async def test_a_person_that_comes_after_the_pact_is_told_too(bench, make_pact, persons):
    await pacts(bench, make_pact(1, consents=[consent(granted=True)]))

    await persons(person(1))

    assert reads(bench, *CPI)[-1] == ("upsert", "person", "H-1", 1)


async def test_two_persons_of_one_partner_with_one_tax_code_are_told_to_nobody(bench, make_pact, persons):
    await persons(person(1), person(2))

    await pacts(bench, make_pact(1, consents=[consent(granted=True)]))

    assert [kind for _, kind, _, _ in reads(bench, *CPI)] == ["pact"]


async def test_a_withdrawn_consent_takes_everything_back(bench, make_pact, measures, persons):
    await persons(person(1))
    await pacts(bench, make_pact(1, consents=[consent(granted=True)]))
    await measures(measure(1))

    await pacts(bench, make_pact(1, consents=[consent(granted=False)]))

    told = reads(bench, *CPI)
    assert {op for op, *_ in told} == {"withdraw"}
    assert sorted(key for _, _, key, _ in told) == ["H-1", "M-1", "P-1"]


async def test_after_a_withdrawal_nothing_new_is_told(bench, make_pact, measures):
    await pacts(bench, make_pact(1, consents=[consent(granted=True)]))
    await pacts(bench, make_pact(1, consents=[consent(granted=False)]))

    await measures(measure(1))

    assert [op for op, *_ in reads(bench, *CPI)] == ["withdraw"]


async def test_a_person_known_from_another_pact_is_not_taken_back(bench, make_pact, persons):
    await persons(person(1))
    await pacts(bench, *(make_pact(each, consents=[consent(granted=True)]) for each in (1, 2)))

    await pacts(bench, make_pact(1, consents=[consent(granted=False)]))

    assert ("withdraw", "person", "H-1", 1) not in reads(bench, *CPI)
    assert ("withdraw", "pact", "P-1", 2) in reads(bench, *CPI)


async def test_the_sender_is_never_told_to_forget_its_own(bench, make_pact):
    await pacts(bench, make_pact(1, consents=[consent(granted=True)]))
    await pacts(bench, make_pact(1, consents=[consent(granted=False)]))

    assert {op for op, *_ in reads(bench, "ambito", "FG/1")} == {"upsert"}


async def test_a_measure_that_moves_to_another_pact_leaves_those_of_the_first(bench, make_pact, measures):
    await pacts(bench, make_pact(1, consents=[consent(granted=True)]), make_pact(2))
    await measures(measure(1, pact="P-1"))

    await measures(measure(1, pact="P-2"))

    assert [row for row in reads(bench, *CPI) if row[1] == "measure"] == [("withdraw", "measure", "M-1", 2)]


async def test_a_pact_that_changes_its_person_takes_the_old_one_back(bench, make_pact, persons):
    await persons(person(1), person(2, cf="BNCLCU80A01A662F"))
    await pacts(bench, make_pact(1, consents=[consent(granted=True)]))

    await pacts(bench, make_pact(1, person_id="BNCLCU80A01A662F", consents=[consent(granted=True)]))

    told = [row for row in reads(bench, *CPI) if row[1] == "person"]
    assert told == [("upsert", "person", "H-2", 1), ("withdraw", "person", "H-1", 1)]


def consent_record(number, scheme, value, **more):
    return {
        "consent_id": f"C-{number}",
        "person_id": CF,
        "pact_scheme": scheme,
        "pact_id": value,
        **consent(granted=True),
        **more,
    }


async def test_nobody_admits_itself_to_another_partners_pact(bench, make_pact, measures):
    await pacts(bench, make_pact(1, inps_protocol="INPS-1"))
    await measures(measure(1))

    await bench.take(
        [consent_record(1, "inps_protocol", "INPS-1")], name="cpi/consents", translate=WireConsent, organisation=CPI
    )

    assert reads(bench, *CPI) == [("upsert", "consent", "C-1", 1)]


async def test_the_pacts_partner_may_send_a_consent_apart(bench, make_pact, measures):
    await pacts(bench, make_pact(1))
    await measures(measure(1))

    await bench.take([consent_record(1, "local", "P-1")], name="fg1/consents", translate=WireConsent)

    assert sorted(kind for _, kind, _, _ in reads(bench, *CPI)) == ["consent", "measure", "pact"]


async def test_a_refusal_that_another_partner_recorded_counts(bench, make_pact):
    await pacts(bench, make_pact(1, inps_protocol="INPS-1", consents=[consent(granted=True)]))

    await bench.take(
        [consent_record(1, "inps_protocol", "INPS-1", granted=False)],
        name="school/consents",
        translate=WireConsent,
        organisation=("piva", "00743110157"),
    )

    assert ("withdraw", "pact", "P-1", 1) in reads(bench, *CPI)


async def test_what_hangs_on_a_measure_follows_it_to_its_right_pact(bench, make_pact, measures):
    await pacts(bench, make_pact(1, consents=[consent(granted=True)]), make_pact(2))
    await measures(measure(1, policy_id="1400000001B"))
    await bench.take(
        [
            {
                "enrolment_id": "E-9",
                "person_id": CF,
                "policy_id": "1400000001B",
                "type": "course",
                "status": "enrolled",
            }
        ],
        name="school/enrolments",
        translate=WireEnrolment,
        organisation=("piva", "00743110157"),
    )

    await measures(measure(1, pact="P-2", policy_id="1400000001B"))

    told = {key: op for op, _, key, _ in reads(bench, *CPI)}
    assert told == {"P-1": "upsert", "M-1": "withdraw", "E-9": "withdraw"}


async def test_a_corrected_tax_code_takes_the_person_back(bench, make_pact, persons):
    await pacts(bench, make_pact(1, consents=[consent(granted=True)]))
    await persons(person(1))

    await persons(person(1, cf="BNCLCU80A01A662F"))
    await pacts(bench, make_pact(2, consents=[consent(granted=True)]))

    assert [row for row in reads(bench, *CPI) if row[1] == "person"] == [("withdraw", "person", "H-1", 2)]


async def test_a_namesake_that_comes_later_takes_the_first_back_too(bench, make_pact, persons):
    await pacts(bench, make_pact(1, consents=[consent(granted=True)]))
    await persons(person(1))

    await persons(person(2))

    assert [row for row in reads(bench, *CPI) if row[1] == "person"] == [("withdraw", "person", "H-1", 1)]


async def test_public_kinds_are_addressed_to_everybody(bench):
    row = {
        "organisation_id": "O-1",
        "type": "training_provider",
        "legal_name": "Ente",
        "identifiers": [{"scheme": "piva", "value": "00743110157"}],
    }
    await bench.take([row], name="catalogue/courses", translate=WireOrganisation, organisation=None)

    assert bench.ask("SELECT organisation_id FROM audience") == [(0,)]


async def test_another_partners_record_of_the_dossier_is_told_to_the_pacts_partner(bench, make_pact, measures, wires):
    await pacts(bench, make_pact(1))
    await measures(measure(1, policy_id="1400000001B"))
    await bench.take(
        [measure(9, pact="1400000001B", pact_scheme="policy")],
        name="cpi/measures",
        translate=OfMeasure,
        organisation=CPI,
    )

    assert reads(bench, "ambito", "FG/1")[-1] == ("upsert", "measure", "M-9", 1)
    assert reads(bench, *CPI) == [("upsert", "measure", "M-9", 1)]


from patto_schemas.model import Measure  # noqa: E402 - beside its only use
from patto_schemas.model.base import Name, Need  # noqa: E402 - likewise


class OfMeasure(Measure):
    """A record that hangs on another measure, as an enrolment does."""

    model_config = wire(Measure)

    def needs(self):
        return (Need("measure", Name(self.pact_scheme, self.pact_id)),)


async def test_what_a_reader_refused_is_settled_once_it_is_no_longer_its_to_know(bench, measures, make_pact):
    readers = {"cpi": CPI, "ente": ("piva", "01234567890")}
    for name, organisation in readers.items():
        bench.partner(name, organisation)
    await pacts(bench, make_pact(1, consents=[consent(True, *each) for each in readers.values()]))
    await measures(measure(description="Corso", policy_id=None))
    ((head,),) = bench.ask("SELECT id FROM head WHERE kind = 'measure'")
    for name in readers:
        refused = [Refused(head, 1, "codice", None)]
        said = Said(partner=name, feed="pacts", position=9, applied=False, refused=refused, digest=name.encode())
        bench.ledger.write_now(acknowledgements.note, said, (0, 1), 5)

    def standing():
        found = bench.ledger.read_now(acknowledgements.open_refusals)
        return sorted(each.reader for each in found), bench.ask("SELECT state FROM snag WHERE sort = 'item'")

    seen = [standing()]
    for gone in (["cpi"], ["cpi", "ente"]):
        await pacts(bench, make_pact(1, consents=[consent(name not in gone, *readers[name]) for name in readers]))
        seen.append(standing())

    assert seen == [(["cpi", "ente"], [("open",)]), (["ente"], [("open",)]), ([], [("fixed",)])]
