"""Webhooks: messages that the hub sends to partners' addresses, signed, thin by default (Standard Webhooks 1.0.0)."""

from patto_connectors.webhook.keys import Key, SecretKey, fresh_pair, fresh_secret, key, secret_key
from patto_connectors.webhook.message import Event, Hint, Message, full, plain, thin
from patto_connectors.webhook.sender import Answer, Outcome, Sender, Target, open_sender
from patto_connectors.webhook.sign import signed
from patto_connectors.webhook.verify import Unverified, Verified, is_first, verify

__all__ = [
    "Answer",
    "Event",
    "Hint",
    "Key",
    "Message",
    "Outcome",
    "SecretKey",
    "Sender",
    "Target",
    "Unverified",
    "Verified",
    "fresh_pair",
    "fresh_secret",
    "full",
    "is_first",
    "key",
    "open_sender",
    "plain",
    "secret_key",
    "signed",
    "thin",
    "verify",
]
