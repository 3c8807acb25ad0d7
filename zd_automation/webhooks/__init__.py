"""The receiver: verifies, parses, stores, answers. Nothing else happens in the request."""
