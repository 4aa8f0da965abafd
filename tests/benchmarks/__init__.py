"""Benchmarks: they compare side by side in one run and are no tests."""
