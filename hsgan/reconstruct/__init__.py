"""RGB in, cube out: the one protocol (`method`), what keeps to it, and the engines that run networks.

`method`, `exported` and `tiling` need NumPy alone: `hsgan.lite` is built on them.
"""

# The engines by name (`hsgan.reconstruct.engine.BUILDERS`), for command lines, which import no TensorFlow to show them.
# The first is whichever is fastest on the machine (`hsgan.reconstruct.fastest`), the second is everywhere.
AUTO, TENSORFLOW, GRAPH, OPENVINO_FLOAT32 = "auto", "tensorflow", "tensorflow-graph", "openvino-float32"
ENGINES = (AUTO, TENSORFLOW, GRAPH, OPENVINO_FLOAT32, "openvino-bfloat16", "openvino-float16")
