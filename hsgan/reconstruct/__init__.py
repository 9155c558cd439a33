"""RGB in, cube out: the one protocol (`method`), what keeps to it, and the engines that run networks.

`method`, `exported` and `tiling` need NumPy alone: `hsgan.lite` is built on them.
"""

# The engines by name (`hsgan.reconstruct.engine.BUILDERS`), for command lines, which import no TensorFlow to show them.
# The first is everywhere, and the default.
TENSORFLOW = "tensorflow"
ENGINES = (TENSORFLOW, "openvino-float32", "openvino-bfloat16", "openvino-float16")
