"""From a photo to a hyperspectral cube, step by step: run it whole, or cell by cell (`# %%`) in an editor or notebook.

  python examples/photo_to_cube.py [RUN [PHOTO [OUTPUT]]]

RUN is a run folder of `python -m hsgan.train`, PHOTO any photo, OUTPUT a folder for what is written.
"""

# %% What to work on
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import hsgan

run, photo, output = (*sys.argv[1:4], *("runs/demo", "photo.png", "cubes")[len(sys.argv) - 1 :])

# %% The model, what it knows and which bands it makes
model = hsgan.Reconstructor.from_run(run)
print(f"{len(model.wavelengths_nm)} bands from {model.wavelengths_nm[0]:g} to {model.wavelengths_nm[-1]:g} nm")
print(f"{len(model.cameras)} cameras, e.g. {', '.join(model.cameras[:3])}")

# %% The cube: the camera is estimated from the photo, unless you know it (camera="Nikon 5100", or a file of its SRF)
cube = model.reconstruct(photo)
print(cube)

# %% Does it give the photo back? Brightness 1 and tint 0 say: as bright, and of the same colors.
print({name: round(value, 5) for name, value in cube.attrs.items() if name.startswith("round_trip")})

# %% Now exactly, by the least change that does it
consistent = model.reconstruct(photo, consistent=True)
print({name: round(value, 5) for name, value in consistent.attrs.items() if name.startswith("round_trip")})
print(f"changed by {float(np.sqrt(((consistent - cube) ** 2).mean())):.5f} (RMS)")

# %% One band, and the spectrum of one pixel: bands go by wavelength, pixels by row and column
green = cube.sel(wavelength=550, method="nearest")
height, width = green.shape
spectrum = cube.isel(y=height // 2, x=width // 2)
figure = Figure(figsize=(9, 3.5), layout="constrained")
left, right = figure.subplots(1, 2)
left.imshow(green, cmap="gray")
left.set(title=f"{float(green.wavelength):g} nm", xticks=[], yticks=[])
right.plot(spectrum.wavelength, spectrum)
right.set(title="pixel in the middle", xlabel="wavelength (nm)", ylabel="relative linear radiance")

# %% Files for other programs: ENVI, MATLAB, TIFF, NPZ (and Zarr, with the extra of that name)
Path(output).mkdir(parents=True, exist_ok=True)
stem = Path(output) / Path(photo).stem
figure.savefig(f"{stem}_band_and_spectrum.png", dpi=110)
paths = hsgan.save_cube(cube, stem, ["envi", "matlab", "tiff", "npz"])
print("\n".join(map(str, paths)))

# %% And back, from any of them; the numbers stay on disk until they are used
again = hsgan.open_cube(f"{stem}.hdr")
print(again.attrs["camera"], again.attrs["model_version"], again.attrs["license"], sep="\n")
print("equal:", bool((again == cube).all()))
