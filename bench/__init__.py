"""Measurements: each script prints the tables of docs/benchmarks.md."""
