"""`metadata.json` of an exported version: what a program that uses it needs to know (docs/export.md).

It lies beside the artefacts, and inside each TFLite file, which is a ZIP archive too ("associated files").
"""

import contextlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from hsgan.disk import checksums
from hsgan.errors import DataError
from hsgan.networks.base import ReconstructionNetwork
from hsgan.reconstruct.exported import SCHEMA
from hsgan.reconstruct.tiling import THUMBNAIL_PIXELS
from hsgan.records.manifest import read_manifest
from hsgan.run.folder import RunFolder, versions
from hsgan.spectra import developed

FILE_NAME = "metadata.json"


def describe(
    folder: RunFolder, network: ReconstructionNetwork, name: str, version: int, checkpoint: str, max_pixels: int
) -> dict[str, Any]:
    """Returns the metadata of a run's network, but for "validation" and "precisions".

    Args:
      folder: the `RunFolder`. network: its network. name, version: of the export.
      checkpoint: "best" or "last". max_pixels: largest request of the SavedModel.
    """
    record = folder.weights_record(checkpoint)
    return {
        "schema": SCHEMA,
        "name": name,
        "version": version,
        "model": folder.config.model,
        **describe_network(network),
        "max_pixels": max_pixels,
        "training": {
            "run": folder.path.name,
            "checkpoint": checkpoint,
            "step": record.get("step"),
            "metrics": {key: value for key, value in record.items() if key != "step"},
            "data": training_data(folder),
        },
        "versions": versions(),
    }


def describe_network(network: ReconstructionNetwork) -> dict[str, Any]:
    """Returns the part of the metadata that the network alone says: what it takes, what it gives, and how."""
    dictionary = network.dictionary
    return {
        "wavelengths_nm": np.asarray(dictionary.wavelengths_nm, float).tolist(),
        "units": "relative linear radiance",
        "value_range": [0, 1],
        "rgb": {"encoding": "linear", "order": "RGB", "value_range": [0, 1]},
        "cameras": {
            "names": list(dictionary.names),
            "responses": np.round(np.asarray(dictionary.responses, float), 8).tolist(),
            "source": dictionary.source,
        },
        "needs_camera": bool(network.needs_camera),
        "estimates_camera": bool(network.estimates_camera),
        "takes_negative_srf": True,
        "developed": picture(dictionary.wavelengths_nm),
        "brightness": network.brightness,
        "receptive_radius": network.receptive_radius,
        "stride": network.stride,
        "thumbnail_pixels": THUMBNAIL_PIXELS,
    }


def picture(wavelengths_nm: np.ndarray) -> dict[str, Any] | None:
    """Returns {"light", "srf"} of developed pictures, whose white is that of the light; None where bands lack."""
    srf = developed.responses_within(wavelengths_nm)
    return None if srf is None else {"light": developed.LIGHT, "srf": np.round(srf.astype(float), 8).tolist()}


def training_data(folder: RunFolder) -> dict[str, dict[str, str]]:
    """Returns {kind: {"source", "sha256", "note"}} of what a run was trained on; the notes name licences.

    A note is the run's own, or that of the manifest of its records, "" where they are no longer there.
    """
    found = {}
    for kind, data in folder.provenance.items():
        note = data.get("note", "")
        if not note and "directory" in data:
            with contextlib.suppress(DataError):
                note = read_manifest(data["directory"]).note
        found[kind] = {"source": data["source"], "sha256": data["sha256"], "note": note}
    return found


def embed(path: str | Path, metadata: dict[str, Any]) -> None:
    """Appends metadata to a TFLite file as an archive that holds `FILE_NAME`; the model before it stays as it is.

    A checksum of that goes with it.
    """
    metadata = {**metadata, "model_sha256": checksums.of_file(path)}
    member = zipfile.ZipInfo(FILE_NAME)  # of 1980: the clock may be set to before what ZIP can say
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, json.dumps(metadata, allow_nan=False))
