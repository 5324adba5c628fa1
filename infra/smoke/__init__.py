"""Checks of a deployment from outside, through nothing but what browsers and programs use."""
