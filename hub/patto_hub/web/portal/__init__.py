"""The partners' portal: what a partner organisation sends and receives, in its own words, by its own key."""
