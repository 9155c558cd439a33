"""The public HRNet segmentation weights as our scene parser's: layer by layer, by name.

Source of the names: the checkpoints of the HRNet-Semantic-Segmentation repository (Wang et al., TPAMI 2020), which
have "model." or "module." before them. Ours say where a layer sits (`hsgan.networks.hrnet`).
"""

import re
from pathlib import Path

import keras

from hsgan.convert import checkpoint
from hsgan.errors import DataError
from hsgan.networks.hrnet import Variant, build_hrnet

ANCHOR = "stage4.0.branches.3.0.conv1.weight"
SCORES = "last_layer.3.weight"
# Pattern of our unit's name: names of its convolution and of its BatchNorm there, whose parts are the pattern's groups.
_UNITS = (
    (r"stem_a", "conv1", "bn1"),
    (r"stem_b", "conv2", "bn2"),
    (r"stage1_block(\d+)_in", "layer1.{0}.conv1", "layer1.{0}.bn1"),
    (r"stage1_block(\d+)_mid", "layer1.{0}.conv2", "layer1.{0}.bn2"),
    (r"stage1_block(\d+)_out", "layer1.{0}.conv3", "layer1.{0}.bn3"),
    (r"stage1_block(\d+)_skip", "layer1.{0}.downsample.0", "layer1.{0}.downsample.1"),
    (r"stage2_enter0", "transition1.0.0", "transition1.0.1"),
    (r"stage\d+_enter(\d+)", "transition{0}.{0}.0.0", "transition{0}.{0}.0.1"),
    (r"stage(\d+)_module(\d+)_branch(\d+)_block(\d+)_a",
     "stage{0}.{1}.branches.{2}.{3}.conv1", "stage{0}.{1}.branches.{2}.{3}.bn1"),
    (r"stage(\d+)_module(\d+)_branch(\d+)_block(\d+)_b",
     "stage{0}.{1}.branches.{2}.{3}.conv2", "stage{0}.{1}.branches.{2}.{3}.bn2"),
    (r"head", "last_layer.0", "last_layer.1"),
    (r"scores", "last_layer.3", ""),
)  # fmt: skip
_EXCHANGE = re.compile(r"stage(\d+)_module(\d+)_fuse_(\d+)to(\d+)(?:_(\d+))?")


def convert(path: str | Path, variant: str | Variant) -> keras.Model:
    """Returns our HRNet with the weights of a public checkpoint; its number of classes is the checkpoint's.

    Args:
      path: of the checkpoint.
      variant: a key of `hsgan.networks.hrnet.VARIANTS`, or sizes.

    Raises:
      ConfigError: PyTorch is not installed.
      DataError: a file that is no such checkpoint: damaged, of another network, of other sizes.
    """
    part = checkpoint.Part(path, checkpoint.read(path), ANCHOR, f"{variant} for segmentation")
    if SCORES not in part.arrays:
        raise DataError(
            f"{path}: is no {part.what}: it has no {part.prefix}{SCORES}; weights for classification lack it"
        )
    parser = build_hrnet(variant, int(part.arrays[SCORES].shape[0]))
    for layer in parser.layers:
        if layer.weights:
            layer.set_weights(weights_of(layer, part))
    part.refuse_rest()
    return parser


def weights_of(layer: keras.layers.Layer, part: checkpoint.Part) -> list:
    """Returns the weights of a layer of ours, in Keras's order."""
    unit, _, kind = layer.name.rpartition("_") if layer.name != "scores" else ("scores", "", "conv")
    convolution, norm = names_of(unit)
    if kind == "conv":
        found = [part.convolution(f"{convolution}.weight", layer.kernel.shape)]
        return found + ([part.take(f"{convolution}.bias", layer.bias.shape)] if layer.use_bias else [])
    names = ("weight", "bias", "running_mean", "running_var")
    return [part.take(f"{norm}.{name}", layer.gamma.shape) for name in names]


def names_of(unit: str) -> tuple[str, str]:
    """Returns the names of a unit's convolution and BatchNorm in the checkpoint."""
    match = _EXCHANGE.fullmatch(unit)
    if match:
        stage, module, source, target, step = match.groups()
        place = f"stage{stage}.{module}.fuse_layers.{target}.{source}"
        place += f".{int(step) - int(source) - 1}" if step else ""
        return f"{place}.0", f"{place}.1"
    for pattern, convolution, norm in _UNITS:
        match = re.fullmatch(pattern, unit)
        if match:
            return convolution.format(*match.groups()), norm.format(*match.groups())
    raise KeyError(f"unit {unit!r} of HRNet has no name in its public checkpoints")
