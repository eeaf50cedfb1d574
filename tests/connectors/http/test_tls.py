import ssl
from datetime import UTC, datetime

import pytest
import trustme

from patto_connectors.errors import Refused, Trouble
from patto_connectors.http.client import Call, open_client
from patto_connectors.http.settings import HttpSettings, Repeats, Tls

PACTS = Call(path="pacts")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def _ask(fake, context, **tls):
    fake.listing("/pacts", lambda _: b"{}")
    async with fake.running(tls=context) as url:
        settings = HttpSettings(base_url=url, tls=Tls(**tls), repeats=Repeats(attempts=1))
        async with open_client(settings) as client:
            return await client.ask(PACTS)


async def test_trusted_certificate_is_accepted(fake, tls_of, ca_file):
    answer = await _ask(fake, tls_of(), ca_file=ca_file)

    assert answer.status == 200


async def test_F29_expired_certificate_is_refused(fake, tls_of, ca_file):
    context = tls_of(not_before=LONG_AGO, not_after=LONG_AGO.replace(year=2021))

    with pytest.raises(Refused) as caught:
        await _ask(fake, context, ca_file=ca_file)

    assert caught.value.code == "tls.expired"


async def test_F29_certificate_for_another_name_is_refused(fake, tls_of, ca_file):
    with pytest.raises(Refused) as caught:
        await _ask(fake, tls_of("other.example"), ca_file=ca_file)

    assert caught.value.code == "tls.name"


async def test_F29_changed_authority_is_refused(fake, tls_of, ca_file):
    with pytest.raises(Refused) as caught:
        await _ask(fake, tls_of(by=trustme.CA()), ca_file=ca_file)

    assert caught.value.code == "tls.untrusted"
    assert "tls.ca_file" in caught.value.hint


async def test_client_certificate_lets_us_in(fake, authority, tls_of, ca_file, tmp_path):
    context = tls_of()
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    ours = tmp_path / "ours.pem"
    authority.issue_cert("patto.example").private_key_and_cert_chain_pem.write_to_path(ours)

    answer = await _ask(fake, context, ca_file=ca_file, certificate=ours)

    assert answer.status == 200


async def test_missing_client_certificate_is_told_as_that(fake, authority, tls_of, ca_file):
    context = tls_of()
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED

    with pytest.raises(Trouble) as caught:
        await _ask(fake, context, ca_file=ca_file)

    assert "client certificate" in caught.value.hint


async def test_missing_certificate_file_is_told_as_ours(fake, tls_of, tmp_path):
    with pytest.raises(Refused) as caught:
        await _ask(fake, tls_of(), ca_file=tmp_path / "absent.pem")

    assert caught.value.code == "tls.files"


async def test_server_that_speaks_no_tls_is_refused(fake, ca_file):
    fake.listing("/pacts", lambda _: b"{}")
    async with fake.running() as url:
        settings = HttpSettings(base_url=url.replace("http:", "https:"), repeats=Repeats(attempts=1))
        async with open_client(settings) as client:
            with pytest.raises(Refused) as caught:
                await client.ask(PACTS)

    assert caught.value.code == "tls.handshake"
