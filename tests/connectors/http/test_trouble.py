import ssl

import aiohttp
import pytest

from patto_connectors.errors import Malformed, Refused, Unreachable
from patto_connectors.http.trouble import FAILURES, name_failure, name_status
from patto_connectors.testing.clock import StillClock

NOW = StillClock().start


def _alert(reason):
    error = ssl.SSLError(1, "alert")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (TimeoutError(), Unreachable, "http.timeout"),
        (aiohttp.ServerTimeoutError(), Unreachable, "http.timeout"),
        (aiohttp.ServerDisconnectedError(), Unreachable, "http.disconnected"),
        (ConnectionResetError(), Unreachable, "http.disconnected"),
        (EOFError(), Unreachable, "http.disconnected"),
        (aiohttp.ClientPayloadError(), Unreachable, "http.truncated"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "lie"), Malformed, "http.charset"),
        (LookupError("unknown encoding: klingon"), Malformed, "http.charset"),
        (aiohttp.InvalidURL("http://["), Refused, "http.address"),
        (ValueError("header"), Malformed, "http.malformed"),
        (_alert("TLSV13_ALERT_CERTIFICATE_REQUIRED"), Refused, "tls.client_certificate"),
        (_alert("TLSV1_ALERT_UNKNOWN_CA"), Refused, "tls.client_certificate"),
        (_alert("WRONG_VERSION_NUMBER"), Refused, "tls.handshake"),
    ],
)
def test_every_failure_has_one_of_the_four_names(error, kind, code):
    assert isinstance(error, FAILURES)

    trouble = name_failure(error, "partner.test")

    assert type(trouble) is kind
    assert trouble.code == code


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (302, Refused, "http.redirect"),
        (400, Refused, "http.status"),
        (401, Refused, "http.credentials"),
        (403, Refused, "http.forbidden"),
        (404, Refused, "http.status"),
        (408, Unreachable, "http.status"),
        (429, Unreachable, "http.rate"),
        (500, Unreachable, "http.status"),
        (501, Refused, "http.status"),
        (503, Unreachable, "http.status"),
    ],
)
def test_every_status_has_one_of_the_four_names(status, kind, code):
    trouble = name_status(status, {}, "partner.test", now=NOW, cap=60)

    assert type(trouble) is kind
    assert trouble.code == code
