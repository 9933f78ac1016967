"""Benchmarks: ratios against yardsticks that run in the same script on the same machine, never absolute numbers."""
