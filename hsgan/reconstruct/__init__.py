"""Fast inference in bounded memory: tiles (NumPy alone), fused forms of the networks, engines."""

# What can be asked for by name (`hsgan.reconstruct.engine`); the first is everywhere, and the default.
TENSORFLOW = "tensorflow"
ENGINES = (TENSORFLOW, "openvino-float32", "openvino-bfloat16", "openvino-float16")
