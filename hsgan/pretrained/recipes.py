"""What each set of pretrained weights is made of, and how. The recipes were chosen on scenes left out in turn."""

from dataclasses import dataclass, field

from ml_collections import ConfigDict

from hsgan import config as config_lib
from hsgan.prior.pretrained import CAVE_AND_MATERIALS, MATERIALS_ALONE
from hsgan.records.manifest import Manifest

MATERIALS_NOTE = "Color charts and the test samples of CIE 224:2017, as colour-science ships them (BSD-3-Clause)"
NOT_FOR = (
    "Measurements: 28 of 31 bands are inferred from three, and metamers cannot be told apart by any method.",
    "Decisions about people, health, food, authenticity or safety.",
    "Light beyond 400-700 nm, or light of narrow lines (lasers, some lamps).",
)
_OF_ROOMS = "Outdoor scenes without a check of your own: the cubes are of objects in a laboratory."


@dataclass(frozen=True)
class Recipe:
    """How weights are made.

    Attributes:
      title: "{components}" and "{scenes}" are filled in.
      terms: on which they may be used.
      cubes: whether cubes are fitted, beside materials.
      settings: changes of `config.prior`.
      brightness: that cubes are brought to before the fit, and photos before the estimate.
      not_for: beside `NOT_FOR`.
    """

    title: str
    terms: str
    cubes: bool
    settings: dict = field(default_factory=dict)
    not_for: tuple = ()
    brightness: float = 0.5

    @property
    def values(self) -> ConfigDict:
        """`config.prior` with the recipe's settings."""
        values = config_lib.default_config().prior
        values.update(self.settings)
        return values

    def data(self, cubes: Manifest) -> dict:
        """Returns {kind: {"source", "note"}} of what is fitted, as runs have it.

        Args:
          cubes: the manifest of the cube records.
        """
        found = {"materials": {"source": "colour-science", "note": MATERIALS_NOTE}}
        if self.cubes:
            found = {"cubes": {"source": cubes.source, "note": cubes.note}} | found
        return found


RECIPES = {
    CAVE_AND_MATERIALS: Recipe(
        "Mixture of {components} Gaussians, spectra of {scenes} scenes and of measured materials",
        "fitted to scenes of CAVE (Yasuma et al. 2010), which is for research: use it for research, and cite CAVE; for "
        "other uses take --model=materials",
        cubes=True,
        settings={"components": 64, "exposure": 0.5},
        not_for=("Commercial use: the terms of CAVE do not grant it.", _OF_ROOMS),
    ),
    MATERIALS_ALONE: Recipe(
        "Mixture of {components} Gaussians, spectra of measured materials alone",
        "fitted to materials of colour-science (BSD-3-Clause) alone: free of any data set's terms",
        cubes=False,
        settings={"components": 64},
        not_for=("Dark parts of a photo: without cubes their spectra are the least certain.",),
    ),
}
