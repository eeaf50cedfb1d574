"""Test vectors of signed messages: what a receiver must take, and what it must refuse, with keys that open nothing."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.webhook import Hint, full, plain, secret_key, signed, thin
from patto_connectors.webhook.keys import SigningKey
from patto_hub.feeds.documents import CURSOR, example

if TYPE_CHECKING:
    from patto_connectors.webhook import Message
    from patto_hub.feeds.spec import FeedSpec

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WINDOW: Final = timedelta(minutes=5)
_SHARED: Final = "whsec_" + base64.b64encode(b"esempio: nessuna chiave vera 001").decode()
_OTHER: Final = "whsec_" + base64.b64encode(b"esempio: nessuna chiave vera 002").decode()
_SEED: Final = b"esempio: nessuna chiave vera 003"
_PAIR: Final = "whsk_" + base64.b64encode(_SEED).decode()
_PUBLIC: Final = SigningKey(_SEED).public().text()


def vectors(feed: FeedSpec, pull: str) -> dict[str, Any]:
    """Give the vectors of a feed; `pull` is the address that a thin message names.

    A case is what comes (`headers`, `body`), the receiver's key, whether it must be taken, and why, in both languages.
    """
    hint = plain(thin("msg_esempio_1", NOW, Hint(feed=feed.name, items=12, after=CURSOR, until=CURSOR, pull=pull)))
    news = plain(full("msg_esempio_2", NOW, feed.name, json.dumps(example(feed), ensure_ascii=False).encode()))
    cases = [
        _case(hint, ("avviso, firma HMAC", "thin message, HMAC"), good=True),
        _case(news, ("variazioni complete, firma HMAC", "full message, HMAC"), good=True),
        _case(hint, ("firma ed25519", "ed25519"), good=True, keys=(_PAIR,), receiver=_PUBLIC),
        _case(
            hint,
            ("cambio di chiave: due firme", "two signatures, while keys change"),
            good=True,
            keys=(_OTHER, _SHARED),
        ),
        _case(hint, ("al limite dei cinque minuti", "just within five minutes"), good=True, at=NOW - WINDOW),
        _case(
            hint, ("più vecchio di cinque minuti", "older than five minutes"), at=NOW - WINDOW - timedelta(seconds=1)
        ),
        _case(hint, ("dal futuro", "of the future"), at=NOW + WINDOW + timedelta(seconds=1)),
        _case(hint, ("firmato con un'altra chiave", "signed with another key"), keys=(_OTHER,)),
        _case(hint, ("contenuto alterato", "altered body"), body=hint.body + b" "),
        _case(hint, ("identificativo scambiato", "another id"), headers={"webhook-id": "msg_esempio_9"}),
        _case(hint, ("ora cambiata", "another time"), headers={"webhook-timestamp": str(int(NOW.timestamp()) + 1)}),
        _case(hint, ("senza firma", "no signature"), headers={"webhook-signature": ""}),
        _case(
            hint, ("tipo di firma sconosciuto", "unknown kind of signature"), headers={"webhook-signature": "v9,AAAA"}
        ),
    ]
    return {"specification": "Standard Webhooks 1.0.0", "feed": feed.name, "now": int(NOW.timestamp()), "cases": cases}


def _case(  # noqa: PLR0913 - what makes a case
    message: Message,
    name: tuple[str, str],
    *,
    good: bool = False,
    keys: tuple[str, ...] = (_SHARED,),
    receiver: str = _SHARED,
    at: datetime = NOW,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    made = signed(message.id, at, message.body, [secret_key(each) for each in keys])
    return {
        "name": name[0],
        "name_en": name[1],
        "key": receiver,
        "headers": {"content-type": message.media_type, **made, **(headers or {})},
        "body": (message.body if body is None else body).decode(),
        "accept": good,
    }
