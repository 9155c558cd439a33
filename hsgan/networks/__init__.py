"""The networks: what they compute, and nothing of how they are trained."""
