"""Synthetic frames with a target whose motion is known exactly."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from hsgan.track.sequences import Sequence


def moving_target(size=128, side=18, count=12, velocity=(2.3, -1.7), growth=1.0, bands=3, seed=0):
    """Returns (frames [size, size, bands], true boxes float64 [count, 4]).

    A textured disk moves over a textured ground, by parts of a pixel: both are drawn as smooth functions of the place.
    Three bands are uint8; more are float32, the spectra of two materials.

    Args:
      size: side of the frames. side: of the target's box, at first.
      count: of frames. velocity: (x, y), pixels a frame. growth: factor of the size a frame.
      bands: channels. seed: of textures and spectra.
    """
    rng = np.random.default_rng(seed)
    ground, target = (ndimage.gaussian_filter(rng.normal(size=(512, 512)), 2, mode="wrap") for _ in range(2))
    ground, target = ground / ground.std(), target / target.std()
    spectra = rng.uniform(0.1, 0.5, (2, bands))
    y, x = np.mgrid[:size, :size] + 0.5
    start = np.array([size / 2, size / 2]) - np.array(velocity) * (count - 1) / 2
    frames, boxes = [], []
    for number in range(count):
        middle, scale = start + number * np.array(velocity), growth**number
        u, v = (x - middle[0]) / scale, (y - middle[1]) / scale
        inside = 1 / (1 + np.exp(2 * (np.hypot(u, v) - side / 2)))[..., None]
        texture = ndimage.map_coordinates(target, [v + 128, u + 128], order=3, mode="wrap")[..., None]
        layers = [spectra[0] * np.exp(0.3 * ground[:size, :size, None]), spectra[1] * np.exp(0.3 * texture)]
        frame = (1 - inside) * layers[0] + inside * layers[1]
        if bands == 3:
            frames.append(np.clip(255 * frame, 0, 255).astype(np.uint8))
        else:
            frames.append(frame.astype(np.float32))
        boxes.append([*(middle - side * scale / 2), side * scale, side * scale])
    return frames, np.array(boxes)


@dataclass(frozen=True, eq=False)
class MemorySequence(Sequence):
    """A sequence whose frames are in memory."""

    images: tuple = ()

    def _named_frames(self):
        for number, image in enumerate(self.images):
            yield f"{self.name}, frame {number + 1}", image


def sequence_of(name, bands=3, **options):
    """Returns a `MemorySequence` of a `moving_target`."""
    frames, truth = moving_target(bands=bands, **options)
    return MemorySequence(name, Path(name), (), truth, bands, images=tuple(frames))
