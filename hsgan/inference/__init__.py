"""Fast inference in bounded memory: tiles (NumPy alone), fused forms of the networks, engines."""
