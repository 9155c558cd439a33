"""What the papers' trainings would take on 1, 8 and 64 GPUs: a calculation, not a measurement.

  python benchmarks/cluster_budget.py [--tflops=10] [--link_gbit=100] [--disk_gb=2] [--gpus=1,8,64]

Counted from the graphs of the networks and from the sizes of the records: arithmetic of a step (twice the multiply-adds
of the forward passes; a backward pass counts as two forward ones), bytes that an exchange of all gradients moves, bytes
that are read. Supposed, and to be replaced by what your machines do: what one GPU sustains on these networks, the link
between machines of 8 GPUs, and what one machine reads. A step takes the longest of the three: they overlap.

A batch of more GPUs than samples is enlarged to one sample a GPU and fewer steps, so that as many patches are seen.
The semantic branch, optimizers, evaluation, validation, start-up, and the latency of an exchange are left out.
"""

import tensorflow as tf
from absl import flags

from hsgan import cli
from hsgan import config as config_lib
from hsgan.networks import cost
from hsgan.networks.build import build_network
from hsgan.networks.discriminator import build_discriminator
from hsgan.networks.hrnet import build_hrnet
from hsgan.spectra import srf as srf_lib

FLAGS = flags.FLAGS
BANDS, MACHINE = 31, 8
# {configuration: (height, width) of its cubes}, as published.
TRAININGS = {
    "icvl_pascal_context": (1392, 1300),
    "ntire2020_pascal_context": (482, 512),
    "agdnet_ntire2020": (482, 512),
}
PHOTO_BYTES, CLASSES = 120e3, 59  # of a JPEG of PASCAL-Context, about; its classes


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_float("tflops", 10.0, "Supposed: TFLOP/s that a GPU sustains.", lower_bound=1e-3)
    flags.DEFINE_float("link_gbit", 100.0, "Supposed: Gbit/s between machines.", lower_bound=1e-3)
    flags.DEFINE_float("disk_gb", 2.0, "Supposed: GB/s that a machine reads.", lower_bound=1e-3)
    flags.DEFINE_list("gpus", ["1", "8", "64"], "Numbers of GPUs.")


def counted(config, size):
    """Returns (multiply-adds of a sample's step, bytes of all trained weights, bytes read for a sample)."""
    dictionary, patch = srf_lib.load("default", config_lib.wavelengths_nm(config)), config.train.patch
    network = build_network(config, dictionary)
    # Forward, and backward by weights and by inputs.
    work = 3 * cost.multiply_adds(network, patch, patch)
    weights = cost.parameters(network)
    read = size[0] * size[1] * BANDS * 2 / config.data.crops_per_read
    if config_lib.model_of(config).discriminator and config.loss.adversarial:
        judge = build_discriminator(config, BANDS)
        spec = tf.TensorSpec((1, patch, patch, BANDS))
        once = cost.graph_multiply_adds(tf.function(judge, autograph=False).get_concrete_function(spec).graph)
        # Its own update sees a generated cube and a real one; the generator's passes through it by its inputs.
        work, weights = work + (2 * 3 + 2) * once, weights + cost.parameters(judge)
    if config_lib.wants_photos(config):
        read += PHOTO_BYTES
    if config.semantic.parser in config_lib.PARSERS and config_lib.model_of(config).semantic:
        work += cost.multiply_adds(build_hrnet(config.semantic.parser, CLASSES), *(config.data.rgb_crop,) * 2)
    return work, 4 * weights, read


def seconds(gpus, batch, work, weights, read):
    """Returns {what: seconds a step} of each of what a step consists of."""
    machines = -(-gpus // MACHINE)
    found = {"arithmetic": 2 * work * batch / gpus / (FLAGS.tflops * 1e12)}
    # A ring moves nearly twice the gradients through every link.
    found["exchange"] = 2 * weights * (machines - 1) / machines * 8 / (FLAGS.link_gbit * 1e9)
    found["reading"] = read * batch / machines / (FLAGS.disk_gb * 1e9)
    return found


def main(_):
    """Prints the table."""
    print(
        f"supposed: {FLAGS.tflops:g} TFLOP/s a GPU, {FLAGS.link_gbit:g} Gbit/s between machines of {MACHINE}, "
        f"{FLAGS.disk_gb:g} GB/s read by each\n"
    )
    for name, size in TRAININGS.items():
        config = config_lib.load(name)
        work, weights, read = counted(config, size)
        print(
            f"{name}: batch {config.train.batch}, {config.train.steps} steps; a sample's step "
            f"{2 * work / 1e12:.3f} TFLOP, {read / 1e6:.1f} MB read; gradients {weights / 1e6:.1f} MB\n"
            f"{'GPUs':>6}{'batch':>7}{'steps':>8}{'arithmetic s':>14}{'exchange s':>12}{'reading s':>11}{'hours':>8}"
            "  bound by"
        )
        for gpus in map(int, FLAGS.gpus):
            batch = -(-max(config.train.batch, gpus) // gpus) * gpus
            steps = round(config.train.steps * config.train.batch / batch)
            found = seconds(gpus, batch, work, weights, read)
            bound = max(found, key=found.get)
            parts = f"{found['arithmetic']:14.4f}{found['exchange']:12.5f}{found['reading']:11.4f}"
            print(f"{gpus:6}{batch:7}{steps:8}{parts}{steps * found[bound] / 3600:8.2f}  {bound}")
        print()


if __name__ == "__main__":
    cli.run(define_flags, main)
