"""Reconstruction with LiteRT and NumPy alone, for small machines: nothing here imports TensorFlow (docs/device.md)."""
