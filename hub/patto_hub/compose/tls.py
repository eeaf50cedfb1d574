"""What the hub speaks TLS with, where no proxy does it, and how it asks partners for their certificates."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from patto_hub.settings.mistakes import Mistake, WrongSettings

if TYPE_CHECKING:
    from patto_hub.settings.read import Configuration


def tls_of(configuration: Configuration) -> ssl.SSLContext | None:
    """Give what the hub speaks TLS with, or None where a proxy does.

    Raises:
        WrongSettings: a file is missing or broken.
    """
    web, folder = configuration.settings.web, configuration.file.parent
    if web.tls_certificate is None or web.tls_key is None:
        return None
    key = "tls_certificate"
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(folder / web.tls_certificate, folder / web.tls_key, password="")
        if web.client_ca is not None:
            key = "client_ca"
            context.load_verify_locations(folder / web.client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL  # who must show one is the partner's settings' word
    except (OSError, ssl.SSLError):
        it = "i file del certificato o della chiave non si leggono, o non vanno insieme (PEM, chiave senza password)"
        en = "the files of certificate or key cannot be read, or do not belong together (PEM, key without password)"
        path = ("web", key)
        raise WrongSettings([Mistake(place=configuration.place(path), path=path, it=it, en=en)]) from None
    return context
