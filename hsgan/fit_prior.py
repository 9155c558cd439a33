"""Fits the prior of spectra of a run that has none: `python -m hsgan.fit_prior --run=DIR [--data=RECORDS]`.

A training fits its own. This is for older runs: with the prior in their folder (prior.npz), the method `mixture`
stands beside the others in their evaluations.
"""

from absl import flags

from hsgan import cli

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags of this program."""
    flags.DEFINE_string("run", None, "Run folder of hsgan.train.", required=True)
    flags.DEFINE_string("data", "", "Folder of the cube records that it was trained on; default: where they were then.")


def main(_: list[str]) -> None:
    from hsgan.data import sources
    from hsgan.prior.fit import fit_run
    from hsgan.records.manifest import read_manifest
    from hsgan.run.folder import RunFolder

    folder = RunFolder.open(FLAGS.run)
    prior = folder.prior()
    if prior is not None:
        print(f"{folder.path}: keeps a prior already: {prior.source}")
        return
    cameras = folder.training_dictionary()
    directory = FLAGS.data or sources.folder(folder.config, "cubes")
    read_manifest(directory).check_wavelengths(cameras.wavelengths_nm)
    prior = fit_run(folder.config.prior, directory, cameras, folder.config.data.brightness)
    folder.save_prior(prior)
    print(f"{folder.path}: {prior.source}; its deviations are multiplied by {prior.temperature:.2f}")


if __name__ == "__main__":
    cli.run(define_flags, main)
