"""Measured reflectances and illuminants of colour-science, for the demo scenes.

Reflectances: the 99 test colour samples of CIE 224:2017 (ANSI/IES TM-30), 190 patches measured for rawtoaces, and the
24 of a ColorChecker (N. Ohta). Lights: CIE daylights, A, fluorescent lamps and LEDs (CIE 15).
"""

from dataclasses import dataclass

import numpy as np

from hsgan.errors import DataError
from hsgan.spectra.reflectances import measured

CLASS_NAMES = ("white and gray", "black", "red", "orange and brown", "yellow", "green", "blue", "purple")
MEASURED_NM = (380, 780)
SETS = ("CIE 224:2017", "rawtoaces", "ColorChecker N Ohta")
_CLASS_GRID_NM = np.arange(400.0, 701.0, 10.0)
_HUE_LIMITS_DEG = (
    (15, "red"),
    (40, "orange and brown"),
    (70, "yellow"),
    (170, "green"),
    (260, "blue"),
    (330, "purple"),
    (361, "red"),
)
_DAYLIGHTS = ("D50", "D55", "D60", "D65", "D75")
_LEDS = ("LED-B1", "LED-B2", "LED-B3", "LED-B4", "LED-B5", "LED-V1")
_FLUORESCENTS = ("FL2", "FL4", "FL8", "FL11")


@dataclass(frozen=True, eq=False)
class Materials:
    """Materials and lights on one wavelength grid.

    Attributes:
      reflectances: float32 [materials, bands], in [0, 1].
      classes: int [materials], index into `CLASS_NAMES`.
      lights: {name: float32 [bands]}, relative power, mean 1.
    """

    reflectances: np.ndarray
    classes: np.ndarray
    lights: dict

    def draw_light(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Returns `(direct, ambient)`, each [bands] with mean 1: mostly daylight, else tungsten, LED or fluorescent."""
        kind = rng.choice(4, p=[0.6, 0.2, 0.12, 0.08])
        if kind == 0:
            direct = self._between(rng, *_DAYLIGHTS)
            return direct, (direct + self.lights["D75"]) / 2
        names = {1: ("A",), 2: _LEDS, 3: _FLUORESCENTS}[int(kind)]
        direct = self.lights[rng.choice(names)]
        return direct, 0.7 * direct + 0.3 * self._between(rng, "A", "D65")

    def _between(self, rng, *names):
        position = rng.uniform(0, len(names) - 1)
        first = min(int(position), len(names) - 2)
        share = position - first
        return (1 - share) * self.lights[names[first]] + share * self.lights[names[first + 1]]


def check_wavelengths(wavelengths_nm: np.ndarray) -> None:
    """Raises `DataError` unless `wavelengths_nm`, ascending, lie within what was measured."""
    low, high = MEASURED_NM
    if wavelengths_nm[0] < low or wavelengths_nm[-1] > high:
        raise DataError(
            f"config.wavelengths: the demo set's materials were measured at {low}-{high} nm. "
            f"Received: {wavelengths_nm[0]:g}-{wavelengths_nm[-1]:g} nm"
        )


def load(wavelengths_nm: np.ndarray) -> Materials:
    """Returns the `Materials` on `wavelengths_nm`.

    Raises:
      DataError: wavelengths outside what was measured, 380-780 nm.
    """
    wavelengths_nm = np.asarray(wavelengths_nm, np.float64)
    check_wavelengths(wavelengths_nm)
    import colour

    curves = [curve for name in SETS for curve in measured(name)]
    reflectances = np.array([np.interp(wavelengths_nm, *curve) for curve in curves], np.float32)
    lights = {}
    for name in (*_DAYLIGHTS, "A", *_LEDS, *_FLUORESCENTS):
        sd = colour.SDS_ILLUMINANTS[name]
        smoothed = np.convolve(np.pad(sd.values, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
        power = np.interp(wavelengths_nm, sd.wavelengths, smoothed)
        lights[name] = (power / power.mean()).astype(np.float32)
    classes = np.array([_class_of(np.interp(_CLASS_GRID_NM, *curve)) for curve in curves])
    return Materials(np.clip(reflectances, 0, 1), classes, lights)


def _class_of(reflectance):
    """Returns the class of a reflectance on 400-700 nm, from its means over the blue, green and red thirds."""
    blue, green, red = reflectance[:10].mean(), reflectance[10:19].mean(), reflectance[19:].mean()
    high, low = max(red, green, blue), min(red, green, blue)
    if high < 0.08:
        return CLASS_NAMES.index("black")
    if high - low < 0.25 * high:
        return CLASS_NAMES.index("white and gray")
    if high == red:
        hue = (green - blue) / (high - low) % 6
    elif high == green:
        hue = (blue - red) / (high - low) + 2
    else:
        hue = (red - green) / (high - low) + 4
    return CLASS_NAMES.index(next(name for limit, name in _HUE_LIMITS_DEG if 60 * hue < limit))
