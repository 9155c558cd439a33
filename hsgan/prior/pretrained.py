"""The weights that come with the package: priors fitted once, each with a card that says what it is.

They lie in `saved_models/`, which is installed as the package `hsgan.saved_models`: NAME.npz is the prior
(`hsgan.prior.mixture.MixturePrior`), NAME.json its card, and NAME.md the card as a page. `python -m hsgan.pretrained`
makes all three.
"""

from dataclasses import dataclass, field
from pathlib import Path

from hsgan.disk import checksums, guard
from hsgan.disk.plain import read_json
from hsgan.errors import RunError
from hsgan.prior.mixture import MixturePrior

CAVE_AND_MATERIALS, MATERIALS_ALONE = "cave_and_materials", "materials"
NAMES = (CAVE_AND_MATERIALS, MATERIALS_ALONE)
DEFAULT = CAVE_AND_MATERIALS
SCHEMA = 1
_PACKAGE = Path(__file__).parents[1]
# Where it is installed, and where it is in a checkout.
FOLDERS = (_PACKAGE / "saved_models", _PACKAGE.parent / "saved_models")
_INCOMPLETE = "the installation is incomplete: install the package again, or give --run=DIR, a folder of hsgan.train"


@dataclass(frozen=True)
class Card:
    """What a user should know of pretrained weights.

    Attributes:
      name: of the weights.
      title: one line about what they are.
      terms: on which they may be used, one line.
      data: {kind: {"source", "note", ...}} of what they were fitted to, as a run's provenance.
      settings: of the fit, {name: value}.
      how: of the measurement, in words.
      measured: rows {"photo", "read_as", metric: value}.
      not_for: what they must not be used for, sentences.
      sha256: of the weights' file.
      versions: of the packages that they were made with.
    """

    name: str
    title: str
    terms: str
    data: dict
    settings: dict
    how: str
    measured: list
    not_for: list
    sha256: str
    versions: dict = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Pretrained:
    """Weights of the package.

    Attributes:
      prior: the mixture.
      card: about it.
    """

    prior: MixturePrior
    card: Card


def paths(name: str, folder: Path) -> tuple[Path, Path, Path]:
    """Returns the paths of the weights, of the card, and of the card as a page."""
    return folder / f"{name}.npz", folder / f"{name}.json", folder / f"{name}.md"


def card(name: str = DEFAULT) -> Card:
    """Returns the card of the weights `name`.

    Raises:
      RunError: no such weights; they are not where they should be, or the card is damaged.
    """
    return read_card(_found(name)[1])


def load(name: str = DEFAULT) -> Pretrained:
    """Returns the weights `name`, of `NAMES`.

    Raises:
      RunError: no such weights; they are not where they should be, or are damaged.
    """
    weights, about, _ = _found(name)
    found = read_card(about)
    with guard.reading(weights, "weights of the package", RunError):
        if checksums.of_file(weights) != found.sha256:
            raise RunError(f"{weights}: is damaged: its checksum is not that of its card; {_INCOMPLETE}")
        return Pretrained(MixturePrior.open(weights), found)


def _found(name):
    """Returns the paths of weights that are there."""
    if name not in NAMES:
        raise RunError(f"model: must be one of {', '.join(NAMES)}. Received: {name!r}")
    for folder in FOLDERS:
        found = paths(name, folder)
        if all(path.is_file() for path in found[:2]):
            return found
    raise RunError(f"{FOLDERS[0] / name}.npz: the weights of the package are missing; {_INCOMPLETE}")


def read_card(path: Path) -> Card:
    """Returns a card from its file; raises `RunError` for one that is damaged or of another version."""
    with guard.reading(path, "a card of weights", RunError):
        values = dict(read_json(path, error=RunError))
        if values.pop("schema", None) != SCHEMA:
            raise RunError(f"{path}: is a card of another version; {_INCOMPLETE}")
        return Card(**values)
