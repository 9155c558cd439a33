"""Photos beside true cubes of their scenes: real pairs, matched by name.

A photo `NAME.jpg` or `NAME_RGB.bmp` belongs to the cube `NAME.mat`, `NAME_ms`, `NAME_hsi.img`, ...: the names are equal
when one of `TAGS` is taken from their ends, case aside. Photo and cube have the same pixels.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.evaluate.shots import Shot
from hsgan.files import inputs, readers
from hsgan.files.cubes import open_cube
from hsgan.reconstruct.camera import Camera, choose
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.photos import read_image

TAGS = ("_rgb", "_photo", "_ms", "_hsi", "_cube", "_truth", "_spectral")
Opener = Callable[[str], xarray.DataArray]
_SAME_NM = 0.5


@dataclass(frozen=True)
class Pair:
    """A photo and the true cube of its scene.

    Attributes:
      scene: the name that both have.
      photo: path of the photo.
      truth: path of the cube: a file, or a folder of one picture a band.
    """

    scene: str
    photo: Path
    truth: Path


def find_pairs(photos: Iterable[str], truth: str | Path) -> list[Pair]:
    """Returns the pairs of photos and cubes of one name, in the order of the photos.

    Args:
      photos: files, folders and patterns.
      truth: folder of cubes: files, or folders of pictures. A cube without a photo is passed over.

    Raises:
      DataError: no such folder or photos, a photo without a cube, or two of either of one name.
    """
    cubes = cubes_in(truth)
    pairs: dict[str, Pair] = {}
    for photo in inputs.find_inputs(photos):
        scene = scene_of(photo)
        if scene not in cubes:
            raise DataError(
                f"{photo}: {truth} must hold the cube of this photo, of the same name (either may end in one of "
                f"{', '.join(TAGS)}). Received: cubes of {_some(cubes)}; narrow --photos, or rename it"
            )
        if scene in pairs:
            raise DataError(f"{photo}: {pairs[scene].photo} has the same name but for its ending; give one of them")
        pairs[scene] = Pair(scene, Path(photo), cubes[scene])
    return list(pairs.values())


def cubes_in(folder: str | Path) -> dict[str, Path]:
    """Returns {scene: cube} of a folder, by name; a cube is a file, or a folder of pictures.

    Raises:
      DataError: no such folder, or two cubes of one name.
    """
    folder = Path(folder)
    found: dict[str, Path] = {}
    with guard.reading(folder, "a folder of cubes", folder=True):
        entries = sorted(folder.iterdir())
    for path in entries:
        if (not path.is_dir() and path.suffix.lower() not in readers.SUFFIXES) or path.name.startswith("."):
            continue
        other = found.setdefault(scene_of(path), path)
        if other.with_suffix("") != path.with_suffix(""):
            raise DataError(f"{path}: {other.name} has the same name but for its ending; keep one of them in {folder}")
    return found


def scene_of(path: str | Path) -> str:
    """Returns the name of the scene that a file's or folder's name tells."""
    stem = Path(path).stem.lower()
    return next((stem.removesuffix(tag) for tag in TAGS if stem.endswith(tag) and stem != tag), stem)


def read_pair(
    pair: Pair, method: Method, wish: str = "", encoding: str = "srgb", opened: Opener = open_cube
) -> tuple[np.ndarray, np.ndarray, Camera]:
    """Reads a pair.

    Args:
      pair: which.
      method: whose bands the truth is compared at, and which supposes a camera where there is no evidence.
      wish: the camera, as for `hsgan.reconstruct.camera.choose`.
      encoding: of the photo, as for `hsgan.files.photos.read_photo`.
      opened: opens a cube.

    Returns:
      (image float32 [height, width, 3], truth float32 [height, width, bands], `Camera`).

    Raises:
      DataError: either cannot be read, they have other sizes, or the cube lacks a band of the method's.
    """
    image, _, origin = read_image(pair.photo, encoding)
    rgb = np.ascontiguousarray(image[: image.shape[0], : image.shape[1]], np.float32)
    return rgb, truth_of(pair, rgb, method, opened), choose(wish, method, rgb, origin)


def truth_of(pair: Pair, rgb: np.ndarray, method: Method, opened: Opener = open_cube) -> np.ndarray:
    """Returns the true cube float32 [height, width, bands] at a method's bands; arguments and errors as `read_pair`."""
    cube = opened(str(pair.truth))
    if cube.shape[:2] != rgb.shape[:2]:
        sizes = (" x ".join(map(str, shape[:2])) for shape in (cube.shape, rgb.shape))
        raise DataError(f"{pair.photo}: must have the pixels of {pair.truth}, {next(sizes)}. Received: {next(sizes)}")
    there = cube["wavelength"].values
    nearest = np.abs(there[None] - method.wavelengths_nm[:, None]).argmin(axis=1)
    if np.abs(there[nearest] - method.wavelengths_nm).max() > _SAME_NM:
        first, last = method.wavelengths_nm[[0, -1]]
        raise DataError(
            f"{pair.truth}: must have the model's {method.bands} bands, {first:g}-{last:g} nm. Received: {len(there)} "
            f"bands, {there[0]:g}-{there[-1]:g} nm"
        )
    return cube.isel(wavelength=nearest).values.astype(np.float32)


class PhotoShots:
    """The shots of pairs; `facts` tells of those that were read.

    Args:
      pairs: of `find_pairs`.
      method: as for `read_pair`, and so are the others.
      wish: the camera.
      encoding: of the photos.
      opened: opens a cube.

    Attributes:
      facts: {scene: {"photo", "truth", "camera", "camera_source"}}.
    """

    def __init__(
        self, pairs: Iterable[Pair], method: Method, wish: str = "", encoding: str = "srgb", opened: Opener = open_cube
    ):
        self.pairs, self.arguments = list(pairs), (method, wish, encoding, opened)
        self.facts: dict[str, Mapping[str, str]] = {}

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[Shot]:
        for pair in self.pairs:
            rgb, truth, camera = read_pair(pair, *self.arguments)
            self.facts[pair.scene] = {"photo": str(pair.photo), "truth": str(pair.truth), **camera.facts}
            yield Shot(pair.scene, truth, rgb, camera.srf)

    @property
    def camera(self) -> str:
        """Name of the camera of all that were read, or how many there were."""
        names = dict.fromkeys(facts["camera"] for facts in self.facts.values())
        return next(iter(names)) if len(names) == 1 else f"{len(names)} cameras"


def _some(cubes: Mapping[str, Path], most: int = 5) -> str:
    names = list(cubes)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "") or "nothing"
