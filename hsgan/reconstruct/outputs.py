"""Photos and videos to files: cubes, previews and round-trip checks, in bounded memory."""

import contextlib
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tensorflow as tf
from tqdm import tqdm

from hsgan.disk import guard
from hsgan.errors import DataError, HsganError
from hsgan.files import cubes, inputs, lights, photos, video
from hsgan.files.header import CubeHeader
from hsgan.files.origin import Origin, of_encoding
from hsgan.plot import figures
from hsgan.reconstruct import camera as camera_lib
from hsgan.reconstruct.camera import Camera
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.photos import Options, Reconstruction, Work, check_division, read_image
from hsgan.reconstruct.preview import Sample, preview, sampling_step
from hsgan.reconstruct.tiling import Image
from hsgan.reconstruct.video_preview import VideoPreview
from hsgan.spectra import exposure
from hsgan.spectra.bands import bands_at

PREVIEW, VIDEO_PREVIEW = "_preview.png", "_preview.mp4"


@dataclass(frozen=True)
class VideoReconstruction:
    """What is known of a video after its frames were reconstructed.

    Attributes:
      frames: how many.
      shape: (height, width, bands) of the last one's cube.
      seconds: from its first frame's reading to its preview.
      worst: the largest RMSE of a frame's round trip; where no cubes are written, of the pixels that are shown.
      warning: of the first frame that has one; "" for none.
    """

    frames: int
    shape: tuple[int, int, int]
    seconds: float
    worst: float
    warning: str = ""


Result = Reconstruction | VideoReconstruction | Exception


def reconstruct_photos(
    method: Method,
    arguments: Iterable[str | Path],
    output: str | Path,
    formats: Sequence[str] = (cubes.DEFAULT_FORMAT,),
    options: Options | None = None,
) -> Iterator[tuple[str, Sequence[Path], Result]]:
    """Reconstructs photos and videos into files: the cube in every format, and a preview.

    A photo that cannot be used does not keep the others from being done. A photo's files are named after it; where two
    have one name their suffixes, and then numbers, tell them apart. A video's frames are in a folder of its name, made
    with one camera, that of its first frame.

    Args:
      method: that makes the cubes.
      arguments: files, folders and patterns (`hsgan.files.inputs.find_inputs`).
      output: folder to write to.
      formats: names in `hsgan.files.cubes.FORMATS`; none writes previews alone, and reconstructs no more than
        they show where a method can.
      options: `Options`; None takes the defaults.

    Yields:
      (photo, or video and frame; paths written; `Reconstruction`), or (photo, (), the error) where it cannot be used;
      after the frames of a video (video, its preview's path if there is one, `VideoReconstruction`). Frames of which
      nothing is written are not told.

    Raises:
      DataError: no photos, no such format, dtype, band or camera, nothing to write, an output that is a file, or a
        photo that would be written over.
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
    if not formats and not options.previews:
        raise DataError("formats, previews: without both nothing would be written; ask for one of them")
    try:
        if formats:  # they are refused by name, and so is a list of none by whoever writes cubes alone
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


def count_images(path: str | Path, every: int = 1) -> int:
    """Returns how many images a photo (1) or a video holds; 1 where it cannot be read, of which its turn will tell."""
    if not inputs.is_video(path):
        return 1
    try:
        return video.count_frames(path, every)
    except DataError:
        return 1


class Files:
    """Makes the files of one photo or video; see `reconstruct_photos`."""

    def __init__(self, method: Method, stem: Path, formats: Sequence[str], options: Options, bar: tqdm):
        self.method, self.stem, self.formats, self.options, self.bar = method, stem, formats, options, bar
        self.videos_camera = None

    def all_of(self, photo: str) -> Iterator[tuple[str, Sequence[Path], Result]]:
        """Yields what `reconstruct_photos` does, of one photo or video."""
        make = self.moving if inputs.is_video(photo) else self.still
        name = photo
        try:
            for name, paths, result in make(photo):
                yield name, paths, result
        except Exception as error:  # whatever it is, the other photos are not to blame
            yield name, (), self.failure(photo, name, error)

    def failure(self, photo: str, name: str, error: Exception) -> Exception:
        """Returns what is to be told of an error of a photo, or of a video's frame `name`."""
        if isinstance(error, HsganError):
            return error if str(error).startswith(str(photo)) else DataError(f"{name}: {error}")
        if isinstance(error, OSError):
            return DataError(f"{name}: cannot be written to {self.stem.parent}: {error.strerror or error}")
        if isinstance(error, tf.errors.ResourceExhaustedError | MemoryError):
            return DataError(f"{name}: not enough memory for its size; make it smaller")
        return DataError(f"{name}: cannot be reconstructed ({guard.reason(error)})")

    def still(self, photo: str) -> Iterator[tuple[str, Sequence[Path], Result]]:
        """Yields the one outcome of a photo."""
        rgb, facts, origin = read_image(photo, self.options.encoding, self.options.conversion)
        yield photo, *self.write(self.stem, rgb, facts, origin)

    def moving(self, photo: str) -> Iterator[tuple[str, Sequence[Path], Result]]:
        """Yields the outcomes of a video: its frames', and its own. After an error the frames before it have both."""
        began, name, failed = time.monotonic(), photo, None
        frames, shape, worst, warning = 0, (0, 0, 0), 0.0, ""
        with contextlib.ExitStack() as stack:
            shown = stack.enter_context(self.video_preview(photo)) if self.options.previews else None
            try:
                for name, stem, rgb, facts, origin in stack.enter_context(contextlib.closing(self.frames(photo))):
                    paths, result = self.write(stem, rgb, facts, origin, shown)
                    frames, shape, worst = frames + 1, result.header.shape, max(worst, result.check["rmse"])
                    if result.warning and not warning:
                        warning = f"frame {facts['frame']} {result.warning}"
                    if paths:
                        yield name, paths, result
            except Exception as error:
                failed = self.failure(photo, name, error)
        if frames:
            made = VideoReconstruction(frames, shape, time.monotonic() - began, worst, warning)
            yield photo, shown.paths if shown else [], made
        if failed is not None:
            yield name, (), failed

    def video_preview(self, photo: str) -> VideoPreview:
        """Returns the preview of a video."""
        rate = video.frame_rate(photo, self.options.every)
        return VideoPreview(f"{self.stem}{VIDEO_PREVIEW}", self.method.wavelengths_nm, rate)

    def frames(self, photo: str) -> Generator[tuple[str, Path, Image, dict, Origin], None, None]:
        """Yields (name, stem of its files, linear image, facts, origin) of every frame of a video."""
        options = self.options
        for number, frame in video.iterate_frames(photo, photos.check_size, options.every):
            facts = {"photo": Path(photo).name, "frame": number, "encoding": options.encoding}
            image = photos.to_linear(frame, options.encoding)
            yield f"{photo}, frame {number}", self.stem / f"{number:06d}", image, facts, of_encoding(options.encoding)

    def write(
        self, stem: Path, rgb: Image, facts: dict, origin: Origin, shown: VideoPreview | None = None
    ) -> tuple[list[Path], Reconstruction]:
        """Writes one image's files; returns (their paths, its `Reconstruction`).

        Args:
          stem: of the files.
          rgb: the image.
          facts: about it; a video's frame has its number.
          origin: of its camera.
          shown: the preview of the video that it is a frame of.
        """
        is_frame, options = "frame" in facts, self.options
        camera = self.camera(rgb, origin, is_frame)
        rgb, about = options.region.of(rgb)
        if self.shows_all():
            step = sampling_step(rgb.shape)
            rgb = rgb[::step, ::step]
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
        sample, start, paths = None, self.bar.n, []
        if options.previews:
            sample = shown.sample(work.header.shape) if shown else Sample(work.header.shape)
        with contextlib.ExitStack() as stack:
            bands, header = self.chosen(work.header)
            opened = [cubes.open_writer(stem, name, header, options.uncertainty) for name in self.formats]
            writers = [stack.enter_context(writer) for writer in opened]
            for rows, columns, blocks, share in work.blocks():
                for writer in writers:
                    writer.write(rows, columns, *(block[..., bands] for block in blocks))
                if sample is not None:
                    sample.add(rows, columns, blocks[0])
                self.bar.update(start + share - self.bar.n)
            for writer in writers:
                writer.facts.update(work.round_trip_facts())
                paths += writer.paths
        check = work.check.result()
        if sample is not None:
            small = rgb[:: sample.step, :: sample.step]
            if shown:
                shown.add(small, sample)
            else:
                quantity = work.header.facts["quantity"]
                figure = preview(facts["photo"], small, sample.cube, work.header.wavelengths_nm, check, quantity)
                paths.append(figures.save(figure, f"{stem}{PREVIEW}"))
        return paths, Reconstruction(work.header, check, exposure.warning_of(rgb))

    def shows_all(self) -> bool:
        """Whether a preview is all that is wanted of a method that makes its pixels one by one: those it shows do."""
        alone = not self.formats and self.options.white is None
        return alone and self.method.receptive_radius == 0 and self.method.stride == 1

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
        shown = Path(f"{stem}{VIDEO_PREVIEW if inputs.is_video(photo) else PREVIEW}")
        for path in [*(cubes.paths_of(stem, formats, uncertainty) if formats else ()), shown]:
            if path.resolve() in sources:
                raise DataError(f"{photo}: its output {path} is one of the photos; give another --output")
