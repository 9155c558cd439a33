"""Validation during training: reconstruction of the validation cubes, numbers and pictures for TensorBoard."""

from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from ml_collections import ConfigDict

from hsgan.evaluate.harness import evaluate
from hsgan.metrics.columns import ROUND_TRIP
from hsgan.metrics.protocols import seed
from hsgan.networks.base import ReconstructionNetwork
from hsgan.plot import figures
from hsgan.reconstruct.models import NetworkMethod
from hsgan.records.manifest import Manifest
from hsgan.records.reader import iterate_cubes
from hsgan.spectra.srf import SrfDictionary

METRICS = (*seed.columns, *ROUND_TRIP)


class Validator:
    """Evaluates a network on the validation cubes, each projected with the test camera.

    The camera is unknown to it unless `config.cameras.known`.

    Calling it with the step gives the means over scenes of `METRICS` and "srf_error", as
    `hsgan.evaluate.harness.evaluate` defines them, and writes them and pictures of the first scene to TensorBoard.

    Args:
      config: the configuration.
      cubes: manifest of the cube records.
      network: whose weights of the moment are evaluated.
      dictionary: the cameras.
      camera: name of the test camera.
      writer: TensorBoard writer, or None.
    """

    def __init__(
        self,
        config: ConfigDict,
        cubes: Manifest,
        network: ReconstructionNetwork,
        dictionary: SrfDictionary,
        camera: str,
        writer: tf.summary.SummaryWriter | None = None,
    ):
        # Made once: its graphs serve every validation.
        self.method = NetworkMethod(network, config.model)
        self.dictionary, self.camera = dictionary, camera
        self.srf = dictionary.srf(camera)
        self.cubes, self.split = cubes.directory, config.data.validation_split
        self.known = config.cameras.known
        self.writer = writer

    def __call__(self, step: int) -> dict[str, float]:
        self.shown = None
        results = evaluate(
            [self.method],
            iterate_cubes(self.cubes, self.split),
            self.camera,
            self.srf,
            estimator=None if self.known else self.method,
            protocol=seed.name,
            on_scene=self.keep_first,
        )
        means = results["methods"][self.method.name]["mean"]
        means = {name: means[name] for name in METRICS}
        if not self.known:
            means["srf_error"] = results["srf"]["error"]
        if self.writer is not None:
            with self.writer.as_default(step):
                for name, value in means.items():
                    tf.summary.scalar(f"validation/{name}", value)
                self.write_pictures(*self.shown)
        return means

    def keep_first(self, *scene: Any) -> None:
        """Keeps what `hsgan.evaluate.harness.evaluate` tells of the first scene, for the pictures."""
        self.shown = self.shown or scene

    def write_pictures(
        self, scene: str, truth: np.ndarray, rgb: np.ndarray, cubes: dict[str, np.ndarray], srf: np.ndarray
    ) -> None:
        """Writes error maps, spectra of marked pixels (with the pseudo-RGB) and the SRF of one scene to TensorBoard."""
        wavelengths_nm = self.dictionary.wavelengths_nm
        drawn = {
            "error_maps": figures.error_maps(scene, truth, cubes, wavelengths_nm),
            "spectra": figures.spectra(scene, truth, cubes, wavelengths_nm),
            "srf": figures.srf_curves(self.camera, self.srf, {scene: srf}, wavelengths_nm),
        }
        for name, figure in drawn.items():
            tf.summary.image(f"validation/{name}", pixels(figure)[None])


def pixels(figure: Figure) -> np.ndarray:
    """Returns a matplotlib figure as uint8 [height, width, 4]."""
    figure.set_dpi(80)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())
