"""The door to Zendesk: one Protocol, and versions of it on zenpy, in memory and on paper."""
