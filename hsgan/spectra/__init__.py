"""Wavelength grids, camera spectral responses (SRFs), image formation and the estimates that need no network."""
