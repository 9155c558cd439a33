"""Multi-band TIFF: float32, one sample a band, pixel-interleaved, not compressed; BigTIFF beyond 4 GB.

Band names, wavelengths, SRF and facts are in the tag that GDAL reads and writes (42112, `GDAL_METADATA`), so that QGIS
and rasterio show them. A photo has no place on a map: there are no GeoTIFF coordinates.
"""

import json
from xml.etree import ElementTree

import numpy as np
import tifffile

from hsgan.errors import DataError
from hsgan.files.header import UNITS
from hsgan.files.raw_array import RawArray, mapped

SUFFIXES = (".tif",)
_GDAL_METADATA = 42112
_CLASSIC_LIMIT = 2**32 - 2**25  # bytes
_STRIP = 2**18  # bytes, roughly


class Writer:
    """Lays the file out, and completes its metadata at the end."""

    def __init__(self, paths, header):
        (self.path,) = paths
        row = 4 * header.width * header.wavelengths_nm.size
        offset, _ = tifffile.imwrite(
            self.path,
            shape=header.shape,
            dtype="<f4",
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
        self.array = RawArray(self.path, offset, header.shape)

    def put(self, place, block):
        self.array.put(place, block)

    def finish(self, header):
        with tifffile.TiffFile(self.path, mode="r+b") as file:
            file.pages.first.tags[_GDAL_METADATA].overwrite(_xml(header))


def targets(path):
    """Returns the one file."""
    return [path]


def read(path):
    """Reads such a file; the cube stays in the file."""
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        text, bands = page.tags.valueof(_GDAL_METADATA), page.samplesperpixel
        if not text:
            raise DataError(f"{path}: holds no wavelengths; is not a cube of hsgan.reconstruct")
        if not page.is_memmappable:
            raise DataError(
                f"{path}: must hold its cube uncompressed, in one piece; is not a cube of hsgan.reconstruct"
            )
        offset, shape, dtype = page.dataoffsets[0], page.shape, page.dtype.newbyteorder(file.byteorder)
    general, wavelengths_nm = {}, np.full(bands, np.nan, np.float32)
    for item in ElementTree.fromstring(text):
        if item.get("sample") is None:
            general[item.get("name")] = item.text or ""
        elif item.get("name") == "wavelength":
            wavelengths_nm[int(item.get("sample"))] = float(item.text)
    missing = {"srf", "hsgan_facts"} - set(general)
    if missing:
        raise DataError(f"{path}: holds no {', '.join(sorted(missing))}; is not a cube of hsgan.reconstruct")
    facts, srf = json.loads(general["hsgan_facts"]), np.array(json.loads(general["srf"]), np.float32)
    return mapped(path, dtype, offset, shape), wavelengths_nm, srf, facts


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
    add("srf", json.dumps([[float(f"{value:.9g}") for value in row] for row in header.srf]))
    add("hsgan_facts", json.dumps(header.facts))
    return ElementTree.tostring(root, encoding="us-ascii").decode("ascii")
