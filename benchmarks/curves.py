"""How validation went, step by step, in one or several runs: a picture of some of its measures.

  python benchmarks/curves.py --runs=runs/learned,runs/cave_camvid --output=curves.png
                              [--metrics=psnr,sam_lit_deg,round_trip_rmse,srf_error]

Each measure has a panel, and each run a line of the same color in all of them. TensorBoard shows the same and all
losses beside (`tensorboard --logdir=RUN/logs`); this is for a page.
"""

from pathlib import Path

from absl import flags
from matplotlib.figure import Figure

from hsgan import cli
from hsgan.errors import RunError
from hsgan.metrics import columns
from hsgan.plot import figures
from hsgan.run.folder import RunFolder

FLAGS = flags.FLAGS
METRICS = ("psnr", "sam_lit_deg", "round_trip_rmse", "srf_error")


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_list("runs", None, "Run folders of hsgan.train.", required=True)
    flags.DEFINE_list("metrics", list(METRICS), "Measures of the validation, as history.jsonl has them.")
    flags.DEFINE_string("output", None, "Picture to write, PNG.", required=True)


def curves(histories, metrics):
    """Returns the figure of {run: [{"step", metric: value}]}."""
    figure = Figure(figsize=(3.1 * len(metrics), 3.1), layout="constrained")
    for axis, metric in zip(figure.subplots(1, len(metrics), squeeze=False)[0], metrics, strict=True):
        for number, (run, records) in enumerate(histories.items()):
            steps, values = zip(*((record["step"], record[metric]) for record in records), strict=True)
            color = figures.METHOD_COLORS[number % len(figures.METHOD_COLORS)]
            axis.plot(steps, values, color=color, linewidth=1.4, marker=".", label=run)
        title = columns.COLUMNS[metric].heading if metric in columns.COLUMNS else metric.replace("_", " ")
        axis.set(title=title, xlabel="step")
        axis.grid(alpha=0.25)
    if len(histories) > 1:
        figure.legend(
            *axis.get_legend_handles_labels(), loc="outside lower center", ncols=len(histories), frameon=False
        )
    return figure


def main(_):
    histories = {}
    for path in FLAGS.runs:
        records = RunFolder.open(path).history()
        missing = sorted({metric for metric in FLAGS.metrics for record in records if metric not in record})
        if not records or missing:
            raise RunError(f"{path}: has no validation, or none of {', '.join(missing or FLAGS.metrics)}")
        histories[Path(path).name] = records
    print(figures.save(curves(histories, FLAGS.metrics), Path(FLAGS.output)))


if __name__ == "__main__":
    cli.run(define_flags, main)
