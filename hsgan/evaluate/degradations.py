"""What goes wrong between a scene and its photo, in levels: noise, JPEG, exposure, light, camera, metamers.

A degradation is built for a level and a camera, and then applied to a scene: `(scene, truth, rgb) -> Degraded`. Cubes
float32 [height, width, bands] and RGB float32 [height, width, 3], linear, [0, 1]. The same seed, scene and level give
the same numbers; a scene's noise has one pattern, which the level scales.
Source: method section 14; Fu et al., "Limitations of data-driven spectral reconstruction", 2025.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hsgan.errors import ConfigError, DataError
from hsgan.evaluate.processing import compressed, processed
from hsgan.spectra import illuminants, imaging
from hsgan.spectra.metamers import metamer
from hsgan.spectra.srf import varied

# The light that scenes are taken to be recorded in; the ratio of another to it relights them.
SCENE_LIGHT = "D65"
NO_JPEG = "none"


class Degraded(NamedTuple):
    """A scene after a degradation.

    Attributes:
      truth: float32 [height, width, bands], what the methods are compared with.
      rgb: float32 [height, width, 3], what they get.
      srf: float32 [3, bands], of the camera that made it.
      gain: by which their cubes are divided before the comparison, e.g. 2 for a photo that was exposed by a stop more.
    """

    truth: np.ndarray
    rgb: np.ndarray
    srf: np.ndarray
    gain: float = 1.0


Degrade = Callable[[str, np.ndarray, np.ndarray], Degraded]  # (scene, truth, rgb)


@dataclass(frozen=True)
class Setting:
    """What a degradation is built for.

    Attributes:
      srf: float32 [3, bands], of the test camera. wavelengths_nm: float [bands].
      seed: of whatever is random. cameras: {name: srf} of other cameras, or None.
    """

    srf: np.ndarray
    wavelengths_nm: np.ndarray
    seed: int = 0
    cameras: Mapping[str, np.ndarray] | None = None


@dataclass(frozen=True)
class Degradation:
    """One axis of the stress suite.

    Attributes:
      label: for the axis of a figure, with the unit.
      clean: the level at which nothing changes; evaluated once for all degradations.
      levels: the default ones, from end to end, `clean` among them.
      build: function (level, `Setting`) -> function (scene, truth, rgb) -> `Degraded`. It raises `ConfigError` for a
        level out of range.
    """

    label: str
    clean: object
    levels: tuple
    build: Callable


def read_noise(level: float, setting: Setting) -> Degrade:
    """Gaussian noise of standard deviation `level`, of full scale, then clipping to [0, 1]."""
    _check(_is_number(level) and 0 <= level <= 1, "read_noise", "must be a standard deviation in [0, 1]", level)
    return _noise(setting, read=level)


def shot_noise(level: float, setting: Setting) -> Degrade:
    """Gaussian noise of variance `level * rgb` (one over the electrons at full scale), then clipping to [0, 1]."""
    _check(_is_number(level) and 0 <= level <= 1, "shot_noise", "must be a variance at full scale in [0, 1]", level)
    return _noise(setting, shot=level)


def jpeg(level: int, setting: Setting) -> Degrade:
    """An sRGB JPEG of quality `level`, 8 bits, as Pillow writes it (colors at half resolution), read back as linear."""
    _check(isinstance(level, int) and 1 <= level <= 100, "jpeg", "must be a whole number, 1 to 100", level)

    def degrade(scene, truth, rgb):
        return Degraded(truth, processed(rgb, compressed(level)), setting.srf)

    return degrade


def exposure(level: float, setting: Setting) -> Degrade:
    """An exposure of `level` stops, the sensor saturating at 1; the methods' cubes are scaled back for comparison."""
    _check(_is_number(level) and -16 <= level <= 16, "exposure", "must be stops in [-16, 16]", level)
    gain = 2.0**level
    return lambda scene, truth, rgb: Degraded(truth, imaging.expose(rgb, level).numpy(), setting.srf, gain)


def illuminant(level: str, setting: Setting) -> Degrade:
    """The scene in another light, by its CIE name: the cube times the ratio of that light to `SCENE_LIGHT`.

    The mean radiance stays, so that errors can be compared; single values may exceed 1, and nothing saturates.
    """
    try:
        lights = [illuminants.illuminant(name, setting.wavelengths_nm) for name in (level, SCENE_LIGHT)]
    except DataError as error:
        raise ConfigError(f"stress: {error}") from error
    ratio = (lights[0] / lights[1]).astype(np.float32)

    def degrade(scene, truth, rgb):
        relit = truth * ratio
        before, after = (float(cube.mean(dtype=np.float64)) for cube in (truth, relit))
        relit *= np.float32(before / after if after > 0 else 1)
        return Degraded(relit, imaging.project(relit, setting.srf).numpy(), setting.srf)

    return degrade


def camera_shift(level: float, setting: Setting) -> Degrade:
    """A camera whose curves are shifted by `level` nm; methods that are told the camera are told the unshifted one."""
    _check(_is_number(level), "camera_shift", "must be a number of nm", level)
    try:
        return _camera(varied(setting.srf, setting.wavelengths_nm, shift_nm=level))
    except DataError as error:
        raise ConfigError(f"stress: level of camera_shift: {error}") from error


def camera(level: str, setting: Setting) -> Degrade:
    """Another camera by name, of `Setting.cameras`; methods that are told the camera are told the first one."""
    known = setting.cameras or {}
    there = ", ".join(known) or "none was given"
    _check(level in known, "camera", f"must be one of the other cameras ({there})", level)
    return _camera(known[level])


def metamers(level: float, setting: Setting) -> Degrade:
    """A metamer: the truth plus a black of `level` times its length that the camera does not see; the same RGB."""
    _check(_is_number(level) and level >= 0, "metamer", "must not be negative", level)

    def degrade(scene, truth, rgb):
        return Degraded(metamer(truth, setting.srf, level, _seed(setting, scene)), rgb, setting.srf)

    return degrade


DEGRADATIONS = {
    "read_noise": Degradation("read noise (of full scale)", 0, (0, 0.002, 0.005, 0.01, 0.02, 0.05), read_noise),
    "shot_noise": Degradation("shot noise (variance at full scale)", 0, (0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2), shot_noise),
    "jpeg": Degradation("JPEG quality", NO_JPEG, (NO_JPEG, 100, 95, 90, 75, 50, 25), jpeg),
    "exposure": Degradation("exposure (stops)", 0, (-2, -1, 0, 1, 2), exposure),
    "illuminant": Degradation("light", SCENE_LIGHT, (SCENE_LIGHT, "D50", "A", "LED-B3", "FL11"), illuminant),
    "camera_shift": Degradation("camera shifted (nm)", 0, (-20, -10, -5, 0, 5, 10, 20), camera_shift),
    "metamer": Degradation("metameric black (of the spectrum)", 0, (0, 0.05, 0.1, 0.2, 0.4), metamers),
}


def other_cameras(camera_name: str, cameras: Mapping[str, np.ndarray]) -> Degradation:
    """Returns the `Degradation` whose levels are the test camera and then `cameras` {name: srf}."""
    return Degradation("camera", camera_name, (camera_name, *cameras), camera)


def _noise(setting, **strength):
    def degrade(scene, truth, rgb):
        noisy = imaging.add_noise(rgb, _seed(setting, scene), **strength).numpy()
        return Degraded(truth, np.clip(noisy, 0, 1), setting.srf)

    return degrade


def _camera(srf):
    return lambda scene, truth, rgb: Degraded(truth, imaging.project(truth, srf).numpy(), srf)


def _seed(setting, scene):
    return [setting.seed, zlib.crc32(scene.encode()) & 0x7FFFFFFF]


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)


def _check(holds, name, rule, level):
    if not holds:
        raise ConfigError(f"stress: level of {name}: {rule}. Received: {level!r}")
