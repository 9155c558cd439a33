"""Figures and pictures of cubes."""
