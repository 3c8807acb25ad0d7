"""Zendesk-side objects from the ``triggers`` room: what the desk's account must hold for tickets to reach us."""
