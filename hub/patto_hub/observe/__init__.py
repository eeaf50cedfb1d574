"""What the hub tells of itself: logs, metrics, the watch over its event loop; never names, tax codes or secrets."""
