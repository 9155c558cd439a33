"""One export: a version's folder with all artefacts, checked and measured; it appears whole or not at all."""

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hsgan import config as config_lib
from hsgan.data import sources
from hsgan.disk import checksums, whole
from hsgan.errors import DataError, HsganError
from hsgan.export import calibration, checks, metadata, saved_model, tflite
from hsgan.lite.model import LiteModel
from hsgan.networks.base import ReconstructionNetwork
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.models import NetworkMethod, SavedModel
from hsgan.records.manifest import read_manifest
from hsgan.run.folder import RunFolder

SCENES = 8
_NEEDED = ("tensorflow_serving.apis", "ai_edge_litert", "ai_edge_quantizer")


def export(
    run: str | Path,
    output: str | Path,
    precisions: Sequence[str] | None = None,
    records: str | Path | None = None,
    version: int | None = None,
    checkpoint: str = "best",
    scenes: int = SCENES,
    max_pixels: int = saved_model.MAX_PIXELS,
) -> tuple[Path, dict[str, Any]]:
    """Writes a version of a trained network: SavedModel, TFLite files and `metadata.json` (docs/export.md).

    Args:
      run: run folder. output: folder of the versions; its name is the model's.
      precisions: of the TFLite files, of `hsgan.export.tflite.precisions_of` the network; () for a SavedModel alone,
        None for all.
      records: folder of cube records to calibrate with (split "train") and to measure on (the run's validation split);
        None takes the run's.
      version: its number; None takes the next one. checkpoint: "best" or "last".
      scenes: number of validation cubes to measure on. max_pixels: largest n * h * w of a request.

    Returns:
      (path of the version's folder, its metadata).

    Raises:
      RunError, DataError: no such run, weights or records; records of other wavelengths.
      HsganError: an output or version that cannot be had, a precision that the network has not, an artefact that
        differs from the Keras model, a package that is not installed.
    """
    check_packages()
    if max_pixels < saved_model.SMALLEST_MAX_PIXELS:
        raise HsganError(f"max_pixels: must be at least {saved_model.SMALLEST_MAX_PIXELS}. Received: {max_pixels}")
    output = Path(output)
    folder = RunFolder.open(run)
    network = folder.network(checkpoint)
    precisions = check_precisions(network, precisions)
    records = check_records(folder, records)
    version = free_version(output, version)
    with staged(output, version) as stage:
        described = metadata.describe(folder, network, output.resolve().name, version, checkpoint, max_pixels)
        models, entries = write_artefacts(network, stage, precisions, records, described)
        described |= measure(models, entries, network, folder, records, scenes, max_pixels)
        finish(stage, described, entries)
    return output / str(version), described


def check_packages() -> None:
    """Raises `HsganError` unless what exports are made with is installed."""
    missing = []
    for name in _NEEDED:
        try:
            __import__(name)
        except ImportError:
            missing.append(name.partition(".")[0].replace("_", "-"))
    if missing:
        raise HsganError(f"export: needs {', '.join(missing)}; install them: pip install 'hsgan[export]'")


def check_precisions(network: ReconstructionNetwork, wanted: Sequence[str] | None) -> Sequence[str]:
    """Returns the precisions to write; None is all that the network has.

    Raises:
      HsganError: one that it has not.
    """
    there = tflite.precisions_of(network)
    missing = [name for name in wanted or () if name not in there]
    if missing:
        raise HsganError(
            f"tflite: this network has no convolutions, and is the same in every precision; give --tflite="
            f"{','.join(there)}. Received: {','.join(missing)}"
        )
    return there if wanted is None else wanted


def check_records(folder: RunFolder, records: str | Path | None) -> str:
    """Returns the folder of cube records to use.

    Raises:
      DataError: there are none, or of other wavelengths.
    """
    if records is None:
        records = sources.folder(folder.config, "cubes")
    manifest = read_manifest(records)
    manifest.check_wavelengths(config_lib.wavelengths_nm(folder.config))
    for split in ("train", folder.config.data.validation_split):
        manifest.files(split)
    return str(records)


def free_version(output: Path, version: int | None) -> int:
    """Returns the number of the version to write.

    Raises:
      HsganError: the output is a file, or the version is there already.
    """
    if output.exists() and not output.is_dir():
        raise HsganError(f"{output}: is a file; an export needs a folder: choose another --output")
    there = [int(path.name) for path in output.glob("*") if path.name.isdecimal()]
    if version is None:
        return max(there, default=0) + 1
    if version in there:
        raise HsganError(f"{output / str(version)}: is there already; choose another --version, or leave it out")
    return version


@contextmanager
def staged(output: Path, version: int) -> Iterator[Path]:
    """Gives a folder that becomes `output/version` at the end; after an error nothing is there.

    Until then its name is no number: TensorFlow Serving, which watches the place, does not take it for a version.
    """
    path = output / str(version)
    try:
        with whole.staged([path], replace=False) as (stage,):
            stage.mkdir()
            yield stage
    except FileExistsError as error:
        if error.filename != str(path):
            raise
        raise HsganError(f"{path}: another export made it meanwhile; run the same command again") from error
    finally:
        with suppress(OSError):  # it holds something
            output.rmdir()


def write_artefacts(
    network: ReconstructionNetwork,
    stage: Path,
    precisions: Sequence[str],
    records: str | Path,
    described: dict[str, Any],
) -> tuple[list[Method], dict[str, dict[str, Any]]]:
    """Writes SavedModel and TFLite files, and compares each with the Keras model.

    Returns:
      ([the artefact's `Method`, named after it], {name: {"file", "max_difference", "limit"}}).
    """
    reference = checks.Reference(network)
    models: list[Method] = []
    entries: dict[str, dict[str, Any]] = {}

    def add(name, file, model, found):
        entries[name] = {"file": file, "max_difference": found, "limit": checks.LIMITS[name]}
        checks.check(name, found, checks.LIMITS[name])
        model.name = name
        models.append(model)

    steps = tqdm(["saved_model", *precisions], "exporting", unit="artefact", disable=None)
    steps_left = iter(steps)
    next(steps_left)
    saved_model.write_saved_model(network, stage, described["name"], described["version"], described["max_pixels"])
    saved = SavedModel(stage, described)
    add("saved_model", "saved_model.pb", saved, reference.saved_model_difference(saved))

    @functools.cache
    def converted():
        return tflite.convert(network)

    @functools.cache
    def images():
        return calibration.calibration_images(records, network.dictionary, brightness=network.brightness)

    for precision in steps_left:
        calibrated = images() if precision in tflite.CALIBRATED else None
        content, file = tflite.quantize(converted(), precision, calibrated), f"{precision}.tflite"
        whole.write_bytes(stage / file, content)
        lite = LiteModel(stage / file, metadata=described)
        add(precision, file, lite, reference.lite_difference(lite))
    return models, entries


def measure(
    models: Sequence[Method],
    entries: dict[str, dict[str, Any]],
    network: ReconstructionNetwork,
    folder: RunFolder,
    records: str | Path,
    scenes: int,
    max_pixels: int,
) -> dict[str, dict[str, Any]]:
    """Measures every artefact on validation cubes, beside the Keras model; fills in `entries`.

    Returns:
      {"validation": {"records", "split", "scenes", "camera", "blind", "keras": metrics}}.
    """
    split, camera = folder.config.data.validation_split, folder.test_camera
    methods = [NetworkMethod(network, "keras"), *models]
    measured, count = calibration.accuracy(
        methods, records, camera, folder.dictionary().srf(camera), scenes, max_pixels, split
    )
    for name, entry in entries.items():
        entry |= measured[name]
    return {
        "validation": {
            "records": read_manifest(records).source,
            "split": split,
            "scenes": count,
            "camera": camera,
            "blind": True,
            "keras": measured["keras"],
        }
    }


def finish(stage: Path, described: dict[str, Any], entries: dict[str, dict[str, Any]]) -> None:
    """Puts the metadata into the TFLite files, and beside them with the size of everything."""
    for name, entry in entries.items():
        path = stage / entry["file"]
        if name == "saved_model":
            entry["bytes"] = sum(part.stat().st_size for part in (path, *(stage / "variables").iterdir()))
            continue
        metadata.embed(path, {**described, "precisions": {name: dict(entry)}})
        entry["bytes"] = path.stat().st_size
        model = LiteModel(path)
        if model.metadata["version"] != described["version"]:
            raise DataError(f"{path}: its metadata came back changed")
        model.estimate_srf(checks.fixed_image(16, 16, 0).astype("float32") / 255)
    described["precisions"] = entries
    described["checksums"] = checksums.of_folder(stage)
    whole.write_json(stage / metadata.FILE_NAME, described)
