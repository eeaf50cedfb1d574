"""The partner kinds that come with Patto; each is a plugin like anybody's."""
