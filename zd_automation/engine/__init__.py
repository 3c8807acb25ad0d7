"""Durable work: the inbox is the truth, an engine runs the jobs, and the account's limits are shared."""
