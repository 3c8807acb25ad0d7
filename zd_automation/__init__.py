"""Triage for Zendesk desks: language, topic, danger and articles, in one right write a ticket."""

__version__ = "0.1.0"
