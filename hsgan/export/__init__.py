"""Trained networks as files that others run: SavedModel, TFLite, their metadata and the checks that they must pass."""
