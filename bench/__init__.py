"""Benchmarks: each prints figures beside a named alternative, or counts that must not grow."""
