"""What the partner of the benchmarks sends: pacts under their canonical names, further fields allowed."""

from __future__ import annotations

from patto_schemas.model import Pact
from patto_schemas.model.wire import wire

PAGE = 1_000
"""Records of a page."""


class PartnerPact(Pact):
    """The fake partner's pact: canonical names, further fields allowed."""

    model_config = wire(Pact)
