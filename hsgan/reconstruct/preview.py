"""The preview of a reconstructed photo: what went in, what the cube looks like, some bands, some spectra."""

import numpy as np
from matplotlib.figure import Figure

from hsgan.files.header import RADIANCE, quantity_label
from hsgan.plot.figures import METHOD_COLORS, mark_points
from hsgan.plot.rendering import gray_band, nearest_bands, peak_of, pick_points, pseudo_rgb
from hsgan.spectra.imaging import srgb_encode

SHOWN_BANDS_NM = (420, 470, 520, 570, 620, 670)
LARGEST_SIDE = 512


class Sample:
    """Every so many pixels of a cube that comes block by block: enough for a preview.

    Args:
      shape: (height, width, bands) of the whole.
      matrix: float32 [channels, bands], what is kept of a pixel; None: its spectrum.

    Attributes:
      step: pixels from one to the next, in both directions.
      cube: float32 [height, width, bands or channels] of what is kept.
    """

    def __init__(self, shape: tuple[int, int, int], matrix: np.ndarray | None = None):
        self.step, self.matrix = sampling_step(shape), matrix
        channels = shape[2] if matrix is None else len(matrix)
        self.cube = np.zeros((*(-(-side // self.step) for side in shape[:2]), channels), np.float32)

    def add(self, rows: slice, columns: slice, block: np.ndarray) -> None:
        """Takes from a block [rows, columns, bands] what belongs to the sample."""
        first = [-part.start % self.step for part in (rows, columns)]
        kept = block[first[0] :: self.step, first[1] :: self.step]
        row, column = (-(-part.start // self.step) for part in (rows, columns))
        place = self.cube[row : row + kept.shape[0], column : column + kept.shape[1]]
        place[...] = kept if self.matrix is None else kept @ self.matrix.T


def sampling_step(shape: tuple[int, ...]) -> int:
    """Returns how many pixels apart those are that are shown of an image [height, width, ...], in both directions."""
    return max(1, -(-max(shape[:2]) // LARGEST_SIDE))


def preview(
    name: str,
    rgb: np.ndarray,
    cube: np.ndarray,
    wavelengths_nm: np.ndarray,
    check: dict[str, float],
    quantity: str = RADIANCE,
) -> Figure:
    """Returns the preview figure.

    Args:
      name: title.
      rgb: float32 [height, width, 3], linear, [0, 1]; of a large photo a `Sample`, like the cube.
      cube: float32 [height, width, bands].
      wavelengths_nm: float32 [bands].
      check: `hsgan.reconstruct.round_trip.round_trip`.
      quantity: of the cube, radiance or reflectance.
    """
    points = pick_points(cube)
    bands = nearest_bands(wavelengths_nm, SHOWN_BANDS_NM)
    aspect = min(max(rgb.shape[0] / rgb.shape[1], 0.5), 1.6)
    heights = 3.8 * aspect + 1.0, 2.1 * aspect + 0.4
    figure = Figure(figsize=(13, sum(heights) + 0.2), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=heights)
    photo, rendered, plot = top.subplots(1, 3, width_ratios=(1, 1, 1.25))
    mark_points(photo, srgb_encode(rgb).numpy(), points)
    photo.set_title("photo")
    rendered.imshow(pseudo_rgb(cube, wavelengths_nm))
    rendered.set(title="cube, as an observer sees it (own exposure)", xticks=[], yticks=[])
    for number, (row, column) in enumerate(points, 1):
        color = METHOD_COLORS[(number - 1) % len(METHOD_COLORS)]
        plot.plot(wavelengths_nm, cube[row, column], color=color, linewidth=1.8, label=f"point {number}")
    plot.set(title="spectra at the points", xlabel="wavelength (nm)", ylabel=quantity_label(quantity))
    plot.set_ylim(bottom=min(0, plot.get_ylim()[0]))
    plot.grid(alpha=0.25)
    plot.legend(frameon=False, fontsize=9)
    white = peak_of(cube[..., bands])
    for axis, band in zip(bottom.subplots(1, len(bands), squeeze=False)[0], bands, strict=True):
        axis.imshow(gray_band(cube[..., band], white), cmap="gray", vmin=0, vmax=1)
        axis.set(title=f"{wavelengths_nm[band]:g} nm", xticks=[], yticks=[])
    figure.suptitle(
        f"{name}:  {len(wavelengths_nm)} bands, {wavelengths_nm[0]:g}-{wavelengths_nm[-1]:g} nm;  round trip to RGB: "
        f"RMSE {check['rmse']:.4f}, {check['psnr']:.1f} dB, brightness x{check['brightness']:.3f}"
    )
    return figure
