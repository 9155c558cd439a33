"""What the camera is worth, in decibels: the true one, the mean of the measured, and that of a color matrix alone.

  python benchmarks/cameras.py --data=records/cave --cameras=camspec_database.txt [--left_out=NAME,NAME,...]

Each camera is left out of the dictionary in turn. Validation cubes are projected through it and estimated by the
mixture prior, which is fitted to the training cubes and to measured materials, three times: told the camera itself,
the mean of the others, and what `hsgan.spectra.color_matrix` makes of its color matrix and the others. The matrix is
made as a maker would: from the camera's curves and the 24 patches of ISO 17321-1 in D65, rounded to four decimals.
"""

import numpy as np
from absl import flags
from rich.console import Console
from rich.table import Table

from hsgan import cli
from hsgan.config import default_config, presets
from hsgan.metrics.protocols import average, quick
from hsgan.prior.fit import fit_prior
from hsgan.reconstruct.methods import Knowledge, closed_forms
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.spectra import color_matrix, srf

FLAGS = flags.FLAGS
LEFT_OUT = ("Nikon D700", "Canon 60D", "Nokia N900", "Phase One", "Olympus E-PL2", "SONY NEX-5N")


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("data", None, "Folder of cube records (tfrecords_tools.build_hsi).", required=True)
    flags.DEFINE_string("cameras", None, "Dictionary of measured cameras: a camspec_database.txt.", required=True)
    flags.DEFINE_list("left_out", list(LEFT_OUT), "Cameras to leave out in turn.")


def measure(scenes, camera, told, method):
    """Returns the mean metrics over scenes, {name: cube}, seen through a camera and estimated with another."""
    return average(
        {name: quick(cube, method.cube((cube @ camera.T).astype(np.float32), told)) for name, cube in scenes.items()}
    )


def main(_):
    scenes = dict(iterate_cubes(FLAGS.data, "validation"))
    wavelengths_nm = np.array(read_manifest(FLAGS.data).wavelengths_nm, np.float32)
    dictionary = srf.load(FLAGS.cameras, wavelengths_nm)
    config = default_config()
    presets.one_brightness(config)
    prior = fit_prior(wavelengths_nm, config.prior, FLAGS.data, brightness=config.data.brightness)
    knowledge = Knowledge(prior.moments, prior=prior, brightness=config.data.brightness)
    (method,) = closed_forms(dictionary, knowledge, ["mixture"])
    table, lost = Table(title=f"{len(scenes)} scenes, PSNR dB / lit SAM °"), []
    for heading in ("camera", "told", "mean of the others", "from its matrix", "lost by mean", "lost by matrix"):
        table.add_column(heading, justify="left" if heading == "camera" else "right")
    for name in FLAGS.left_out:
        camera, others = dictionary.srf(name), dictionary.without([name])
        told = (
            camera,
            others.responses.mean(axis=0),
            color_matrix.estimate(color_matrix.of_chart(camera, wavelengths_nm), others),
        )
        rows = [measure(scenes, camera, srf_told, method) for srf_told in told]
        psnr = np.array([row["psnr"] for row in rows])
        lost.append(psnr[0] - psnr[1:])
        cells = [f"{row['psnr']:.2f} / {row['sam_lit_deg']:.2f}" for row in rows]
        table.add_row(name, *cells, *(f"{value:.2f}" for value in lost[-1]))
    table.add_row("mean", "", "", "", *(f"{value:.2f}" for value in np.mean(lost, axis=0)))
    Console(width=120).print(table)


if __name__ == "__main__":
    cli.run(define_flags, main)
