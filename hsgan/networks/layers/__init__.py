"""Keras layers and differentiable operations that the networks share."""
