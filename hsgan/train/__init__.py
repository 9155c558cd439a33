"""Run folders, checkpoints, callbacks and the training loop."""
