"""What spectra are like: a mixture of Gaussians, fitted without pairs (method section 18)."""
