"""One list of what ends, for staff and for each partner its own, sorted by date, with what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import get_args

import pytest

from patto_hub.endings import HubKind, PartnerKind
from patto_hub.lanes.terms import Terms
from patto_hub.ledger import keys, lane_secrets
from patto_hub.ledger.lanes import LaneName
from patto_hub.web.certificates import Certificate
from patto_hub.web.endings import endings, over, sources_of, view
from patto_hub.web.sentences_endings import ENDINGS
from patto_hub.web.site import BASE
from patto_hub.web.words import Words

LANE = LaneName("ente", "pacts", "webhook")


@pytest.fixture
def full_site(site_of, signing, pairs, ledger, now):
    """A site where something of each kind that it can know ends, in another order than it is found in."""
    access = 'certificate = "tls.pem"\n[partners.ente.access.modi]\nprofiles = ["ID_AUTH_REST_02"]\n'
    access += 'certificates = ["firma.pem"]\n'
    files = {"tls.pem": pairs["ec"].certificate, "firma.pem": pairs["rsa"].certificate, "hub.pem": b""}
    files["ca.pem"] = pairs["hub"].certificate
    web = 'tls_certificate = "tls.pem"\ntls_key = "hub.pem"\nclient_ca = "ca.pem"\n'
    site, mistakes = site_of(web + signing(access), files)
    assert mistakes == []
    soon = replace(site.subscriptions["ente", "pacts"], until=date(2026, 3, 10))
    day = timedelta(days=1) // timedelta(milliseconds=1)
    at = now.milliseconds()
    ledger.write_now(keys.add, now, partner="ente", scopes=["pacts"], expires_at=at + 20 * day)
    ledger.write_now(keys.add, now, partner="nessuno", scopes=["pacts"], expires_at=at + 5 * day)
    ledger.write_now(keys.add, now, partner="cpi-foggia", scopes=["pacts"])
    ledger.write_now(lane_secrets.see, {LANE: [b"m"]}, at - 300 * day)
    return replace(
        site,
        subscriptions={**site.subscriptions, ("ente", "pacts"): soon},
        ways={LANE: Terms(secret_days=365)},
    )


async def test_all_that_ends_stands_in_one_list_the_first_to_end_first(full_site):
    now = full_site.world.milliseconds()

    found = await endings(full_site.ledger, sources_of(full_site), now)

    assert [(each.kind, each.partner) for each in found[:4]] == [
        ("key", "nessuno"),
        ("subscription", "ente"),
        ("key", "ente"),
        ("webhook_secret", "ente"),
    ]
    assert {each.kind for each in found[4:]} == {"tls_certificate", "signing_certificate", "hub_tls", "hub_authority"}
    assert [each.at for each in found] == sorted(each.at for each in found)


async def test_a_partner_is_told_of_its_own_and_of_nothing_else(full_site, client_at, key):
    client = await client_at(replace(full_site, admission=replace(full_site.admission, partners={})), key)

    body = await (await client.get(f"{BASE}/access")).json()

    assert [each["kind"] for each in body["endings"]] == ["subscription", "key", "webhook_secret"]
    first = body["endings"][0]
    assert (first["ends_at"], first["days_left"], first["name"]) == ("2026-03-10T23:00:00Z", 9, "pacts")
    assert (first["what_to_do"], first["what_to_do_en"]) == ENDINGS["ending.subscription.own"]


@pytest.mark.parametrize("own", [True, False])
async def test_a_key_whose_successor_is_there_is_not_to_be_followed_by_a_third(full_site, own):
    now = full_site.world.milliseconds()
    found = await endings(full_site.ledger, sources_of(full_site), now, "ente")
    [key] = (each for each in found if each.kind == "key")

    assert "già la prossima" in view(key, Words(language="it", now=now, place=full_site.place), own=own).todo


async def test_a_partner_is_told_of_its_certificates_too(full_site):
    found = await endings(full_site.ledger, sources_of(full_site), full_site.world.milliseconds(), "ente")

    assert {each.kind for each in found} == set(get_args(PartnerKind))
    assert {each.partner for each in found} == {"ente"}


async def test_a_key_that_has_ended_or_has_no_end_is_not_in_the_list(full_site, clock):
    clock.move(days=21)

    found = await endings(full_site.ledger, sources_of(full_site), full_site.world.milliseconds())

    assert "key" not in {each.kind for each in found}
    assert found[0].kind == "subscription"  # over, and said to be until it is mended or taken out


async def test_a_certificate_that_was_shown_is_known_by_its_end(full_site):
    until = full_site.world.now() + timedelta(days=3)
    for thumbprint in ("aa", "bb"):
        full_site.doorkeeper.note("nessuno", Certificate(frozenset(), thumbprint, full_site.world.now(), until))
        until += timedelta(days=90)

    found = await endings(full_site.ledger, sources_of(full_site), full_site.world.milliseconds())

    assert [each.name for each in found if each.partner == "nessuno" and each.kind != "key"] == ["sha256:bb"]


async def test_keys_of_pdnd_are_told_of_once_they_are_not_read_any_more(site_of, tmp_path, clock):
    (tmp_path / "data").mkdir()
    web = '[hub]\ndata_dir = "data"\n[web.pdnd]\nkeys_url = "https://pdnd.example/keys"\naudience = "hub"\n'
    site, _ = site_of(web)
    site.admission.voucher_keys.read_at = site.world.now()

    async def kinds():
        return [each.kind for each in await endings(site.ledger, sources_of(site), site.world.milliseconds())]

    fresh = await kinds()
    site.admission.voucher_keys.trouble = "tcp"
    failing = await kinds()
    site.admission.voucher_keys.trouble = ""
    clock.move(hours=2)
    silent = await kinds()

    assert (fresh, failing, silent) == ([], ["pdnd_keys"], ["pdnd_keys"])


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("own", [False, True])
async def test_each_says_what_it_is_what_to_do_and_how_urgent_that_is(full_site, language, own):
    now = full_site.world.milliseconds()
    words = Words(language=language, now=now, place=full_site.place)
    found = await endings(full_site.ledger, sources_of(full_site), now, "ente" if own else None)

    shown = [view(each, words, own=own) for each in found]

    assert all(each.what and each.todo and each.left for each in shown)
    assert {each.look for each in shown} >= {"doubt", "good"}


def test_every_kind_has_its_sentences():
    staff = {f"ending.{kind}.todo" for kind in (*get_args(PartnerKind), *get_args(HubKind))}
    partner = {f"ending.{kind}.own" for kind in get_args(PartnerKind)}
    named = {f"ending.{kind}" for kind in (*get_args(PartnerKind), *get_args(HubKind))}
    rest = {"ending.left", "ending.left.one", "ending.over"}

    assert {key for key in ENDINGS if key.startswith("ending.")} == staff | partner | named | rest


def test_the_last_day_of_a_subscription_is_still_its(full_site):
    subscription = full_site.subscriptions["ente", "pacts"]
    last = over(subscription) - 1

    assert not subscription.ended(full_site.world.now() + timedelta(milliseconds=last - full_site.world.milliseconds()))
    with pytest.raises(TypeError):
        over(replace(subscription, until=None))
