"""What learns: encoders, topic and danger models, calibration, and the cache that keeps them by content."""
