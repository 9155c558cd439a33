"""Follows a target from its first box: one correlation filter, some sizes a frame.

Source: Galoogahi et al. 2017 (`hsgan.track.correlation`). The features are exchangeable (`hsgan.track.features`); with
those of cubes the tracker is the one of Xiong, Zhou and Qian, "Material Based Object Tracking in Hyperspectral
Videos", TIP 2020. Three choices are ours. Features are made of the frame's own pixels and added up over the cells of
every window, in place of windows that are resampled first. A frame is searched twice: for the place by the free half
of the filter, as in the source, and from there by the half inside of the target's rectangle for the size and the rest
of the way. Another size must respond more by some percent: windows that are too small respond a little too much.
"""

import numpy as np
from scipy import fft

from hsgan.metrics.tracking import centers
from hsgan.track import correlation, window
from hsgan.track.features import Features
from hsgan.track.peak import find_peak
from hsgan.track.settings import Settings

# Of the window's side, on each side of it: maps are made a little around it, for the target will have moved.
_MARGIN = 0.05


class Tracker:
    """A target and what is known of its appearance.

    Args:
      features: what the filter sees of a window.
      frame: the first, [height, width, channels], as `features` wants it.
      box: of the target in it, float [4].
      settings: how it is followed; None takes the method's own.

    Raises:
      DataError: features that do not fit the frame.
    """

    def __init__(self, features: Features, frame: np.ndarray, box: np.ndarray, settings: Settings | None = None):
        self.features, self.settings = features, settings or Settings()
        self.center, self.first_size = centers(box), np.asarray(box[2:], np.float64)
        self.scale = 1.0
        self._measure()
        view = self._view(frame)
        features.begin(view.part(self.center / self.shrinking, self._cell_side() * self.cells))
        self.model = self._spectra(view, np.ones(1))[0]
        self.filters = self._train()

    @property
    def box(self) -> np.ndarray:
        """The target's present box, float64 [4]."""
        size = self.first_size * self.scale
        return np.concatenate([self.center - size / 2, size])

    def update(self, frame: np.ndarray) -> np.ndarray:
        """Finds the target in the next frame, learns how it looks there, and returns its box, float64 [4]."""
        view = self._view(frame)
        for half, factors in zip(self.filters, (np.ones(1), self.factors), strict=True):
            self._search(view, frame.shape, half, factors)
        rate = np.float32(self.settings.learning_rate)
        self.model = (1 - rate) * self.model + rate * self._spectra(view, np.ones(1))[0]
        self.filters = self._train()
        return self.box

    def _view(self, frame):
        return View(self.features, window.shrink(frame, self.shrinking), max(self.settings.cell // 2, 1))

    def _search(self, view, shape, half, factors):
        """Moves to the highest peak of the responses of windows of several sizes."""
        responses = correlation.response_spectrum(half, self._spectra(view, factors))
        steps = np.abs(np.arange(len(factors)) - len(factors) // 2)
        responses = responses * (self.settings.scale_penalty**steps)[:, None, None].astype(np.float32)
        best, row, column, _ = find_peak(responses, self.cells, self.settings.newton_steps)
        step = self._cell_side() * self.shrinking * factors[best]
        self.center = np.clip(self.center + step * np.array([column, row]), 0, (shape[1], shape[0]))
        self.scale = float(np.clip(self.scale * factors[best], *self._scale_limits(shape)))

    def _measure(self):
        """Fixes the window: its cells, and how many pixels of the frame a pixel of it is."""
        settings = self.settings
        side = settings.search_area * float(np.sqrt(self.first_size.prod()))
        self.cells = int(np.clip(round(side / settings.cell), 1, settings.max_cells))
        # Pixels of the frame a pixel of the window.
        self.pixel = side / (self.cells * settings.cell)
        self.shrinking = max(int(self.pixel), 1)
        target = self.first_size / (self.pixel * settings.cell)
        self.inside = correlation.support(self.cells, self.cells, target[1], target[0])
        sigma = settings.label_sigma * float(np.sqrt(target.prod()))
        self.label = fft.rfft2(correlation.gaussian_label(self.cells, self.cells, sigma))
        self.hann = correlation.hann_window(self.cells, self.cells)
        self.factors = settings.scale_step ** (np.arange(settings.scales) - settings.scales // 2)

    def _cell_side(self):
        """Returns the side of a cell at the present scale, pixels of the shrunk frame."""
        return self.settings.cell * self.pixel * self.scale / self.shrinking

    def _spectra(self, view, factors):
        """Returns the spectra of windows around the target, of sizes that differ by `factors`."""
        cells = view.cells(self.center / self.shrinking, self._cell_side() * factors, self.cells)
        return correlation.spectrum(cells * self.hann)

    def _train(self):
        settings = self.settings
        return correlation.train_filter(
            self.model, self.label, self.inside, self.cells, settings.regularization, settings.penalty,
            settings.penalty_growth, settings.penalty_limit, settings.iterations,
        )  # fmt: skip

    def _scale_limits(self, shape):
        """Returns the (smallest, largest) scale: a target of a cell or more, and no larger than the frame."""
        smallest = self.settings.cell / self.first_size.min()
        largest = min(shape[1] / self.first_size[0], shape[0] / self.first_size[1])
        return min(smallest, 1.0), max(largest, 1.0)


class View:
    """A frame, of which no more is looked at than windows need.

    Args:
      features: that are made of it.
      frame: [height, width, channels].
      grain: side of the squares of pixels that cells are made of.
    """

    def __init__(self, features: Features, frame: np.ndarray, grain: int):
        self.features, self.grain = features, grain
        # A last row or column that fills no square is left out.
        self.shape = tuple(max(length // grain, 1) for length in frame.shape[:2])
        self.frame = frame[: self.shape[0] * grain, : self.shape[1] * grain]
        self.spans = ((0, 0), (0, 0))
        self.maps: list[np.ndarray] = []

    def part(self, center: np.ndarray, side: float) -> np.ndarray:
        """Returns the pixels of a square around `center`, (x, y), as far as the frame has it."""
        rows, columns = (slice(*(self.grain * limit for limit in span)) for span in self._spans(center, side))
        return self.frame[rows, columns]

    def cells(self, center: np.ndarray, sides: np.ndarray, count: int) -> np.ndarray:
        """Returns the features of square windows around one place, float32 [windows, count, count, channels].

        Args:
          center: (x, y) of the place, pixels.
          sides: of the cells of each window, pixels.
          count: of cells along a side.
        """
        # Bilinear shares reach half a cell beyond the window.
        self._look(center, (count + 1) * float(max(sides)))
        within, across = (
            [
                np.stack([window.shares(span, middle / self.grain, side / self.grain, count, beyond) for side in sides])
                for span, middle in zip(self.spans, center[::-1], strict=True)
            ]
            for beyond in (False, True)
        )
        return self.features(self.maps, within, across)

    def _look(self, center, side):
        """Makes the maps of a square, unless they are there."""
        needed = self._spans(center, side)
        if all(have[0] <= need[0] and need[1] <= have[1] for have, need in zip(self.spans, needed, strict=True)):
            return
        side = side * (1 + 2 * _MARGIN)
        self.spans, self.maps = self._spans(center, side), self.features.maps(self.part(center, side), self.grain)

    def _spans(self, center, side):
        """Returns ((first row of squares, one after the last), the same of columns)."""
        return tuple(
            window.span(middle / self.grain, side / self.grain, length)
            for middle, length in zip(center[::-1], self.shape, strict=True)
        )
