from __future__ import annotations

import pytest

from patto_hub.cli.shell import Exit
from patto_hub.settings.read import read_settings

ADD = ("partner", "add", "cpi_lecce", "--title", "CPI Lecce", "--organisation", "cpi_11:E506C000123")


def test_a_new_reader_gets_a_file_and_a_key(patto, office) -> None:
    said = patto(*ADD, "--domain", "labour", "--feed", "pacts", "--json")

    part = read_settings(office.config, {}).settings.partners["cpi_lecce"]
    assert (part.title, part.organisation.domain, part.feeds) == ("CPI Lecce", "labour", ("pacts",))
    assert said.json["key"].startswith(f"patto_{said.json['prefix']}_")
    assert [key["feeds"] for key in patto("key", "list", "cpi_lecce", "--json").json] == [["pacts"]]


def test_a_monitoring_system_gets_a_key_for_the_figures(patto) -> None:
    said = patto("partner", "add", "prometheus", "--feed", "metrics", "--json")

    assert said.json["feeds"] == ["metrics"]
    assert patto("config", "check").code == Exit.OK


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--feed", "pats"), Exit.USAGE),
        (("--domain", "sociale"), Exit.CONFIG),
    ],
)
def test_a_wrong_description_leaves_no_file_behind(patto, office, arguments, code) -> None:
    said = patto(*ADD, *arguments)

    assert said.code == code
    assert not (office.folder / "partners" / "cpi_lecce.toml").exists()
    assert "Traceback" not in said.err


def test_a_name_must_fit(patto) -> None:
    assert "lettere minuscole" in patto("partner", "add", "CPI Lecce").err


def test_a_partner_of_the_settings_gets_its_first_key(patto) -> None:
    said = patto("partner", "add", "office")

    assert said.code == Exit.OK
    assert said.out.startswith("patto_")


def test_partners_are_listed(patto) -> None:
    (row,) = patto("partner", "list", "--json").json

    assert (row["name"], row["plugin"], row["jobs"]) == ("office", "notes", ["notes"])
    assert "Ufficio" in patto("partner", "list").out


def test_a_key_is_rotated_with_overlap_and_revoked(patto) -> None:
    first = patto("key", "rotate", "office", "--json").json
    second = patto("key", "rotate", "office", "--json").json
    third = patto("key", "rotate", "office")
    revoked = patto("key", "revoke", first["prefix"], "--json")
    listed = {key["prefix"]: key for key in patto("key", "list", "office", "--json").json}

    assert third.code == Exit.FAILED
    assert "ha già 2 chiavi valide" in third.err
    assert (revoked.code, revoked.json) == (Exit.OK, {"partner": "office", "prefix": first["prefix"], "live": False})
    assert (listed[first["prefix"]]["live"], listed[second["prefix"]]["live"]) == (False, True)
    assert first["key"] not in patto("key", "list", "office").out


def test_a_key_that_is_not_there_cannot_be_revoked(patto) -> None:
    assert patto("key", "revoke", "nope").code == Exit.FAILED
    assert patto("key", "rotate", "nobody").code == Exit.USAGE


def test_feeds_are_listed_with_their_readers_and_fields(patto) -> None:
    rows = patto("feed", "list", "--json").json
    views = patto("feed", "show", "pacts", "--json").json

    assert {(row["feed"], row["partner"]) for row in rows} >= {("catalogue", "office")}
    assert {view["kind"] for view in views} == {"person", "pact", "measure"}
    assert patto("feed", "show", "pats").code == Exit.USAGE
    assert "catalogue" in patto("feed", "list").out
    assert "measure" in patto("feed", "show", "pacts").out


SUBSCRIBED = """
[partners.monitoring.subscriptions.pacts]
identity = "pseudonym"
legal_basis = "Convenzione n. 12"
until = 2020-12-31
kinds = ["pact"]
[partners.monitoring.subscriptions.payments]
identity = "pseudonym"
"""


def test_what_a_partner_may_read_is_shown_with_its_ground_and_its_end(patto, office) -> None:
    office.config.write_text(office.config.read_text() + SUBSCRIBED)
    (row,) = patto("partner", "show", "monitoring", "--json").json
    listed = [each for each in patto("feed", "list", "--json").json if each["partner"] == "monitoring"]

    assert (row["feed"], row["kind"], row["identity"], row["until"]) == ("pacts", "pact", "pseudonym", "2020-12-31")
    assert "pact_number" not in row["fields"]
    assert "GDPR" in row["legal_basis"][0]
    assert row["legal_basis"][1] == "Convenzione n. 12"
    assert [(each["feed"], each["kinds"], each["ended"]) for each in listed] == [("pacts", ["pact"], True)]
    assert "2020-12-31 (scaduto)" in patto("feed", "list").out
    assert "pseudonimi" in patto("partner", "show", "monitoring").out
    assert patto("partner", "show", "nobody").code == Exit.USAGE


def test_a_subscription_that_cannot_be_given_is_told_with_its_line(patto, office) -> None:
    office.config.write_text(office.config.read_text() + SUBSCRIBED)
    line = office.config.read_text().splitlines().index("[partners.monitoring.subscriptions.payments]") + 1

    said = patto("config", "check")

    assert said.code == Exit.CONFIG
    assert f"{office.config.name}:{line}" in said.out + said.err
    assert "pseudonimi" in said.out + said.err


def test_a_new_reader_may_be_described_in_the_long_way(patto, office) -> None:
    office.config.write_text(
        office.config.read_text() + SUBSCRIBED.partition("[partners.monitoring.subscriptions.pay")[0]
    )

    assert patto("partner", "add", "monitoring", "--json").json["feeds"] == ["pacts"]
