"""Weights that others published as PyTorch checkpoints, as ours: by the names and shapes of their arrays."""
