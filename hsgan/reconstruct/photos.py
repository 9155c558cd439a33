"""Photos and videos to cubes: in memory, or as files with previews and round-trip checks, in bounded memory."""

import contextlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from hsgan.disk import guard
from hsgan.errors import DataError, HsganError
from hsgan.files import cubes, inputs, lights, photos, video
from hsgan.files.convert import Conversion
from hsgan.files.dtypes import FLOAT32
from hsgan.files.header import CubeHeader
from hsgan.files.origin import Origin, of_encoding, read_origin
from hsgan.plot import figures
from hsgan.reconstruct import camera as camera_lib
from hsgan.reconstruct import reflectance
from hsgan.reconstruct.camera import Camera
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.preview import Sample, preview
from hsgan.reconstruct.reflectance import White
from hsgan.reconstruct.region import Region
from hsgan.reconstruct.round_trip import RoundTrip
from hsgan.reconstruct.tiling import Decoded, Image
from hsgan.spectra import exposure
from hsgan.spectra.bands import bands_at
from hsgan.spectra.consistency import make_consistent

PREVIEW_SUFFIX = "_preview.png"


@dataclass(frozen=True)
class Options:
    """How photos become cubes.

    Attributes:
      encoding: how 8 and 16 bit values are stored (`hsgan.files.photos.read_photo`).
      camera: that took the photos, as for `hsgan.reconstruct.camera.choose`; "" takes the best evidence in each file.
      consistent: whether cubes are changed, as little as can be, so that they give back the photo exactly and have no
        negative values (`hsgan.spectra.consistency`).
      every: of a video's frames, 1 for all, 2 for every other.
      previews: whether pictures are written beside the cubes.
      uncertainty: whether the standard deviations of the values are written beside the cubes.
      dtype: in which files hold the values (`hsgan.files.dtypes`).
      bands_nm: ascending wavelengths of the bands to write; () writes all.
      white: a neutral patch to divide the cubes by; None: none.
      light: of the scene, to divide the cubes by (`hsgan.files.lights.find`); "": none.
      region: what of each photo, or of a video's frame, is reconstructed; rows and columns of `white` are those of it.
      conversion: as `hsgan.files.photos.read_codes`.
    """

    encoding: str = "srgb"
    camera: str = ""
    consistent: bool = False
    every: int = 1
    previews: bool = True
    uncertainty: bool = False
    dtype: str = FLOAT32
    bands_nm: tuple[float, ...] = ()
    white: White | None = None
    light: str = ""
    region: Region = field(default_factory=Region)
    conversion: Conversion | None = None


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """What is known of a cube after it was made.

    Attributes:
      header: `hsgan.files.header.CubeHeader`, with all facts.
      check: `hsgan.reconstruct.round_trip.RoundTrip.result`.
      warning: what is to be told of the photo; "" for nothing.
    """

    header: CubeHeader
    check: dict
    warning: str = ""


class Work:
    """One image on its way to a cube.

    Args:
      method: that makes the cube.
      rgb: the image (`hsgan.reconstruct.method`).
      camera: that it is read with.
      consistent: as in `Options`.
      facts: for the header, to which the round trip's are added when the blocks have been read.
      uncertainty: as in `Options`.
      white: as in `Options`; the image is reconstructed down to it, to know its spectrum.
      light: as in `Options`.

    Raises:
      RunError: uncertainty of a method that does not give it.
      DataError: a white or a light that cannot be divided by, or both.
    """

    def __init__(
        self,
        method: Method,
        rgb: Image,
        camera: Camera,
        consistent: bool = False,
        facts: dict | None = None,
        uncertainty: bool = False,
        white: White | None = None,
        light: str = "",
    ):
        if uncertainty:
            method.check_deviation()
        check_division(white, light)
        self.method, self.rgb, self.consistent, self.check = method, rgb, consistent, RoundTrip()
        self.uncertainty, self.srf = uncertainty, camera.srf
        grid = method.wavelengths_nm
        if white is not None:
            division = reflectance.by_white(self.mean_over(white.part(*rgb.shape[:2])), grid, white)
        elif light:
            division = reflectance.by_light(light, grid, camera.light)
        else:
            division = reflectance.none(method.bands, camera.light)
        self.divisor, done = division.spectrum, {"consistent": "yes" if consistent else "no", **division.facts}
        about = {**method.facts, **(facts or {}), **camera.facts, **done}
        self.header = CubeHeader(*rgb.shape[:2], grid, camera.srf * self.divisor, about)

    def blocks(self) -> Iterator[tuple[slice, slice, list[np.ndarray], float]]:
        """Yields (row slice, column slice, blocks, share of the image done).

        The blocks are a list: the float32 values, and with `uncertainty` their standard deviations.
        """
        done, pixels = 0, self.rgb.shape[0] * self.rgb.shape[1]
        for rows, columns, part, blocks in self.radiance(self.uncertainty):
            self.check.add(blocks[0], self.srf, part)
            done += part.shape[0] * part.shape[1]
            yield rows, columns, [block / self.divisor for block in blocks], done / pixels

    def radiance(self, uncertainty: bool) -> Iterator[tuple[slice, slice, np.ndarray, list[np.ndarray]]]:
        """Yields (row slice, column slice, that part of the image, blocks as `blocks`, before the division)."""
        reconstruct = self.method.reconstruct_uncertain if uncertainty else self.method.reconstruct
        for (rows, columns), block, *deviation in reconstruct(self.rgb, self.srf):
            part = self.rgb[rows, columns]
            if self.consistent:
                block = make_consistent(block, part, self.srf)
            yield rows, columns, part, [block, *deviation]

    def mean_over(self, place: tuple[slice, slice]) -> np.ndarray:
        """Returns the mean spectrum float64 [bands] over a part of the image, before the division."""
        left = (place[0].stop - place[0].start) * (place[1].stop - place[1].start)
        total, pixels = np.zeros(self.method.bands), left
        for rows, columns, _, (block,) in self.radiance(uncertainty=False):
            shared = tuple(
                slice(max(want.start - have.start, 0), max(min(want.stop, have.stop) - have.start, 0))
                for want, have in zip(place, (rows, columns), strict=True)
            )
            found = block[shared].reshape(-1, self.method.bands)
            total, left = total + found.sum(axis=0, dtype=np.float64), left - len(found)
            if not left:
                break
        return total / pixels

    def round_trip_facts(self) -> dict[str, float]:
        """Returns the round trip's measures by the names that they have in files."""
        return {f"round_trip_{name}": value for name, value in self.check.result().items()}


def reconstruct_photos(
    method: Method,
    arguments: Iterable[str | Path],
    output: str | Path,
    formats: Sequence[str] = (cubes.DEFAULT_FORMAT,),
    options: Options | None = None,
) -> Iterator[tuple[str, Sequence[Path], Reconstruction | Exception]]:
    """Reconstructs photos and videos into files: the cube in every format, and a preview.

    A photo that cannot be used does not keep the others from being done. A photo's files are named after it; where two
    have one name their suffixes, and then numbers, tell them apart. A video's frames are in a folder of its name, made
    with one camera, that of its first frame.

    Args:
      method: that makes the cubes.
      arguments: files, folders and patterns (`hsgan.files.inputs.find_inputs`).
      output: folder to write to.
      formats: names in `hsgan.files.cubes.FORMATS`.
      options: `Options`; None takes the defaults.

    Yields:
      (photo, or video and frame; paths written; `Reconstruction`), or (photo, (), the error) where it cannot be used.

    Raises:
      DataError: no photos, no such format, dtype, band or camera, an output that is a file, or a photo that would be
        written over.
      RunError: uncertainty of a method that does not give it.
    """
    options = options or Options()
    stems = plan(method, arguments, output, formats, options)
    counts = [count_images(photo, options.every) for photo, _ in stems]
    layout = "{l_bar}{bar}| {n:.2f} of {total} photos, {elapsed}<{remaining}"
    with tqdm(total=sum(counts), desc="reconstructing", bar_format=layout, disable=None) as bar:
        for (photo, stem), count in zip(stems, counts, strict=True):
            before = bar.n
            yield from Files(method, stem, formats, options, bar).all_of(photo)
            bar.update(before + count - bar.n)


def plan(
    method: Method,
    arguments: Iterable[str | Path],
    output: str | Path,
    formats: Sequence[str],
    options: Options,
) -> list[tuple[str, Path]]:
    """Returns [(photo, stem of its files)] of what `reconstruct_photos` is to do, after all checks; as there."""
    if options.uncertainty:
        method.check_deviation()
    try:
        cubes.check_formats(formats, options.dtype)
    except ValueError as error:
        raise DataError(str(error)) from error
    bands_at(method.wavelengths_nm, options.bands_nm)
    figures.check_folder(output)
    stems = inputs.output_stems(inputs.find_inputs(arguments), output)
    check_not_over_inputs(stems, formats, options.uncertainty)
    camera_lib.known(options.camera, method)
    check_division(options.white, options.light)
    if options.light:
        lights.find(options.light, method.wavelengths_nm)
    return stems


def check_division(white: White | None, light: str) -> None:
    """Raises `DataError` if a cube is to be divided both by a patch and by a light."""
    if white is not None and light:
        raise DataError(f"white, light: a cube is divided by one of them. Received: {white}, and {light}")


def count_images(path: str | Path, every: int = 1) -> int:
    """Returns how many images a photo (1) or a video holds; 1 where it cannot be read, of which its turn will tell."""
    if not inputs.is_video(path):
        return 1
    try:
        return video.count_frames(path, every)
    except DataError:
        return 1


def read_image(path: str | Path, encoding: str, conversion: Conversion | None = None) -> tuple[Decoded, dict, Origin]:
    """Reads a photo for `Work`: it stays as it is stored, and what is needed of it becomes linear when it is.

    Args:
      path: the file.
      encoding: as in `Options`.
      conversion: as in `Options`.

    Returns:
      (the image, facts about it, what its file says of the camera).

    Raises:
      DataError: as `hsgan.files.photos.read_photo`.
    """
    codes, stored = photos.read_codes(path, encoding, conversion=conversion)
    facts = {"photo": Path(path).name, "encoding": "camera RAW" if photos.is_raw(path) else stored}
    return decoded(codes, stored), facts, read_origin(path, stored)


def decoded(codes: np.ndarray, encoding: str) -> Decoded:
    """Returns the linear image of stored values (`hsgan.files.photos.to_linear`), made part by part."""
    return Decoded(codes, lambda part: photos.to_linear(part, encoding))


class Files:
    """Makes the files of one photo or video; see `reconstruct_photos`."""

    def __init__(self, method: Method, stem: Path, formats: Sequence[str], options: Options, bar: tqdm):
        self.method, self.stem, self.formats, self.options, self.bar = method, stem, formats, options, bar
        self.videos_camera = None

    def all_of(self, photo: str) -> Iterator[tuple[str, Sequence[Path], Reconstruction | Exception]]:
        """Yields what `reconstruct_photos` does, of one photo or video."""
        with contextlib.closing(self.images(photo)) as images:
            yield from self.reconstruct(photo, images)

    def images(self, photo: str) -> Generator[tuple[str, Path, Image, dict, Origin], None, None]:
        """Yields (name, stem of its files, linear image, facts, origin) of a photo, or of every frame of a video."""
        options = self.options
        if not inputs.is_video(photo):
            yield photo, self.stem, *read_image(photo, options.encoding, options.conversion)
            return
        for number, frame in video.iterate_frames(photo, photos.check_size, options.every):
            facts = {"photo": Path(photo).name, "frame": number, "encoding": options.encoding}
            image = decoded(frame, options.encoding)
            yield f"{photo}, frame {number}", self.stem / f"{number:06d}", image, facts, of_encoding(options.encoding)

    def reconstruct(
        self, photo: str, images: Iterable[tuple[str, Path, Image, dict, Origin]]
    ) -> Iterator[tuple[str, Sequence[Path], Reconstruction | Exception]]:
        """As `all_of`, of its images; after an error nothing more of it."""
        name = photo
        try:
            for name, stem, rgb, facts, origin in images:
                yield name, *self.write(stem, rgb, facts, origin)
        except HsganError as error:
            yield name, (), error if str(error).startswith(str(photo)) else DataError(f"{name}: {error}")
        except OSError as error:
            yield name, (), DataError(f"{name}: cannot be written to {self.stem.parent}: {error.strerror or error}")
        except (tf.errors.ResourceExhaustedError, MemoryError):
            yield name, (), DataError(f"{name}: not enough memory for its size; make it smaller")
        except Exception as error:  # whatever it is, the other photos are not to blame
            yield name, (), DataError(f"{name}: cannot be reconstructed ({guard.reason(error)})")

    def write(self, stem: Path, rgb: Image, facts: dict, origin: Origin) -> tuple[list[Path], Reconstruction]:
        """Writes one image's files; returns (their paths, its `Reconstruction`)."""
        camera, options = self.camera(rgb, origin, is_frame="frame" in facts), self.options
        rgb, about = options.region.of(rgb)
        work = Work(
            self.method,
            rgb,
            camera,
            options.consistent,
            facts | about,
            options.uncertainty,
            options.white,
            options.light,
        )
        sample, start, paths = Sample(work.header.shape), self.bar.n, []
        with contextlib.ExitStack() as stack:
            bands, header = self.chosen(work.header)
            opened = [cubes.open_writer(stem, name, header, options.uncertainty) for name in self.formats]
            writers = [stack.enter_context(writer) for writer in opened]
            for rows, columns, blocks, share in work.blocks():
                for writer in writers:
                    writer.write(rows, columns, *(block[..., bands] for block in blocks))
                sample.add(rows, columns, blocks[0])
                self.bar.update(start + share - self.bar.n)
            for writer in writers:
                writer.facts.update(work.round_trip_facts())
                paths += writer.paths
        check = work.check.result()
        if self.options.previews:
            small = rgb[:: sample.step, :: sample.step]
            quantity = work.header.facts["quantity"]
            figure = preview(facts["photo"], small, sample.cube, work.header.wavelengths_nm, check, quantity)
            paths.append(figures.save(figure, f"{stem}{PREVIEW_SUFFIX}"))
        return paths, Reconstruction(work.header, check, exposure.warning_of(rgb))

    def chosen(self, header: CubeHeader) -> tuple[slice | list[int], CubeHeader]:
        """Returns (indices of the bands that are written, header of their file)."""
        header = replace(header, dtype=self.options.dtype)
        if not self.options.bands_nm:
            return slice(None), header
        bands = bands_at(header.wavelengths_nm, self.options.bands_nm)
        return bands, header.of_bands(bands)

    def camera(self, rgb: Image, origin: Origin, is_frame: bool) -> Camera:
        """Returns the `Camera` of an image; of a video's frames all get the first one's."""
        if not is_frame or self.videos_camera is None:
            self.videos_camera = camera_lib.choose(self.options.camera, self.method, rgb, origin)
        return self.videos_camera


def check_not_over_inputs(stems: Iterable[tuple[str, Path]], formats: Sequence[str], uncertainty: bool = False) -> None:
    """Raises `DataError` if a file to be written is one of the photos.

    Args:
      stems: [(photo, stem of its files)].
      formats: to be written.
      uncertainty: as in `Options`.
    """
    sources = {Path(photo).resolve() for photo, _ in stems}
    for photo, stem in stems:
        for path in [*cubes.paths_of(stem, formats, uncertainty), Path(f"{stem}{PREVIEW_SUFFIX}")]:
            if path.resolve() in sources:
                raise DataError(f"{photo}: its output {path} is one of the photos; give another --output")
