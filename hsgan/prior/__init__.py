"""What spectra are like: a mixture of Gaussians, fitted without pairs, and what it makes of RGB (method section 18)."""
