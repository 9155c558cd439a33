"""What a network costs: its parameters, and the multiply-adds of one image.

Multiply-adds (MACs) are those of convolutions and matrix products, counted from the graph that TensorFlow would run;
nothing is executed. Not counted: what is done element by element (activations, biases, sums), pooling, resampling and
normalization. Zeros at the borders are counted as pixels, as in all such counts. An operation of a type that this
module does not know is an error, never a silent zero.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from hsgan.errors import HsganError


def parameters(network: keras.Model) -> int:
    """Returns the number of trained parameters: constants that are saved with the weights do not count."""
    return sum(math.prod(weight.shape) for weight in network.trainable_weights)


def multiply_adds(network: Callable[[tf.Tensor], Any], height: int, width: int) -> int:
    """Returns the multiply-adds of one image, the estimate of the camera included if the network makes one.

    Args:
      network: a `ReconstructionNetwork`, or whatever is called with rgb float32 [1, h, w, 3].
      height: of the image, in pixels.
      width: of the image, in pixels.

    Raises:
      HsganError: the graph holds an operation whose cost is not known.
    """
    spec = tf.TensorSpec((1, height, width, 3), tf.float32)
    return graph_multiply_adds(tf.function(lambda rgb: network(rgb), autograph=False).get_concrete_function(spec).graph)


def graph_multiply_adds(graph: tf.Graph) -> int:
    """Returns the multiply-adds of all operations of a graph whose shapes are all known."""
    total = 0
    for operation in graph.get_operations():
        if operation.type in _COUNTS:
            total += _COUNTS[operation.type](operation)
        elif operation.type not in _FREE:
            raise HsganError(
                "multiply_adds: the cost of an operation must be known. "
                f"Received: {operation.type} ({operation.name}); add it to hsgan.networks.cost; "
                "nested functions and loops cannot be counted"
            )
    return total


def _size(tensor):
    """Number of elements of a tensor."""
    count = tensor.shape.num_elements()
    if count is None:
        raise HsganError(
            f"multiply_adds: shapes must be known in the graph. Received: {tensor.name} {tensor.shape}; "
            "compute shapes from the static ones where there are"
        )
    return count


def _convolution(operation):
    """Every output needs a whole kernel: [kh, kw, channels of its group, filters]."""
    return _size(operation.outputs[0]) * math.prod(operation.inputs[1].shape[:3])


def _depthwise(operation):
    """Every output needs the kernel of its own channel: [kh, kw, channels, multiplier]."""
    return _size(operation.outputs[0]) * math.prod(operation.inputs[1].shape[:2])


def _transposed(operation):
    """Every value of what is convolved goes to a whole kernel: [kh, kw, filters, channels]."""
    return _size(operation.inputs[2]) * math.prod(operation.inputs[1].shape[:3])


def _product(operation):
    """Every output is a sum over the inner side."""
    transposed = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
    return _size(operation.outputs[0]) * operation.inputs[0].shape[-2 if transposed else -1]


def _einsum(operation):
    """One multiply-add for each combination of all indices; an einsum of one tensor only sums."""
    if len(operation.inputs) == 1:
        return 0
    terms = operation.get_attr("equation").decode().split("->")[0].split(",")
    sides, implicit = {}, {}
    for term, tensor in zip(terms, operation.inputs, strict=True):
        _size(tensor)
        before, dots, after = term.partition("...")
        shape = list(tensor.shape)
        named = shape[: len(before)] + shape[len(shape) - len(after) :]
        for name, side in zip(before + after, named, strict=True):
            sides[name] = max(side, sides.get(name, 1))
        between = shape[len(before) : len(shape) - len(after)] if dots else []
        for place, side in enumerate(reversed(between)):
            implicit[place] = max(side, implicit.get(place, 1))
    return math.prod(sides.values()) * math.prod(implicit.values())


def _cholesky(operation):
    """Sum over the rows i < n and columns j <= i of the j products of each element, for every matrix."""
    side = operation.inputs[0].shape[-1]
    return _size(operation.inputs[0]) // side**2 * (side**3 - side) // 6


def _triangular_solve(operation):
    """Row i of every right-hand side takes i products."""
    side = operation.inputs[0].shape[-1]
    return _size(operation.outputs[0]) * (side - 1) // 2


_COUNTS = {
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "Conv2DBackpropInput": _transposed,
    "MatMul": _product,
    "BatchMatMul": _product,
    "BatchMatMulV2": _product,
    "BatchMatMulV3": _product,
    "Einsum": _einsum,
    "Cholesky": _cholesky,
    "MatrixTriangularSolve": _triangular_solve,
}

# Placeholders, constants, and the shape and place of values.
_PLACING = """
    Placeholder Const ReadVariableOp Identity IdentityN NoOp StopGradient PreventGradient Cast Shape ShapeN Size Rank
    Reshape Squeeze ExpandDims Transpose ConcatV2 Split SplitV Pack Unpack Slice StridedSlice GatherV2 Gather GatherNd
    Pad PadV2 MirrorPad Tile BroadcastTo BroadcastArgs Fill ZerosLike OnesLike Range ReverseV2 SpaceToBatchND
    BatchToSpaceND SpaceToDepth DepthToSpace Assert ResourceGather
"""
_ELEMENT_BY_ELEMENT = """
    Add AddV2 AddN BiasAdd Sub Mul Neg RealDiv Div DivNoNan FloorDiv FloorMod Maximum Minimum Abs Sign Square
    SquaredDifference Sqrt Rsqrt Reciprocal Exp Expm1 Log Log1p Pow Sigmoid Tanh Relu Relu6 LeakyRelu Elu Selu Softplus
    Softmax LogSoftmax Erf Floor Ceil Round ClipByValue SelectV2 Select Equal NotEqual Greater GreaterEqual Less
    LessEqual LogicalAnd LogicalOr LogicalNot IsFinite
"""
_REDUCING = """
    Sum Mean Max Min Prod All Any ArgMax ArgMin Cumsum MaxPool AvgPool ResizeBilinear ResizeNearestNeighbor
    ResizeBicubic FusedBatchNormV3 MatrixDiagPartV3 MatrixDiagV3 MatrixSetDiagV3 MatrixBandPart
"""
_FREE = frozenset((_PLACING + _ELEMENT_BY_ELEMENT + _REDUCING).split())
