"""What is said: canonical models, code lists, rules and their published forms."""
