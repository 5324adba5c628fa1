"""Tests, by what they need: nothing (unit), moto (contract), kernels, the whole stack, a browser."""
