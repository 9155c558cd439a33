"""What one visitor of the page works on: a photo, its cube, a reference, marked places. Knows nothing of the page."""

import difflib
import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

import hsgan
from hsgan.app.bounds import Limits
from hsgan.app.hand import Position
from hsgan.app.sample import write_sample
from hsgan.app.uploads import CUBE_SUFFIXES, is_cube, main_file, safe_name, short_names
from hsgan.app.work import Report
from hsgan.disk.private import private_folder
from hsgan.disk.whole import Scratch
from hsgan.errors import DataError
from hsgan.files import cameras
from hsgan.files.evidence import read_origin
from hsgan.files.libraries import write_library
from hsgan.files.origin import Origin
from hsgan.files.photos import is_raw, read_codes, to_linear
from hsgan.files.stored import Choice
from hsgan.metrics.coverage import interval
from hsgan.plot import numbers
from hsgan.plot.comparison import NO_SCALE, compare
from hsgan.plot.places import Place
from hsgan.plot.rendering import peak_of
from hsgan.plot.view import CubeView, as_bytes
from hsgan.reconstruct import reflectance
from hsgan.reconstruct.api import Reconstructor
from hsgan.reconstruct.camera import ESTIMATE
from hsgan.spectra import developed
from hsgan.spectra.imaging import srgb_encode

# Side of what the page shows, pixels; the cube keeps its own size.
SHOWN_SIDE = 900
JPEG_QUALITY = 93
SAMPLE_NM = np.arange(400, 701, 10, dtype=np.float32)  # where no model says which bands
_SMALLEST_SCALE = 1e-3  # of a map: below it equal cubes would show their rounding
# What can be chosen in place of a camera.
WISHES = {"Developed picture (sRGB)": developed.NAME, "Estimated from the image": ESTIMATE}
MAP_COLORS = {"Error": "magma", "Angle": "viridis"}
# Of a place: its mean [bands], that of the reference, and the (lower, upper end) of what is shaded.
Spectrum = tuple[Place, np.ndarray, np.ndarray | None, tuple[np.ndarray, np.ndarray] | None]


@dataclass(frozen=True)
class Picture:
    """What the page shows.

    Attributes:
      jpeg: bytes of the file. height, width: its pixels. step: pixels of the cube a pixel. top: of a map's color scale.
    """

    jpeg: bytes
    height: int
    width: int
    step: int
    top: float = 0.0


class Session:
    """One visitor's work. All methods block; those with `report` take long (`hsgan.app.work.Job`).

    Attributes:
      model: `hsgan.Reconstructor`, or None where only cubes can be opened.
      folder: the visitor's own files, removed by `close`.
      photo: the photo, float32 [height, width, 3], linear, or None. name: of the photo or cube.
      origin: what the photo's file says of its camera, or None.
      view: `CubeView` of the cube, or None. reference: that of the reference, or None.
      numbers: the comparison's, {metric: value}.
      marks: places whose spectra are shown.
      cameras: {name to choose: what `hsgan.Reconstructor.reconstruct` takes}; those of the visitor's files are added.
      uncertain: whether cubes have the deviations of their values, of a model that gives them.
      choice: `hsgan.files.stored.Choice`, what was said of cubes' files that do not say it themselves.
      scale: of the comparison, in `hsgan.plot.comparison.SCALES`.
    """

    def __init__(
        self,
        model: Reconstructor | None,
        limits: Limits,
        uncertain: bool = True,
        choice: Choice | None = None,
    ):
        self.model, self.limits, self.uncertain, self.choice = model, limits, uncertain, choice or Choice()
        # It goes with the visitor; what a killed server left goes with the next visitor of the next.
        self._scratch = Scratch(private_folder("hsgan"), "visitor")
        self.folder = self._scratch.path
        self.photo: np.ndarray | None = None
        self.origin: Origin | None = None
        self.view: CubeView | None = None
        self.name = ""
        self.reference: CubeView | None = None
        self.reference_name = ""
        self.numbers: dict[str, float] = {}
        self.marks: list[Place] = []
        self.cameras = WISHES | {name: name for name in model.cameras} if model is not None else {}
        self.scale = NO_SCALE

    @property
    def shown(self) -> CubeView:
        """The cube that is open.

        Raises:
          DataError: there is none.
        """
        if self.view is None:
            raise DataError("cube: none is open; open a photo or cube first")
        return self.view

    def close(self) -> None:
        """Removes the visitor's files."""
        self.view = self.reference = None
        self._scratch.close()

    def places_for(self, names: Sequence[str]) -> list[Path]:
        """Returns where files that a visitor calls so are kept, in a new folder."""
        folder = self._new_folder()
        return [folder / safe_name(name) for name in names]

    def _new_folder(self):
        # A new one each time: a file of a cube that is in use must not be written over.
        return Path(tempfile.mkdtemp(dir=self.folder))

    def open(
        self,
        paths: Sequence[Path],
        camera: str,
        report: Report,
        encoding: str = "srgb",
        consistent: bool = False,
    ) -> None:
        """Opens what was uploaded: a cube as it is, a photo by reconstructing it; on failure all stays as it was.

        Args:
          paths: of one photo, or of one cube's files.
          camera: in `cameras`, or "" for what the file says.
          report: see `Job`.
          encoding, consistent: of a photo, as `hsgan.Reconstructor.reconstruct`.

        Raises:
          DataError: not one photo or cube, too many pixels, a file that cannot be read; no model to reconstruct with.
        """
        path = main_file(paths)
        if is_cube(path):
            self._show(self._load(path), path.name, None)
        elif self.model is None:
            raise DataError(
                f"{path.name}: is not a cube, and for photos the page needs a model: start it without --model=none"
            )
        else:
            with short_names(path):
                codes, stored = read_codes(path, encoding, self._check_size)
                origin = read_origin(path, stored)
                about = {"photo": path.name, "encoding": "camera RAW" if is_raw(path) else stored}
            photo = np.ascontiguousarray(to_linear(codes, stored))
            self._reconstruct(photo, origin, about, camera, report, consistent)

    def reconstruct(self, camera: str, report: Report) -> None:
        """Reconstructs the photo again with another camera; "" takes what its file says."""
        about = {name: self.shown.cube.attrs[name] for name in ("photo", "encoding")}
        self._reconstruct(self.photo, self.origin, about, camera, report)

    def _check_size(self, path: str | Path, width: int, height: int) -> None:
        self.limits.check(Path(path).name, height, width)

    def _reconstruct(self, photo, origin, about, camera, report, consistent=False):
        if camera and camera not in self.cameras and camera not in WISHES.values():
            known = len(self.cameras) - len(WISHES)
            near = difflib.get_close_matches(camera, self.cameras, n=3, cutoff=0.3) or list(self.cameras)[:3]
            raise DataError(f"camera: no {camera!r} among the {known} there are; near: {', '.join(near)}")
        wishes = {"consistent": consistent, "uncertainty": self.uncertain and self.model.method.gives_deviation}
        camera = self.cameras.get(camera, camera) or None
        cube = self.model.reconstruct(photo, camera=camera, progress=report, origin=origin, **wishes)
        cube.attrs.update(about)
        self.origin = origin
        self._show(CubeView(cube), about["photo"], photo)

    def open_sample(self, camera: str, report: Report) -> None:
        """Opens the sample: its photo with its true cube as the reference; without a model its cube alone."""
        report(0.02)
        grid = SAMPLE_NM if self.model is None else self.model.wavelengths_nm
        photo, cube = write_sample(grid, self._new_folder())
        # It shows a sensor's own colors, which no camera's JPEG does.
        self.open([cube if self.model is None else photo], camera or ESTIMATE, report)
        if self.model is not None:
            self.open_reference([cube], lambda share: report(1))

    def add_cameras(self, paths: Sequence[Path]) -> list[str]:
        """Takes the cameras of a file of sensitivities (`hsgan.files.cameras`); returns their names in `cameras`.

        Raises:
          DataError: no such file, or one that cannot be used.
        """
        if len(paths) != 1:
            raise DataError(f"files: give one file of a camera at a time. Received: {len(paths)} files")
        with short_names(paths[0]):
            names = [name for name, _, _ in cameras.read(paths[0], lobes=True)]
        added = {f"{name} ({paths[0].name})": f"{paths[0]}:{name}" for name in names}
        self.cameras |= added
        return list(added)

    def _load(self, path, wavelengths_nm=None):
        with short_names(path):
            given = self.choice.wavelengths_nm
            grid = wavelengths_nm if given is None else given
            cube = hsgan.open_cube(str(path), grid, self.choice.variable, self.choice.white_level)
        self.limits.check(path.name, *cube.shape[:2])
        return CubeView(cube)

    def _show(self, view, name, photo):
        if self.view is None or self.view.shape[:2] != view.shape[:2] or name != self.name:
            self.marks = []
        self.view, self.name, self.photo = view, name, photo
        if self.reference is not None:
            try:
                self._compare(self.reference, self.reference_name)
            except DataError:
                self.drop_reference()

    def open_reference(self, paths: Sequence[Path], report: Report) -> None:
        """Opens a cube to compare with, taken as the truth; where it states no wavelengths they are the cube's.

        Raises:
          DataError: no cube yet, not a cube, or one of another size or other bands.
        """
        path = main_file(paths)
        if self.view is None:
            raise DataError(f"{path.name}: open a photo or cube first, then the reference to compare it with")
        if not is_cube(path):
            raise DataError(f"{path.name}: the reference must be a cube ({', '.join(CUBE_SUFFIXES)})")
        report(0.1)
        self._compare(self._load(path, self.view.wavelengths_nm), path.name)

    def rescale(self, scale: str, report: Report) -> None:
        """Compares again, with another `scale`."""
        self.scale = scale
        report(0.1)
        if self.reference is not None:
            self._compare(self.reference, self.reference_name)

    def drop_reference(self) -> None:
        """Forgets the reference."""
        self.reference, self.reference_name, self.numbers = None, "", {}

    def _compare(self, other, name):
        found = compare(self.shown, other, name, self.scale)
        step = self._step
        self._angles, self.numbers = found.angles[::step, ::step], found.numbers
        self.reference, self.reference_name = other, name

    @property
    def _step(self):
        return self.shown.step(SHOWN_SIDE)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The pictures there are, in order."""
        photo = ("Photo",) if self.photo is not None else ()
        return ("Rendering", "Band", *photo, *(("Error", "Angle") if self.reference is not None else ()))

    def picture(self, kind: str, band: int = 0, light: str = "D65", adapted: bool = False) -> Picture:
        """Returns the `Picture` of a kind in `kinds`: the band's number is for Band and Error."""
        step, top = self._step, 0.0
        if kind == "Rendering":
            pixels = self.shown.render(light, adapted=adapted, step=step)
        elif kind == "Band":
            pixels = self.shown.render_band(band, step)
        elif kind == "Photo" and self.photo is not None:
            pixels = as_bytes(srgb_encode(self.photo[::step, ::step]).numpy())
        elif kind in MAP_COLORS and self.reference is not None:
            if kind == "Error":
                values = np.abs(self.shown.band(band, step) - self.reference.band(band, step))
            else:
                values = self._angles
            top = max(peak_of(values), _SMALLEST_SCALE)
            pixels = as_bytes(matplotlib.colormaps[MAP_COLORS[kind]](values / top)[..., :3])
        else:
            raise DataError(f"picture: must be one of {', '.join(self.kinds)}. Received: {kind!r}")
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        height, width = pixels.shape[:2]
        return Picture(stream.getvalue(), height, width, step, top)

    def mark(self, first: Position, last: Position) -> Place:
        """Marks the place between two (row, column) of the cube, both included: one pixel if they are the same."""
        self.marks.append(Place.between(first, last, self.shown.shape[:2]))
        return self.marks[-1]

    def whiten(self, report: Report) -> None:
        """Takes the place that was marked last as neutral: the cube becomes reflectance, 1 there in all bands.

        Raises:
          DataError: no place is marked, or it is too dark in a band.
        """
        if not self.marks:
            raise DataError("white: mark a neutral place first, something gray or white in the scene's own light")
        report(0.1)
        place = self.marks[-1]
        cube = reflectance.whitened(self.shown.cube, place.part, place.label)
        self._show(CubeView(cube), self.name, self.photo)

    def spectra(self) -> list[Spectrum]:
        """Returns [(`Place`, the cube's mean spectrum [bands], the reference's or None, what is shaded or None)].

        What is shaded is (lower, upper end): the 90 % interval where the cube says how uncertain its values are, and
        otherwise, of areas, one standard deviation of the pixels.
        """
        other = self.reference
        found: list[Spectrum] = []
        for mark in self.marks:
            mean, spread = self.shown.statistics(*mark.part)
            deviation, shade = self.shown.deviation(*mark.part), None
            if deviation is not None:
                shade = interval(mean, deviation)
            elif not mark.is_point:
                shade = np.maximum(mean - spread, np.minimum(mean, 0)), mean + spread
            found.append((mark, mean, None if other is None else other.spectrum(*mark.part), shade))
        return found

    @property
    def shaded(self) -> str:
        """What is shaded in the chart, in words; "" for nothing."""
        if not self.marks:
            return ""
        if self.shown.deviation(*self.marks[0].part) is not None:
            return "90 % intervals"
        return "" if all(mark.is_point for mark in self.marks) else "one standard deviation of an area's pixels"

    def measure(self, light: str) -> list[numbers.Measured]:
        """Returns the numbers of the marked places in a light (`hsgan.plot.numbers.measure`)."""
        return numbers.measure(self.shown, self.marks, light)

    def table(self, light: str) -> str:
        """Returns them as CSV."""
        return numbers.table(self.measure(light), self.shown.wavelengths_nm)

    def library(self, light: str) -> Path:
        """Writes the spectra of the marked places as a library (`hsgan.files.libraries`); returns the path of a ZIP."""
        folder = self._new_folder()
        own = numbers.library(self.measure(light), self.shown.wavelengths_nm)
        paths = write_library(folder / Path(self.name).stem, own)
        return _zipped(folder, f"{folder / Path(self.name).stem}-library.zip", paths)

    def export(self, form: str, report: Report) -> Path:
        """Writes the cube in a format of `hsgan.save_cube`; returns one file's path: a ZIP's where there are more."""
        folder = self._new_folder()
        stem = folder / Path(self.name).stem
        report(0.1)
        try:
            paths = [Path(path) for path in hsgan.save_cube(self.shown.cube, stem, [form])]
        except ValueError as error:
            raise DataError(f"{self.name}: cannot be written as {form}: {error}") from error
        report(0.7)
        if len(paths) == 1 and paths[0].is_file():
            return paths[0]
        return _zipped(folder, f"{stem}-{form}.zip", paths)


def _zipped(folder, name, paths):
    """Packs files, and all that is in folders, of `folder`; returns the path of the ZIP."""
    files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
    with zipfile.ZipFile(name, "w") as archive:
        for file in files:
            archive.write(file, file.relative_to(folder))
    return Path(name)
