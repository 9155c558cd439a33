"""Trainers, their optimizers, checkpoints, callbacks and the training loop."""
