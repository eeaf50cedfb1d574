"""The road of one record: one module and one function per verb."""
