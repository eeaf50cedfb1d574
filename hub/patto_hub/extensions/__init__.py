"""Plugins: found by entry point, loaded one by one, told of things one by one; a broken one harms no other."""
