"""What tests of every way to a partner may ask for: an authority of their own, and servers that it vouches for."""

from __future__ import annotations

import ssl

import pytest
import trustme


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def ca_file(authority, tmp_path):
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return file


@pytest.fixture
def tls_of(authority):
    """Make the TLS context of a server: the name in its certificate, who vouches for it, its days."""

    def made(name="127.0.0.1", by=authority, **days):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        by.issue_cert(name, **days).configure_cert(context)
        return context

    return made
