"""The version of the published forms.

A step is due when something that a reader or a sender counts on changes: a field goes, becomes or ceases to be
required, or allows more or less than before. A new optional field and better words are no step.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 1
NAMESPACE: Final = f"urn:patto:schema:v{VERSION}"
"""The namespace of the XML form, and the stem of the JSON Schemas' identifiers."""
