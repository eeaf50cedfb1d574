"""When: schedules, slots, catch-up and the watch over freshness."""
