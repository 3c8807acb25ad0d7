"""The demo: two desks on a local Zendesk, their tickets as signed webhooks, the real service behind them."""
