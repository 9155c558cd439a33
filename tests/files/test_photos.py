"""Photos of every kind that is read, written by independent libraries; and every kind that is refused."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, ImageOps

from hsgan.errors import DataError
from hsgan.files.photos import read_photo

STEP = 1e-6  # float32 rounding of values up to 1


def codes(dtype=np.uint8, height=6, width=9):
    full = np.iinfo(dtype).max
    return np.random.default_rng(5).integers(0, full, (height, width, 3), dtype, endpoint=True)


def decoded(values):
    """sRGB decoding by IEC 61966-2-1, in double precision."""
    encoded = values / np.iinfo(values.dtype).max
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_8_bit_is_decoded_from_srgb(tmp_path, suffix):
    Image.fromarray(codes()).save(tmp_path / f"a.{suffix}")
    rgb = read_photo(tmp_path / f"a.{suffix}")
    assert rgb.dtype == np.float32 and rgb.shape == (6, 9, 3) and rgb.flags.c_contiguous
    np.testing.assert_allclose(rgb, decoded(codes()), atol=STEP)


def test_jpeg_is_decoded_from_srgb(tmp_path):
    Image.new("RGB", (16, 8), (200, 60, 60)).save(tmp_path / "a.jpg", quality=100, subsampling=0)
    # JPEG's own rounding: two codes of 255 at most, whose slope in linear light is below 2.3.
    expected = decoded(np.array([200, 60, 60], np.uint8))
    np.testing.assert_allclose(read_photo(tmp_path / "a.jpg")[3, 5], expected, atol=2.3 * 2 / 255)


def test_16_bit_png_and_tiff_keep_their_depth(tmp_path):
    values = codes(np.uint16)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(values))
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb")
    tifffile.imwrite(tmp_path / "b.tiff", np.moveaxis(values, -1, 0), photometric="rgb", planarconfig="separate")
    for name in ("a.png", "a.tif", "b.tiff"):
        np.testing.assert_allclose(read_photo(tmp_path / name), decoded(values), atol=STEP)


def test_linear_encoding_only_scales(tmp_path):
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(codes(np.uint16)))
    np.testing.assert_allclose(read_photo(tmp_path / "a.png", "linear"), codes(np.uint16) / 65535, atol=STEP)


def heic(image, **options):
    import pillow_heif

    pillow_heif.register_heif_opener()
    return encoded(image, "HEIF", **options)


def test_heic_is_a_developed_picture(tmp_path):
    (tmp_path / "IMG_1.HEIC").write_bytes(heic(Image.new("RGB", (40, 24), (200, 60, 60)), quality=95))
    rgb = read_photo(tmp_path / "IMG_1.HEIC")
    assert rgb.shape == (24, 40, 3)
    # Its own rounding: two codes of 255, whose slope in linear light is below 2.3.
    np.testing.assert_allclose(rgb[3, 5], decoded(np.array([200, 60, 60], np.uint8)), atol=2.3 * 2 / 255)


def test_the_profile_of_heic_is_converted(tmp_path):
    corners = [value for x, y in WIDE_GAMUT.values() for value in (x, y, 1)]
    profile = imagecodecs.cms_profile("rgb", primaries=corners, whitepoint=[*D65, 1], gamma=2.2)
    image = Image.new("RGB", (16, 16), (120, 160, 90))
    (tmp_path / "a.heif").write_bytes(heic(image, quality=95, icc_profile=profile))
    image.save(tmp_path / "a.png", icc_profile=profile)
    # Two codes of the encoder.
    np.testing.assert_allclose(read_photo(tmp_path / "a.heif"), read_photo(tmp_path / "a.png"), atol=2.3 * 2 / 255)


def test_heic_without_its_package_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x1cftypheic" + bytes(40))
    with pytest.raises(DataError, match=r"a\.heic: is (damaged|not a photo)"):
        read_photo(tmp_path / "a.heic")
    monkeypatch.setattr("hsgan.files.heic.find_spec", lambda _: None)
    with pytest.raises(DataError, match=r"a\.heic: HEIC needs the package pillow-heif: pip install 'hsgan\[heic\]'"):
        read_photo(tmp_path / "a.heic")


RUBBISH = {
    "cut": b"Exif\0\0II*\0\xff\xff\xff\xff",
    "entries": b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01" * 50,
    "no EXIF": b"rubbish" * 5,
    "orientation 99": b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x63\0\0\0\0\0\0",
    "text": b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x04abc\0\0\0\0\0",
}


@pytest.mark.parametrize("kind", RUBBISH)
def test_rubbish_in_exif_leaves_the_photo_as_it_is(tmp_path, kind):
    Image.new("RGB", (16, 8), (200, 60, 60)).save(tmp_path / "plain.jpg")
    Image.new("RGB", (16, 8), (200, 60, 60)).save(tmp_path / "a.jpg", exif=RUBBISH[kind])
    np.testing.assert_array_equal(read_photo(tmp_path / "a.jpg"), read_photo(tmp_path / "plain.jpg"))


@pytest.mark.parametrize("encoding", ["srgb", "linear"])
def test_float_tiff_is_linear(tmp_path, encoding):
    values = np.random.default_rng(0).random((5, 4, 3), np.float32)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", compression="deflate")
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif", encoding), values)


def test_one_pixel_is_a_photo(tmp_path):
    Image.new("RGB", (1, 1), (255, 0, 255)).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_photo(tmp_path / "a.png"), [[[1, 0, 1]]])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_exif_orientation_is_applied(tmp_path, suffix, orientation):
    path, image = tmp_path / f"a.{suffix}", Image.fromarray(codes())
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, **({"exif": exif} if suffix == "png" else {"tiffinfo": {0x0112: orientation}}))
    with Image.open(path) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored))
    np.testing.assert_allclose(read_photo(path), decoded(expected), atol=STEP)


WIDE_GAMUT = {"red": (0.64, 0.33), "green": (0.21, 0.71), "blue": (0.15, 0.06)}
SRGB = {"red": (0.64, 0.33), "green": (0.3, 0.6), "blue": (0.15, 0.06)}
D65 = (0.3127, 0.3290)


def rgb_to_xyz(corners):
    """The textbook matrix of three primaries and D65."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in corners.values()]).T
    white = np.array([D65[0] / D65[1], 1, (1 - sum(D65)) / D65[1]])
    return columns * np.linalg.solve(columns, white)


def test_embedded_profile_is_converted_to_srgb(tmp_path):
    corners = [value for x, y in WIDE_GAMUT.values() for value in (x, y, 1)]
    profile = imagecodecs.cms_profile("rgb", primaries=corners, whitepoint=[*D65, 1], gamma=2.2)
    image = Image.fromarray(codes())
    image.save(tmp_path / "a.png", icc_profile=profile)
    tifffile.imwrite(tmp_path / "b.tif", codes().astype(np.uint16) * 257, photometric="rgb", iccprofile=profile)
    matrix = np.linalg.solve(rgb_to_xyz(SRGB), rgb_to_xyz(WIDE_GAMUT))
    expected = np.clip((codes() / 255) ** 2.2 @ matrix.T, 0, 1)
    # The profile's numbers have 16 bits, and so have the 16-bit values; darkest codes feel the gamma's rounding most.
    np.testing.assert_allclose(read_photo(tmp_path / "b.tif"), expected, atol=2e-3)
    # 8 bits: one code, whose slope in linear light is below 2.3, and the color engine's own 8-bit rounding.
    np.testing.assert_allclose(read_photo(tmp_path / "a.png"), expected, atol=2.3 * 1.5 / 255)
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    converted = np.asarray(ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB")))
    np.testing.assert_allclose(read_photo(tmp_path / "a.png"), decoded(converted), atol=2.3 * 1.1 / 255)
    np.testing.assert_allclose(read_photo(tmp_path / "a.png", "linear"), codes() / 255, atol=STEP)


def test_srgb_profile_changes_nothing(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(codes()).save(tmp_path / "a.png", icc_profile=profile)
    np.testing.assert_allclose(read_photo(tmp_path / "a.png"), decoded(codes()), atol=STEP)


def test_opaque_alpha_and_palette_are_read(tmp_path):
    Image.fromarray(codes()).convert("RGBA").save(tmp_path / "a.png")
    np.testing.assert_allclose(read_photo(tmp_path / "a.png"), decoded(codes()), atol=STEP)
    Image.new("RGB", (4, 4), (10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "p.png")
    expected = decoded(np.array([10, 200, 30], np.uint8))
    np.testing.assert_allclose(read_photo(tmp_path / "p.png")[0, 0], expected, atol=STEP)


def bomb(side):
    """A PNG header of `side` x `side` pixels with next to nothing behind it."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 100)
    blocks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (chunk, data)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(blocks)


def encoded(image, suffix="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, suffix, **options)
    return buffer.getvalue()


def tiff(values, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def tiff_bomb():
    buffer = io.BytesIO(tiff(codes(), photometric="rgb"))
    with tifffile.TiffFile(buffer) as file:
        fields = {tag: file.pages.first.tags[tag].valueoffset for tag in ("ImageWidth", "ImageLength")}
        types = {tag: file.pages.first.tags[tag].dtype for tag in fields}
    content = bytearray(buffer.getvalue())
    for tag, offset in fields.items():
        struct.pack_into("<H" if types[tag] == tifffile.DATATYPE.SHORT else "<I", content, offset, 13000)
    return bytes(content)


PHOTO = Image.fromarray(codes(height=40, width=50))
REFUSED = {
    "empty": ("a.jpg", b"", "is an empty file"),
    "text": ("a.png", b"I am not a picture at all.\n", "is not a photo that can be read"),
    "truncated JPEG": ("a.jpg", encoded(PHOTO, "JPEG")[:-500], "is damaged or truncated"),
    "truncated PNG": ("a.png", encoded(PHOTO)[:-500], "is damaged or truncated"),
    "truncated 16-bit PNG": ("a.png", imagecodecs.png_encode(codes(np.uint16, 40, 50))[:-500], "is damaged or trunc"),
    "truncated TIFF": ("a.tif", tiff(codes(), photometric="rgb")[:-50], "is damaged or truncated"),
    "bomb": ("a.png", bomb(60000), "more than 150 million pixels"),
    "bomb that Pillow lets pass": ("a.png", bomb(13000), "more than 150 million pixels"),
    "TIFF bomb": ("a.tif", tiff_bomb(), "Received: 13000 x 13000"),
    "GIF": ("a.gif", encoded(PHOTO, "GIF"), "is a GIF, of up to 256 colors; --convert reads its first frame"),
    "damaged HEIC": ("a.heic", heic(PHOTO)[:-700], "is damaged or truncated"),
    "gray": ("a.png", encoded(PHOTO.convert("L")), "is a gray photo"),
    "gray 16-bit": ("a.png", imagecodecs.png_encode(codes(np.uint16)[..., 0].copy()), "is a gray photo"),
    "gray TIFF": ("a.tif", tiff(codes()[..., 0], photometric="minisblack"), "is a gray photo"),
    "CMYK": ("a.jpg", encoded(PHOTO.convert("CMYK"), "JPEG"), "Received: color mode CMYK"),
    "transparent": ("a.png", encoded(Image.new("RGBA", (4, 4), (1, 2, 3, 254))), "has transparent pixels"),
    "color key": ("a.png", encoded(Image.new("RGB", (4, 4), (1, 2, 3)), transparency=(1, 2, 3)), "has transparent"),
    "float out of range": ("a.tif", tiff(np.full((3, 3, 3), 1.5, np.float32), photometric="rgb"), "1.5 to 1.5"),
    "NaN": ("a.tif", tiff(np.full((3, 3, 3), np.nan, np.float32), photometric="rgb"), "must be linear light in"),
    "32-bit integers": ("a.tif", tiff(codes().astype(np.uint32), photometric="rgb"), "Received: uint32"),
    "RAW": ("a.nef", tiff(codes(), photometric="rgb"), "is not a RAW photo that LibRaw knows"),
    "bad profile": ("a.png", encoded(PHOTO, icc_profile=b"nonsense" * 40), "its ICC profile is damaged"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_unfit_file_gets_one_line(tmp_path, kind):
    name, content, message = REFUSED[kind]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_photo(tmp_path / name)
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / name}: ") and message in text and "\n" not in text


def test_missing_file_and_folder_are_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.png: no such file"):
        read_photo(tmp_path / "none.png")
    with pytest.raises(DataError, match="is a folder"):
        read_photo(tmp_path)


def test_unknown_encoding_is_refused(tmp_path):
    with pytest.raises(ValueError, match="must be one of srgb, linear"):
        read_photo(tmp_path, "raw")


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "b.png", "a.tif"])
def test_damaged_files_never_escape_as_other_errors(tmp_path, name):
    original = {
        "a.jpg": encoded(PHOTO, "JPEG"),
        "a.png": encoded(PHOTO),
        "b.png": imagecodecs.png_encode(codes(np.uint16, 40, 50)),
        "a.tif": tiff(codes(np.uint16, 40, 50), photometric="rgb", compression="lzw"),
    }[name]
    rng, refused = np.random.default_rng(1), 0
    for _ in range(60):
        content = bytearray(original)
        content[rng.integers(2, 200)] = rng.integers(256)
        (tmp_path / name).write_bytes(content[: rng.integers(100, 2 * len(content))])
        try:
            rgb = read_photo(tmp_path / name)
        except DataError:
            refused += 1
        else:
            assert np.isfinite(rgb).all() and rgb.shape[-1] == 3
    assert refused > 10
