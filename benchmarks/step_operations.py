"""What a training step spends its processor time on, by kind of operation: what bounds it.

  python benchmarks/step_operations.py [--config=configs/demo.py] [--repeats=4] [--smallest=20000]

The step is traced, and every operation of its graph with at least `--smallest` input values is run by itself on random
tensors of the same shapes, as often as the step has it. Seconds are of all processors together, which says more than
the wall clock where the machine is shared. "GFLOP/s" counts two operations a multiply-add, of one core; "GB/s" is what
goes in and out. "whole step" is the step as it runs. The difference from the sum is small operations and their
dispatch, less what the graph optimizer saves.
"""

import collections
import resource

import keras_step
import numpy as np
import tensorflow as tf
from absl import flags

from hsgan import cli
from hsgan.repeatable import make_repeatable

FLAGS = flags.FLAGS
# Their shapes say how much they compute: the values of the output (of a gradient by the input: of its incoming
# gradient), times those of the kernel that each is made with.
CONVOLUTIONS = ("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter")


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_integer("repeats", 4, "Timed runs of each operation, and of the whole step.", lower_bound=1)
    flags.DEFINE_integer("smallest", 20_000, "Input values of the smallest operations that are measured.")
    cli.define_config("configs/demo.py")


def processor_seconds():
    """Returns the seconds that all processors together have worked for this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def seconds_of(function, repeats):
    """Returns the mean processor seconds of a function, after a first call."""
    function()
    start = processor_seconds()
    for _ in range(repeats):
        function()
    return (processor_seconds() - start) / repeats


def grouped(graph):
    """Returns {(kind, shapes, types): [operations]} of all whose inputs are floats of known shapes, or constants."""
    groups = collections.defaultdict(list)
    for operation in graph.get_operations():
        inputs = operation.inputs
        floats = all(x.dtype.is_floating or constant(x) is not None for x in inputs)
        if (
            inputs
            and floats
            and not all(x.dtype.is_integer for x in operation.outputs)
            and all(x.shape.is_fully_defined() for x in inputs)
        ):
            shapes, types = tuple(tuple(x.shape) for x in inputs), tuple(x.dtype.name for x in inputs)
            groups[operation.type, shapes, types].append(operation)
    return groups


def constant(tensor):
    """Returns the value of a tensor that the graph knows, or None."""
    if tensor.op.type == "ShapeN" and tensor.op.inputs[tensor.value_index].shape.is_fully_defined():
        return np.array(tensor.op.inputs[tensor.value_index].shape)
    return tf.get_static_value(tensor)


def alone(operation):
    """Returns a function of nothing that runs one operation on random tensors, constants as they are."""
    rng, definition, arguments, inferred = np.random.default_rng(0), operation.op_def, {}, set()
    values = iter([_value(tensor, rng) for tensor in operation.inputs])
    for argument in definition.input_arg:
        several = argument.number_attr
        count = operation.get_attr(several) if several else 1
        taken = [next(values) for _ in range(count)]
        arguments[argument.name] = taken if several else taken[0]
        inferred |= {argument.type_attr, several}
    for attribute in definition.attr:
        if attribute.name not in inferred:
            arguments[attribute.name] = operation.get_attr(attribute.name)
    return lambda: getattr(tf.raw_ops, operation.type)(**arguments)


def _value(tensor, rng):
    known = constant(tensor)
    return tf.constant(rng.random(tensor.shape, np.float32) if known is None else known, tensor.dtype)


def multiply_adds(operation):
    """Returns the multiply-adds of a convolution; 0 of all else."""
    kind, shapes = operation.type, [tuple(x.shape) for x in operation.inputs]
    depthwise = kind.startswith("DepthwiseConv2dNative")
    if not depthwise and kind not in CONVOLUTIONS:
        return 0
    outputs = shapes[2] if kind.endswith(("Input", "Filter")) else tuple(operation.outputs[0].shape)
    kernel = tuple(operation.outputs[0].shape) if kind.endswith("Filter") else shapes[1]
    return int(np.prod(outputs)) * int(np.prod(kernel[:2] if depthwise else kernel[:3]))


def moved(operation):
    """Returns the bytes of inputs and outputs."""
    tensors = [*operation.inputs, *operation.outputs]
    return sum(int(np.prod(x.shape)) * x.dtype.size for x in tensors if x.shape.is_fully_defined())


def measure(graph, repeats, smallest):
    """Returns {kind: [seconds, number, multiply-adds, bytes]} of a step's operations, and the kinds left out."""
    kinds, left_out = collections.defaultdict(lambda: np.zeros(4)), set()
    for (kind, shapes, _), operations in grouped(graph).items():
        if sum(int(np.prod(shape)) for shape in shapes) < smallest:
            continue
        first, count = operations[0], len(operations)
        try:
            seconds = seconds_of(alone(first), repeats)
        except TypeError:  # of a few, Python calls the arguments otherwise than the graph does
            left_out.add(kind)
            continue
        kinds[kind] += np.array([seconds, 1, multiply_adds(first), moved(first)]) * count
    return kinds, left_out


def main(_):
    """Prints the table."""
    make_repeatable()
    config = cli.load_config()
    model, batch = keras_step.build_model(config), keras_step.synthetic_batch(config)
    step = tf.function(model.train_step)
    whole = seconds_of(lambda: step(batch), FLAGS.repeats)
    kinds, left_out = measure(step.get_concrete_function(batch).graph, FLAGS.repeats, FLAGS.smallest)
    total = sum(values[0] for values in kinds.values())
    print(f"{config.name}, batch {config.train.batch}, patch {config.train.patch}: processor seconds a step")
    print(f"{'operation':<40} {'CPU s':>8} {'share':>6} {'number':>7} {'GFLOP/s':>8} {'GB/s':>6}")
    for kind, (seconds, number, adds, size) in sorted(kinds.items(), key=lambda item: -item[1][0]):
        if seconds >= 0.005 * total:
            rate = f"{2e-9 * adds / seconds:8.0f}" if adds else " " * 8
            print(f"{kind:<40} {seconds:8.4f} {seconds / total:6.0%} {number:7.0f} {rate} {1e-9 * size / seconds:6.1f}")
    print(f"{'sum':<40} {total:8.4f}\n{'whole step':<40} {whole:8.4f}")
    print(f"left out: {', '.join(sorted(left_out)) or 'none'}")


if __name__ == "__main__":
    cli.run(define_flags, main)
