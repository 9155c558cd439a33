"""Multi-band TIFF: one sample a band, pixel-interleaved, not compressed; BigTIFF beyond 4 GB.

Band names, wavelengths, SRF and facts are in the tag that GDAL reads and writes (42112, `GDAL_METADATA`), so that QGIS
and rasterio show them. Of others' files wavelengths, scales and offsets in that tag are read. A photo has no place on a
map: there are no GeoTIFF coordinates.
"""

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

import numpy as np
import tifffile

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.files.header import UNITS, CubeHeader
from hsgan.files.raw_array import RawArray, mapped
from hsgan.files.stored import Choice, Stored, in_nm
from hsgan.files.tiff import check_page

SUFFIXES, OTHERS = (".tif",), (".tiff",)
HOLDS = ("float32", "float16", "uint16")
_GDAL_METADATA = 42112
_CLASSIC_LIMIT = 2**32 - 2**25  # bytes
_MOST_BYTES = 1 << 62  # of what stays in the file
_STRIP = 2**18  # bytes, roughly
_ESCAPES = str.maketrans({letter: f"\\u{ord(letter):04x}" for letter in "&<>"})  # GDAL would stop at a bare &


class Writer:
    """Lays the file out, and completes its metadata at the end."""

    def __init__(self, paths: Sequence[Path], header: CubeHeader):
        (self.path,) = paths
        row = header.stored.numpy.itemsize * header.width * header.wavelengths_nm.size
        placed = tifffile.imwrite(
            self.path,
            shape=header.shape,
            dtype=header.stored.numpy,
            photometric="minisblack",
            planarconfig="contig",
            extrasamples=[0] * (header.wavelengths_nm.size - 1),
            rowsperstrip=max(_STRIP // row, 1),
            byteorder="<",
            bigtiff=row * header.height > _CLASSIC_LIMIT,
            metadata=None,
            software="hsgan",
            extratags=[(_GDAL_METADATA, "s", 0, _xml(header), True)],
            returnoffset=True,
        )
        offset, _ = cast(tuple[int, int], placed)  # which is None only where no offset is asked for
        self.array = RawArray(self.path, offset, header.shape, header.stored.numpy)

    def put(self, place: tuple[slice, slice], block: np.ndarray) -> None:
        self.array.put(place, block)

    def finish(self, header: CubeHeader) -> None:
        with tifffile.TiffFile(self.path, mode="r+") as file:
            file.pages.first.tags[_GDAL_METADATA].overwrite(_xml(header))


def targets(path: Path) -> list[Path]:
    """Returns the one file."""
    return [path]


def read(path: Path, choice: Choice) -> Stored:
    """Reads such a file, or another: bands as samples of the pixels or as pages; what is not compressed stays in it."""
    with tifffile.TiffFile(path) as file:
        series, text = file.series[0], file.pages.first.tags.valueof(_GDAL_METADATA)
        offset, shape = series.dataoffset, series.shape
        if offset is not None:
            check_page(path, file.pages.first, most=_MOST_BYTES)
            values = mapped(path, series.dtype.newbyteorder(file.byteorder), offset, shape)
        else:
            values = _decoded(path, series)
    general, bands = _metadata(text) if text else ({}, {})
    count = max(bands.get("wavelength", {-1: ""})) + 1
    grid = [bands["wavelength"].get(band, "nan") for band in range(count)]
    wavelengths_nm = in_nm(path, grid, bands.get("wavelength_units", {}).get(0, "")) if grid else None
    srf = np.array(_json(general["srf"]), np.float32) if "srf" in general else None
    white_level, dark = _scale(bands, count)
    if "hsgan_facts" in general and white_level is None:
        white_level = 1.0
    return Stored(values, wavelengths_nm, srf, _json(general.get("hsgan_facts", "{}")), white_level, dark)


def _decoded(path, series):
    """Returns the array of pages that are compressed, or not one after the other."""
    guard.check_bytes(path, series.nbytes)
    for page in series.pages:
        if page is None:
            raise DataError(f"{path}: a page is missing")
        check_page(path, page.aspage())
    return series.asarray(maxworkers=1)


def _metadata(text):
    """Returns ({name: text}, {name or role: {band: text}}) of the tag."""
    general, bands = {}, {}
    for item in ElementTree.fromstring(text):
        if item.get("sample") is None:
            general[item.get("name")] = item.text or ""
        else:
            name = item.get("role") or item.get("name")
            bands.setdefault(name, {})[int(item.get("sample"))] = item.text or ""
    return general, bands


def _json(text):
    """Returns what a JSON text says, also of a file that GDAL has copied: it escapes quotation marks once more."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return json.loads(html.unescape(text))


def _scale(bands, count):
    """Returns (white_level, dark) of GDAL's scales and offsets of the bands."""
    if "scale" not in bands and "offset" not in bands:
        return None, 0.0
    gain, offset = (
        np.array([float(bands.get(name, {}).get(band, usual)) for band in range(count)])
        for name, usual in (("scale", 1), ("offset", 0))
    )
    return 1 / gain, -offset / gain


def _xml(header):
    """Returns the tag's text: XML of ASCII characters alone."""
    root = ElementTree.Element("GDALMetadata")

    def add(name, text, **attributes):
        ElementTree.SubElement(root, "Item", name=name, **attributes).text = text

    for band, (name, wavelength) in enumerate(zip(header.band_names, header.wavelengths_nm, strict=True)):
        add("DESCRIPTION", name, sample=str(band), role="description")
        add("UNITTYPE", UNITS, sample=str(band), role="unittype")
        add("wavelength", f"{wavelength:.9g}", sample=str(band))
        add("wavelength_units", "nm", sample=str(band))
        if header.stored.white_level != 1:
            add("SCALE", f"{1 / header.stored.white_level:.17g}", sample=str(band), role="scale")
            add("OFFSET", "0", sample=str(band), role="offset")
    if header.srf is not None:
        add("srf", json.dumps([[float(f"{value:.9g}") for value in row] for row in header.srf]))
    add("hsgan_facts", json.dumps(header.facts).translate(_ESCAPES))
    return ElementTree.tostring(root, encoding="us-ascii").decode("ascii")
