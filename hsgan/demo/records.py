"""The demo set, made on first use: cubes and *other* scenes as photos, of measured reflectances under measured lights.

It is synthetic, made to try things out; numbers measured on it say nothing about real cameras and scenes. Cubes and
photos are drawn from different random streams: no photo shows a scene that there is a cube of.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf
import tqdm

from hsgan.demo import materials as materials_lib
from hsgan.demo import scenes
from hsgan.disk.cache import user_cache
from hsgan.errors import DataError
from hsgan.records import schema
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.writer import RecordWriter
from hsgan.spectra import imaging, srf

VERSION = 1
CUBE_SIZE, PHOTO_SIZE = 128, 192
CUBES = {"train": 24, "validation": 6}
PHOTOS = {"train": 64, "validation": 8}
_NOTE = (
    "Synthetic: imagined scenes of measured reflectances and illuminants shipped with colour-science. "
    "For trying the programs out; results on it say nothing about real scenes."
)
# Random streams: no cube and no photo shares one.
_CUBE_STREAM, _PHOTO_STREAM = 1, 2
_JPEG_QUALITY = 92


def cache_folder(cache: str | Path = "") -> Path:
    """Returns the folder under which demo sets are made: `cache`, or the user's cache folder."""
    if cache:
        return Path(cache)
    return user_cache()


def make(
    wavelengths_nm: np.ndarray,
    cache: str | Path = "",
    cubes: dict[str, int] | None = None,
    photos: dict[str, int] | None = None,
) -> tuple[Path, Path]:
    """Returns `(cubes, photos)`, the folders of the demo set's records, after making what is not there yet.

    Args:
      wavelengths_nm: float [bands], within 380-780 nm.
      cache: where to make it; "" is the user's cache folder.
      cubes, photos: {split: count} in place of `CUBES` and `PHOTOS`.

    Raises:
      DataError: wavelengths outside the measured range, a folder that cannot be written.
    """
    wavelengths_nm = np.asarray(wavelengths_nm, np.float32)
    cubes, photos = cubes or CUBES, photos or PHOTOS
    steps = sorted({float(step) for step in np.diff(wavelengths_nm)})
    grid = f"{wavelengths_nm[0]:g}-{wavelengths_nm[-1]:g}-{steps[0]:g}"
    folder = cache_folder(cache) / f"demo-v{VERSION}-{grid}"
    tasks = []
    for kind, counts, maker in (("cubes", cubes, _make_cubes), ("photos", photos, _make_photos)):
        size = "-".join(f"{count}" for count in counts.values())
        tasks.append((folder / f"{kind}-{size}", counts, maker))
    if not all((path / "manifest.json").is_file() for path, _, _ in tasks):
        materials = materials_lib.load(wavelengths_nm)
        for path, counts, maker in tasks:
            if not (path / "manifest.json").is_file():
                _make_once(
                    path, lambda path=path, counts=counts, maker=maker: maker(path, counts, wavelengths_nm, materials)
                )
    (cube_folder, _, _), (photo_folder, _, _) = tasks
    return cube_folder, photo_folder


def _make_once(path, maker):
    """Another process may make the same folder meanwhile: its result is as good."""
    try:
        maker()
    except DataError:
        if not (path / "manifest.json").is_file():
            raise
        read_manifest(path)


def draw_cube(index: int, materials: materials_lib.Materials, size: int = CUBE_SIZE) -> np.ndarray:
    """Returns demo cube `index` as float32 [size, size, bands], linear, in [0, 1]."""
    rng = np.random.default_rng([VERSION, _CUBE_STREAM, index])
    scene = scenes.draw(rng, size, materials)
    direct, ambient = materials.draw_light(rng)
    radiance = scenes.render(scene, materials.reflectances * direct, materials.reflectances * ambient, direct)
    return expose(rng, radiance, mean=0.12, spread=0.5)


def draw_photo(
    index: int, materials: materials_lib.Materials, responses: np.ndarray, size: int = PHOTO_SIZE
) -> tuple[np.ndarray, np.ndarray]:
    """Returns demo photo `index`: `(rgb, labels)`, linear float32 [size, size, 3] in [0, 1], uint8 [size, size].

    Args:
      index: of the photo.
      materials: the `Materials`.
      responses: SRFs of cameras, [cameras, 3, bands]; one is drawn.
      size: in pixels.
    """
    rng = np.random.default_rng([VERSION, _PHOTO_STREAM, index])
    scene = scenes.draw(rng, size, materials)
    direct, ambient = materials.draw_light(rng)
    camera = responses[rng.integers(len(responses))].T
    under_direct, under_ambient = (materials.reflectances * light @ camera for light in (direct, ambient))
    rgb = scenes.render(scene, under_direct, under_ambient, direct @ camera)
    means = rgb.mean(axis=(0, 1))
    rgb = rgb * (means.mean() / means) ** rng.choice([0, rng.uniform(0.6, 1)], p=[0.15, 0.85])
    rgb = expose(rng, rgb, mean=0.16, spread=0.4)
    noise = np.sqrt(rng.uniform(0, 4e-4) * rgb + rng.uniform(0, 3e-3) ** 2) * rng.standard_normal(rgb.shape)
    return np.clip(rgb + noise, 0, 1).astype(np.float32), scenes.labels(scene)


def expose(rng: np.random.Generator, image: np.ndarray, mean: float, spread: float) -> np.ndarray:
    """Scales to a random mean, but keeps all but the brightest 0.3 % below 1; clips those."""
    gain = min(rng.lognormal(np.log(mean), spread) / image.mean(), 1 / np.quantile(image.max(axis=-1), 0.997))
    return np.clip(image * gain, 0, 1).astype(np.float32)


def _make_cubes(path, counts, wavelengths_nm, materials):
    header = Manifest("cubes", "demo", wavelengths_nm=tuple(wavelengths_nm.tolist()), note=_NOTE)
    with RecordWriter(path, header) as writer:
        for index, split in enumerate(tqdm.tqdm(_splits(counts), desc="demo cubes", unit="scene", disable=None)):
            values, scale = schema.quantize(draw_cube(index, materials))
            writer.write(split, schema.CubeRecord(values, scale, wavelengths_nm, f"demo_{index:02d}", "demo"))


def _make_photos(path, counts, wavelengths_nm, materials):
    classes = materials_lib.CLASS_NAMES
    header = Manifest("photos", "demo", class_names=classes, encoding="srgb", note=_NOTE)
    responses = srf.default_dictionary(wavelengths_nm).responses
    with RecordWriter(path, header) as writer:
        for index, split in enumerate(tqdm.tqdm(_splits(counts), desc="demo photos", unit="photo", disable=None)):
            rgb, labels = draw_photo(index, materials, responses)
            encoded = tf.cast(tf.round(255 * imaging.srgb_encode(rgb)), tf.uint8)
            data = tf.io.encode_png(encoded) if index % 2 else tf.io.encode_jpeg(encoded, quality=_JPEG_QUALITY)
            writer.write(
                split,
                schema.PhotoRecord(
                    data.numpy(), labels, *labels.shape, len(classes), "srgb", f"photo_{index:02d}", "demo"
                ),
            )


def _splits(counts):
    return [split for split, count in counts.items() for _ in range(count)]
