"""Records on one page: cubes in pseudo color with spectra, photos beside their labels, frames with their boxes."""

import io

import imagecodecs
import matplotlib
import numpy as np
import PIL.Image
from matplotlib.figure import Figure

from hsgan.plot.rendering import peak_of, pick_points, pseudo_rgb
from hsgan.records.values import VOID

_SIDE = 320
_COLUMNS = 3
_VOID_COLOR = (0.0, 0.0, 0.0)


def draw(records, wavelengths_nm=(), title=""):
    """Returns a matplotlib figure of records of one kind.

    Args:
      records: [(split, record)].
      wavelengths_nm: of cubes.
      title: above all.
    """
    rows = -(-len(records) // _COLUMNS)
    figure = Figure(figsize=(4.6 * _COLUMNS, 0.5 + 2.4 * rows), layout="constrained")
    figure.suptitle(title, fontsize=10)
    axes = np.atleast_2d(figure.subplots(rows, 2 * _COLUMNS)).reshape(-1, 2)
    for pair, (split, record) in zip(axes, records, strict=False):
        _draw(pair, record, np.asarray(wavelengths_nm))
        pair[0].set_title(f"{record.scene} ({split})", fontsize=7, loc="left")
    for axis in axes.ravel():
        axis.tick_params(labelsize=6)
        if not axis.lines:
            axis.axis("off")
    return figure


def _draw(pair, record, wavelengths_nm):
    if hasattr(record, "wavelengths_nm"):
        _draw_cube(pair, record, wavelengths_nm)
    elif hasattr(record, "boxes"):
        _draw_frame(pair, record)
    else:
        pair[0].imshow(_thumbnail(record.image))
        if record.labels is not None:
            pair[1].imshow(label_colors(record.labels), interpolation="nearest")


def _draw_cube(pair, record, wavelengths_nm):
    step = max(1, max(record.values.shape[:2]) // _SIDE)
    cube = record.values[::step, ::step].astype(np.float32) * record.scale
    pair[0].imshow(np.clip(pseudo_rgb(cube, wavelengths_nm), 0, 1))
    for index, (row, column) in enumerate(pick_points(cube)):
        pair[0].plot(column, row, "o", color=f"C{index}", markeredgecolor="white", markersize=5)
        pair[1].plot(wavelengths_nm, cube[row, column], color=f"C{index}", linewidth=1)
    pair[0].set_axis_off()
    pair[1].set_ylim(0)
    pair[1].set_xlabel("nm", fontsize=6)


def _draw_frame(pair, record):
    if record.mosaic:
        cube = record.cube().astype(np.float32)
        pair[0].imshow(np.clip(cube.mean(axis=2) / peak_of(cube), 0, 1), cmap="gray")
        if record.false_color is not None:
            pair[1].imshow(_thumbnail(record.false_color))
    else:
        pair[0].imshow(PIL.Image.open(io.BytesIO(record.image)))
    for index, (left, top, width, height) in enumerate(record.boxes):
        pair[0].add_patch(
            matplotlib.patches.Rectangle((left, top), width, height, fill=False, edgecolor=f"C{index}", linewidth=1.5)
        )


def _thumbnail(data):
    with PIL.Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (_SIDE, _SIDE))
        image = image.convert("RGB") if image.mode != "I;16" else PIL.Image.fromarray(imagecodecs.png_decode(data) >> 8)
        image.thumbnail((_SIDE, _SIDE))
        return np.asarray(image)


def label_colors(labels):
    """Returns labels [height, width] as float [height, width, 3]: one fixed color a class, black for void."""
    table = np.array([matplotlib.colormaps["hsv"]((0.618034 * index) % 1.0)[:3] for index in range(256)])
    table *= 0.6 + 0.4 * (np.arange(256) % 3 == 0)[:, None]
    table[VOID] = _VOID_COLOR
    return table[labels]
