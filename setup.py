"""Installs `hsgan`, `tfrecords_tools` and the configurations: `pip install .`.

Why each dependency is there: docs/dependencies.md.
"""

import re
from pathlib import Path

from setuptools import find_packages, setup

REQUIREMENTS = [
    "tensorflow>=2.21,<2.22",
    "keras>=3.12",
    "numpy>=2",
    "h5py",
    "scipy",
    "absl-py",
    "ml_collections",
    "tensorboard",
    "rich",
    "tqdm",
    "matplotlib",
    "jinja2",
    "pillow",
    "tifffile",
    "imagecodecs",
    "google-crc32c",
    "spectral",
    "xarray",
    "colour-science>=0.4.6",
]
EXTRAS = {
    "heic": ["pillow-heif"],
    "hub": ["keras-hub"],
    "exr": ["OpenEXR"],
    "beam": ["apache-beam"],
    "zarr": ["zarr>=3", "numcodecs>=0.16.6"],
    "export": ["ai-edge-litert", "ai-edge-quantizer", "tensorflow-serving-api>=2.21,<2.22"],
    "serving": ["tensorflow-serving-api>=2.21,<2.22", "grpcio"],
    "lite": ["ai-edge-litert"],
    "raw": ["rawpy"],
    "video": ["av"],
    "opencv": ["opencv-contrib-python-headless"],
    "openvino": ["openvino"],
    "torch": ["torch"],
    "app": ["nicegui>=3", "starlette", "uvicorn"],
    "test": [
        "OpenEXR",
        "zarr>=3",
        "numcodecs>=0.16.6",
        "pillow-heif",
        "rawpy",
        "av",
        "nicegui>=3",
        "starlette",
        "uvicorn",
        "selenium",
        "axe-core-python",
        "ai-edge-litert",
        "ai-edge-quantizer",
        "tensorflow-serving-api>=2.21,<2.22",
        "grpcio",
        "opencv-contrib-python-headless",
        "openvino",
        "pyyaml",
        "pytest",
        "pytest-xdist",
        "scikit-image",
        "scikit-learn",
        "ruff>=0.17,<0.18",
        "mypy>=1.18",
    ],
}

setup(
    name="hsgan",
    version=re.search(r'__version__ = "(.*)"', Path("hsgan/__init__.py").read_text(encoding="utf-8"))[1],
    description="Hyperspectral cubes from RGB images, by a network trained without paired data",
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11,<3.14",
    # The configurations travel inside the package, so that `--config=configs/demo.py` works from any folder, and so do
    # the pretrained weights, so that photos become cubes right after the installation.
    packages=[*find_packages(include=["hsgan*", "tfrecords_tools*"]), "hsgan.configs", "hsgan.saved_models"],
    package_dir={"hsgan.configs": "configs", "hsgan.saved_models": "saved_models"},
    package_data={
        "hsgan": ["py.typed"],
        "hsgan.benchmark": ["templates/*.html"],
        "hsgan.saved_models": ["*.npz", "*.json", "*.md"],
    },
    entry_points={"console_scripts": ["hsgan = hsgan.__main__:main"]},
    install_requires=REQUIREMENTS,
    extras_require=EXTRAS,
)
