"""The published forms of the models: JSON Schema, XSD and the XML codec."""
