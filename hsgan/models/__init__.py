"""Keras models with a `train_step`, and their optimizers."""
