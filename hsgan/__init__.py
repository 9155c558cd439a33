"""Hyperspectral cubes from RGB images, by a network trained without paired data."""
