"""A faithful local Zendesk, for the demo and for every test that would otherwise need an account."""
