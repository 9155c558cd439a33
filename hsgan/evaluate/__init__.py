"""Reconstructions measured against true cubes: the harness, stress, tables."""
