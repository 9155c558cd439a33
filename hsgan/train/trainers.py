"""Trainers by the name of a configuration's `model`.

A trainer owns its training whole: the stream it reads (`Trainer.batches`), what has to be made first
(`Trainer.prepare`), its networks, objective and optimizers.
"""

from hsgan.train.paired import PairedTrainer
from hsgan.train.pixelwise import PixelTrainer
from hsgan.train.reprojection import ReprojectionTrainer
from hsgan.train.trainer import Trainer
from hsgan.train.unpaired import UnpairedTrainer

TRAINERS: dict[str, type[Trainer]] = {
    "hsgan": UnpairedTrainer,
    "agd_net": PairedTrainer,
    "hscnn_d": PairedTrainer,
    "fm_net": PairedTrainer,
    "chs_gan": PairedTrainer,
    "dbf": ReprojectionTrainer,
    "mixture": PixelTrainer,
}
