"""Trainers by the name that a model gives its `training` (`hsgan.config.models.MODELS`).

A trainer owns its training whole: the stream it reads (`Trainer.batches`), what has to be made first
(`Trainer.prepare`), its networks, objective and optimizers.
"""

from hsgan.train.paired import PairedTrainer
from hsgan.train.pixelwise import PixelTrainer
from hsgan.train.reprojection import ReprojectionTrainer
from hsgan.train.trainer import Trainer
from hsgan.train.unpaired import UnpairedTrainer

TRAINERS: dict[str, type[Trainer]] = {
    "unpaired": UnpairedTrainer,
    "paired": PairedTrainer,
    "reprojection": ReprojectionTrainer,
    "pixels": PixelTrainer,
}
