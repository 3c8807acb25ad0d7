"""The pure heart: a ticket and the desk's definitions in, one plan with reasons out.

Nothing below this package reads a file, a clock, the network or the environment.
"""
