"""The evaluation room: how good a topic model is on messages it has not seen, and whether a new one may replace it."""
