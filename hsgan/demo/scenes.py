"""Imagined scenes of measured materials: where which material lies, and how light falls on it.

A `Scene` holds no spectra: it is rendered by `render` onto spectral bands, or, as all of it is linear, straight onto a
camera's channels. Everything is drawn at twice the size and averaged 2x2, so that pixels at edges mix materials.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from hsgan.demo.materials import Materials


@dataclass(eq=False)
class Scene:
    """Per pixel [2 size, 2 size]: two materials and the share of the first, and the light.

    Attributes:
      first, second: int, indices of materials, both of the class `labels`.
      share: of the first material, in [0, 1].
      labels: int, class of the materials.
      texture: reflectance factor, about 1.
      direct, ambient: light that falls on the pixel, each about [0, 1].
      gloss: light mirrored with the lamp's own spectrum.
    """

    first: np.ndarray
    second: np.ndarray
    share: np.ndarray
    labels: np.ndarray
    texture: np.ndarray
    direct: np.ndarray
    ambient: np.ndarray
    gloss: np.ndarray


def draw(rng: np.random.Generator, size: int, materials: Materials) -> Scene:
    """Returns a random `Scene` of `size` x `size` pixels after averaging."""
    canvas = _Canvas(rng, 2 * size, materials)
    layout = _LAYOUTS[rng.integers(len(_LAYOUTS))]
    layout(canvas)
    if rng.random() < 0.35:  # a shadow of something outside the picture
        veil = fractal(rng, canvas.size, 2.6)
        canvas.direct *= 1 - rng.uniform(0.4, 0.85) / (1 + np.exp(-6 * (veil - rng.uniform(-0.3, 0.8))))
    fall_off = rng.normal(0, 0.35, 2)
    canvas.direct *= np.exp(fall_off[0] * canvas.x + fall_off[1] * canvas.y)
    ambient = np.full_like(canvas.direct, rng.uniform(0.08, 0.3))
    return Scene(
        canvas.first,
        canvas.second,
        canvas.share,
        canvas.labels,
        canvas.texture,
        canvas.direct,
        ambient,
        canvas.gloss,
    )


def render(scene: Scene, under_direct: np.ndarray, under_ambient: np.ndarray, direct: np.ndarray) -> np.ndarray:
    """Returns the scene's light, float32 [size, size, channels].

    Args:
      scene: a `Scene`.
      under_direct, under_ambient: [materials, channels], what each material gives under either light.
      direct: [channels], what a mirror gives under the direct light.
    """
    parts = []
    for light, table in ((scene.direct, under_direct), (scene.ambient, under_ambient)):
        for index, share in ((scene.first, scene.share), (scene.second, 1 - scene.share)):
            parts.append((light * scene.texture * share).astype(np.float32)[..., None] * table[index])
    image = sum(parts) + scene.gloss.astype(np.float32)[..., None] * direct
    side = image.shape[0] // 2
    return image.reshape(side, 2, side, 2, -1).mean(axis=(1, 3))


def labels(scene: Scene) -> np.ndarray:
    """Returns the classes, uint8 [size, size]."""
    return scene.labels[::2, ::2].astype(np.uint8)


def fractal(rng: np.random.Generator, size: int, exponent: float) -> np.ndarray:
    """Returns noise [size, size] of amplitude `1 / frequency ** (exponent / 2)`, zero mean, unit deviation."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :])
    frequency[0, 0] = np.inf
    spectrum = frequency ** (-exponent / 2) * np.exp(2j * np.pi * rng.random(frequency.shape))
    noise = np.fft.irfft2(spectrum, (size, size))
    return (noise - noise.mean()) / noise.std()


class _Canvas:
    """Regions painted one over the other."""

    def __init__(self, rng, size, materials):
        self.rng, self.size, self.materials = rng, size, materials
        self.y, self.x = np.meshgrid(*[np.linspace(-1, 1, size)] * 2, indexing="ij")
        self.first = np.zeros((size, size), np.int32)
        self.second, self.labels = self.first.copy(), self.first.copy()
        self.share, self.texture, self.direct = (np.ones((size, size)) for _ in range(3))
        self.gloss = np.zeros((size, size))
        angle = rng.uniform(0, 2 * np.pi)
        slope = rng.uniform(0.4, 1.1)
        self.light = np.array([slope * np.cos(angle), slope * np.sin(angle), 1]) / np.hypot(1, slope)
        self.noises = [fractal(rng, size, exponent) for exponent in (1.2, 1.8, 2.4, 3.0)]

    def paint(self, mask, shading=1.0, gloss=0.0, label=None):
        """Covers `mask` with a random material of class `label` (or of a random class)."""
        rng = self.rng
        label = rng.choice(np.unique(self.materials.classes)) if label is None else label
        first, second = rng.choice(np.flatnonzero(self.materials.classes == label), 2)
        shift = rng.integers(self.size, size=2)
        pattern = np.roll(self.noises[rng.integers(4)], shift, (0, 1))
        share = 1 / (1 + np.exp(-rng.uniform(0.5, 5) * pattern))
        if rng.random() < 0.3:
            share = self._stripes()
        grain = np.roll(self.noises[rng.integers(3)], shift[::-1], (0, 1))
        texture = np.exp(rng.uniform(0.03, 0.3) * np.clip(grain, -2.5, 2.5))
        for plane, value in (
            (self.first, first),
            (self.second, second),
            (self.share, share),
            (self.labels, label),
            (self.texture, texture),
            (self.direct, shading),
            (self.gloss, gloss),
        ):
            plane[mask] = value[mask] if np.ndim(value) else value
        return label

    def cast_shadow(self, mask, distance):
        """Darkens what lies under an object's shadow; to be called before the object is painted."""
        shift = -self.light[:2] * distance * self.size / 2
        moved = ndimage.shift(mask.astype(np.float32), shift[::-1], order=0)
        self.direct *= 1 - self.rng.uniform(0.5, 0.9) * ndimage.gaussian_filter(moved, 0.012 * self.size)

    def ellipsoid(self, center, radii, angle=0.0, label=None):
        """Paints an ellipsoid (seen from above or front) and the shadow that it casts."""
        u, v = self._turned(center, radii, angle)
        radius = u**2 + v**2
        mask = radius < 1
        self.cast_shadow(mask, 0.35 * min(radii))
        height = np.sqrt(np.clip(1 - radius, 0, 1))
        cos, sin = np.cos(angle), np.sin(angle)
        shading = (cos * u - sin * v) * self.light[0] + (sin * u + cos * v) * self.light[1] + height * self.light[2]
        gloss = self.rng.choice([0, 0, 0.4]) * np.clip(shading, 0, 1) ** 60
        self.paint(mask, np.clip(shading, 0, 1), gloss, label)

    def cylinder(self, center, radii, angle=0.0):
        """Paints an upright or lying cylinder and its shadow."""
        u, v = self._turned(center, radii, angle)
        mask = np.maximum(abs(u), abs(v)) < 1
        self.cast_shadow(mask, 0.3 * min(radii))
        along = np.array([np.cos(angle), np.sin(angle)]) @ self.light[:2]
        shading = u * along + np.sqrt(np.clip(1 - u**2, 0, 1)) * self.light[2]
        self.paint(mask, np.clip(shading, 0, 1), self.rng.choice([0, 0.3]) * np.clip(shading, 0, 1) ** 80)

    def box(self, center, radii, angle=0.0, label=None):
        """Paints a flat rectangle and its shadow."""
        u, v = self._turned(center, radii, angle)
        mask = np.maximum(abs(u), abs(v)) < 1
        self.cast_shadow(mask, 0.06)
        self.paint(mask, self.rng.uniform(0.6, 1.0), label=label)

    def _turned(self, center, radii, angle):
        x, y = self.x - center[0], self.y - center[1]
        cos, sin = np.cos(angle), np.sin(angle)
        return (cos * x + sin * y) / radii[0], (cos * y - sin * x) / radii[1]

    def _stripes(self):
        angle, frequency = self.rng.uniform(0, np.pi), self.rng.uniform(4, 30)
        wave = np.sin(np.pi * frequency * (np.cos(angle) * self.x + np.sin(angle) * self.y) + 0.3 * self.noises[3])
        if self.rng.random() < 0.4:
            wave *= np.sin(np.pi * frequency * (np.cos(angle) * self.y - np.sin(angle) * self.x))
        return np.clip(0.5 + 2 * wave, 0, 1)


def _still_life(canvas):
    """A wall, a table, and things on it."""
    rng = canvas.rng
    canvas.paint(np.full(canvas.x.shape, True), rng.uniform(0.3, 0.7))
    table = canvas.y > rng.uniform(-0.4, 0.2)
    canvas.paint(table, 0.5 + 0.4 * (canvas.y + 1) / 2)
    for depth in np.sort(rng.uniform(-0.3, 0.8, rng.integers(5, 11))):
        center, radius = (rng.uniform(-0.9, 0.9), depth), rng.uniform(0.12, 0.34)
        kind = rng.integers(3)
        if kind == 0:
            canvas.ellipsoid(center, (radius, radius * rng.uniform(0.7, 1.2)), rng.uniform(0, np.pi))
        elif kind == 1:
            canvas.cylinder(center, (radius * 0.6, radius * rng.uniform(0.8, 1.6)), rng.normal(0, 0.15))
        else:
            canvas.box(center, (radius * 0.7, radius * rng.uniform(0.5, 1.2)), rng.normal(0, 0.3))


def _pebbles(canvas):
    """Ground strewn with leaves, fruit or pebbles of few classes."""
    rng = canvas.rng
    canvas.paint(np.full(canvas.x.shape, True), 0.7)
    palette = rng.choice(np.unique(canvas.materials.classes), 3)
    size = rng.uniform(0.08, 0.2)
    for _ in range(rng.integers(30, 60)):
        radii = size * rng.uniform(0.5, 1.5, 2)
        canvas.ellipsoid(rng.uniform(-1, 1, 2), radii, rng.uniform(0, np.pi), rng.choice(palette))


def _fabrics(canvas):
    """Pieces of cloth or paint side by side, with folds."""
    rng = canvas.rng
    points = rng.uniform(-1.1, 1.1, (rng.integers(8, 22), 2))
    x, y = canvas.x + 0.03 * canvas.noises[2], canvas.y + 0.03 * canvas.noises[3]
    cell = np.argmin([(x - px) ** 2 + (y - py) ** 2 for px, py in points], axis=0)
    folds = np.clip(0.7 + rng.uniform(0.05, 0.25) * np.roll(canvas.noises[3], canvas.size // 3, 0), 0.05, 1)
    for index in range(len(points)):
        canvas.paint(cell == index, folds)


def _landscape(canvas):
    """Ridges one before the other under a bright sky."""
    rng = canvas.rng
    canvas.paint(np.full(canvas.x.shape, True), 1.0 - 0.3 * (canvas.y + 1) / 2)
    for horizon in np.sort(rng.uniform(-0.6, 0.8, rng.integers(3, 6))):
        ridge = horizon + 0.08 * np.roll(canvas.noises[3], rng.integers(canvas.size), 1)[canvas.size // 2]
        relief = np.clip(0.55 + 0.18 * np.roll(canvas.noises[1], rng.integers(canvas.size), 0), 0.05, 1)
        canvas.paint(canvas.y > ridge[None, :], relief)
    for _ in range(rng.integers(0, 12)):
        radius = rng.uniform(0.06, 0.2)
        canvas.ellipsoid((rng.uniform(-1, 1), rng.uniform(0.1, 1)), (radius, radius * rng.uniform(0.7, 1.4)))


def _facade(canvas):
    """Walls, windows and a street."""
    rng = canvas.rng
    canvas.paint(np.full(canvas.x.shape, True), 0.95)
    edges = np.concatenate([[-1], np.sort(rng.uniform(-0.8, 0.8, rng.integers(1, 4))), [1]])
    for left, right in itertools.pairwise(edges):
        wall = (canvas.x >= left) & (canvas.x <= right) & (canvas.y > rng.uniform(-0.9, -0.3))
        canvas.paint(wall, rng.uniform(0.35, 1))
        window = None
        for x in np.arange(left + 0.12, right - 0.08, 0.24):
            for y in np.arange(-0.2, 0.5, 0.3):
                canvas.box((x, y), (0.06, 0.09), label=window)
                window = canvas.labels[int((y + 1) / 2 * (canvas.size - 1)), int((x + 1) / 2 * (canvas.size - 1))]
    canvas.paint(canvas.y > 0.65, 0.5 + 0.4 * canvas.y)


def _chart(canvas):
    """A card of patches on a background, slightly turned."""
    rng = canvas.rng
    canvas.paint(np.full(canvas.x.shape, True), 0.6)
    angle, count = rng.normal(0, 0.2), rng.integers(3, 6)
    canvas.box((0, 0), (0.85, 0.85), angle)
    pitch = 1.6 / count
    for row in range(count):
        for column in range(count):
            x, y = (column + 0.5) * pitch - 0.8, (row + 0.5) * pitch - 0.8
            center = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
            canvas.box(center, (0.42 * pitch, 0.42 * pitch), angle)


_LAYOUTS = (_still_life, _pebbles, _fabrics, _landscape, _facade, _chart, _still_life)
