"""Seconds of a training step, beside the same step in PyTorch, and whether the input pipeline keeps up.

  python benchmarks/training_step.py [--config=configs/demo.py] [--rows=ROW,...] [--rounds=5] [--calls=3]

Every row trains in a process of its own on one synthetic batch. The processes take turns, a few steps each, so that
what else the machine does meets all of them alike; numbers are medians over the rounds. A row is

- `float32` or `mixed_bfloat16`: the step of this package, with a scene parser of random weights; `/free` is without
  TensorFlow's op determinism and sums in a fixed order, which training has;
- `torch`: the step in PyTorch (`torch_step.py`, float32) of the same sizes; its networks must have as many parameters.
  `/channels_last` is the other layout in memory. Needs `hsgan[torch]`;

and behind it, optionally, `@` and settings of the process's environment: names of `SETTINGS` or VARIABLE=VALUE, joined
by `+`, e.g. `float32@malloc` or `float32@LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2`.

"CPU s" are seconds of all processors together, "kernel" the share of them that the system took, "cores" how many were
busy. "peak MiB" is that of the whole process. "x wall" and "x CPU" are the medians of the ratios to the first row,
round by round.

`--parts`: shares of the parts of the package's steps, each compiled alone, with its gradients: "generator" is the
`HSGANNet`, "discriminator" its own update and the generator's adversarial term, "semantic" parser and branch; what is
left are the other losses, the optimizers and the weight average. `--pipeline`: `pipelines.unpaired` of the same
configuration on the demo records, alone; it should give at least 5 times what the steps take.
"""

import multiprocessing
import statistics

import side_by_side
from absl import flags

from hsgan import cli
from hsgan.errors import UsageError

FLAGS = flags.FLAGS
GIB = 1 << 30
PARTS = ("generator", "discriminator", "semantic")
SETTINGS = {
    "malloc": {
        "MALLOC_MMAP_THRESHOLD_": str(8 * GIB),
        "MALLOC_TRIM_THRESHOLD_": str(8 * GIB),
        "MALLOC_TOP_PAD_": str(GIB // 4),
    },
    "one_arena": {"MALLOC_ARENA_MAX": "1"},
    "huge_pages": {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"},
    "onednn": {"TF_ENABLE_ONEDNN_OPTS": "1"},
    "no_onednn": {"TF_ENABLE_ONEDNN_OPTS": "0"},
}


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("config", "configs/demo.py", "The configuration whose sizes are measured.")
    flags.DEFINE_list("rows", ["float32", "float32/free", "mixed_bfloat16", "torch", "torch/channels_last"], "Rows.")
    flags.DEFINE_integer("rounds", 5, "Turns of every row.", lower_bound=1)
    flags.DEFINE_integer("calls", 3, "Steps a turn.", lower_bound=1)
    flags.DEFINE_bool("parts", False, "Measure the parts of the package's steps too.")
    flags.DEFINE_bool("pipeline", False, "Measure the input pipeline too (makes the demo set on first use).")
    flags.DEFINE_float("seconds", 5.0, "Measuring time of the pipeline.")


def environment_of(text):
    """Returns {variable: value} of what stands behind the `@` of a row."""
    found = {}
    for part in filter(None, text.split("+")):
        name, equals, value = part.partition("=")
        if not equals and name not in SETTINGS:
            raise UsageError(f"--rows: @ takes {', '.join(SETTINGS)} or VARIABLE=VALUE. Received: {part!r}")
        found |= {name: value} if equals else SETTINGS[name]
    return found


def begin(label, path, facts):
    """Returns the `side_by_side.Row` of a label."""
    name, _, settings = label.partition("@")
    name, _, option = name.partition("/")
    options = {"torch": ("", "channels_last"), "float32": ("", "free"), "mixed_bfloat16": ("", "free")}
    if option not in options.get(name, ()):
        raise UsageError("--rows: a row is float32[/free], mixed_bfloat16[/free] or torch[/channels_last]. "
                         f"Received: {label!r}")  # fmt: skip
    environment = environment_of(settings)
    if name == "torch":
        if facts is None:
            raise UsageError("--rows: a row of this package goes before torch, which takes its sizes")
        return side_by_side.Row("torch_step", (path, facts, option == "channels_last"), environment)
    return side_by_side.Row("keras_step", (path, name, not option), environment)


def begin_all(labels, path):
    """Returns {label: `side_by_side.Row`}; all with as many parameters as the first."""
    rows, facts = {}, None
    for label in labels:
        row = rows[label] = begin(label, path, facts)
        facts = facts or row.facts
        if row.facts["parameters"] != facts["parameters"]:
            raise ValueError(f"{label}: has {row.facts['parameters']} parameters, not {facts['parameters']}")
    counts = ", ".join(f"{name} {count:,}" for name, count in facts["parameters"].items())
    print(f"trained parameters, alike in all rows: {counts}\n")
    return rows


def ratio(samples, first, attribute):
    """Returns the median over the rounds of how many times the first row's seconds a row takes."""
    pairs = zip(samples, first, strict=True)
    return statistics.median(getattr(mine, attribute) / getattr(its, attribute) for mine, its in pairs)


def print_steps(rows):
    """Prints the table of the whole steps."""
    samples = side_by_side.timed(rows, "step", FLAGS.rounds, FLAGS.calls)
    first, width = next(iter(samples.values())), max(30, *map(len, rows))
    columns = ("wall s", "CPU s", "kernel", "cores", "peak MiB", "x wall", "x CPU")
    print(f"{'':{width}}" + "".join(f"{column:>10}" for column in columns))
    for label, found in samples.items():
        wall, processor, kernel = (
            statistics.median(getattr(sample, name) for sample in found) for name in ("wall", "processor", "kernel")
        )
        print(f"{label:{width}}{wall:10.3f}{processor:10.3f}{kernel / processor:10.1%}{processor / wall:10.2f}"
              f"{rows[label].peak():10.0f}{ratio(found, first, 'wall'):10.2f}"
              f"{ratio(found, first, 'processor'):10.2f}", flush=True)  # fmt: skip


def print_parts(rows):
    """Prints which share of the processor's seconds each part of the package's steps takes."""
    ours = {label: row for label, row in rows.items() if not label.startswith("torch")}
    names = [name for name in PARTS if name in next(iter(ours.values())).facts["parts"]]
    print("\n" + f"{'share of CPU s':30}" + "".join(f"{name:>15}" for name in [*names, "rest"]))
    for label, row in ours.items():
        medians = {}
        for name in ("step", *names):
            found = side_by_side.timed({label: row}, name, FLAGS.rounds, FLAGS.calls)[label]
            medians[name] = statistics.median(sample.processor for sample in found)
        shares = [medians[name] / medians["step"] for name in names]
        print(f"{label:30}" + "".join(f"{share:15.0%}" for share in [*shares, 1 - sum(shares)]), flush=True)


def pipeline_rate(path, seconds):
    """Returns the patches a second of the input pipeline; in a process of its own."""
    cli.import_tensorflow()
    import input_pipeline

    from hsgan import config as config_lib
    from hsgan.data import pipelines, sources
    from hsgan.repeatable import make_repeatable

    make_repeatable()
    config = config_lib.load(path)
    config.data.cubes = config.data.rgb = "demo"
    opened = sources.open_sources(config)
    stream = pipelines.unpaired(config, opened.cubes, opened.photos)
    return input_pipeline.rate(stream, config.train.batch, seconds)


@cli.without_tensorflow  # each row imports what it needs in its own process
def main(_):
    """Prints the tables."""
    rows = begin_all(FLAGS.rows, FLAGS.config)
    print_steps(rows)
    if FLAGS.parts:
        print_parts(rows)
    for row in rows.values():
        row.end()
    if FLAGS.pipeline:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            patches = pool.apply(pipeline_rate, (FLAGS.config, FLAGS.seconds))
        print(f"\npipeline: {patches:.0f} patches/s")


if __name__ == "__main__":
    cli.run(define_flags, main)
