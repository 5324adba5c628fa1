"""Tests of the whole path in a real browser."""
