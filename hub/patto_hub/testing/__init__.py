"""For those who test plugins and the hub itself: the promises as functions, and a ledger that can die."""
