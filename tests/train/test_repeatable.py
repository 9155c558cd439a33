"""A training gives the same bits however busy the machine is: its graphs hold no sum whose order depends on timing."""

import ml_collections
import pytest
import tensorflow as tf

from hsgan.data.sources import open_sources
from hsgan.networks.hrnet import build_hrnet
from hsgan.repeatable import make_repeatable
from hsgan.run.folder import RunFolder
from hsgan.train import optimizers
from hsgan.train.loop import new_trainer
from hsgan.train.parser_trainer import ParserTrainer

TRAININGS = {
    "hsgan": {"optimizer.ema": 0.9, "loss.synthetic": 1.0},
    "learned start": {"generator.initialization": "learned", "loss.positivity": 1.0},
    "mixture start": {"generator.initialization": "mixture"},
    "gp1": {"loss.regularizer": "gp1"},
    "spectral norm": {"loss.regularizer": "spectral_norm"},
    "agd_net": {"model": "agd_net", "agd_net.stages": 2, "agd_net.growth": 4, "agd_net.units": 4},
    "hscnn_d": {"model": "hscnn_d", "hscnn_d.blocks": 2},
    "fm_net": {"model": "fm_net", "fm_net.blocks": 2, "fm_net.width": 8},
    "chs_gan": {"model": "chs_gan", "chs_gan.widths": (4, 4, 4), "chs_gan.discriminator_width": 4},
    "dbf": {"model": "dbf", "dbf.widths": (4, 4, 4)},
    "mixture": {"model": "mixture"},
}
# Their parts stand in the others too.
SLOW = ("learned start", "mixture start", "gp1", "spectral norm", "hscnn_d", "fm_net")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in TRAININGS]
)
def test_no_step_adds_three_tensors_at_once(name, whole_config, tmp_path):
    make_repeatable()
    config = ml_collections.ConfigDict(whole_config.copy_and_resolve_references())
    config.generator.units = 4  # dense blocks: what is used three times gets its gradient from three sides
    config.update_from_flattened_dict(TRAININGS[name])
    sources = open_sources(config)
    folder = RunFolder.create(tmp_path / "run", config)
    trainer = new_trainer(config, sources, folder)
    cameras = folder.training_dictionary()
    batch = next(iter(trainer.batches(config, sources, cameras, 0)))
    assert wide_sums(trainer.train_step, batch) == []
    assert trainer.step == 0


def test_nor_does_a_step_of_the_scene_parser():
    make_repeatable()
    parser = build_hrnet("hrnet_w18_small", 5, seed=0)
    trainer = ParserTrainer(parser, 1e-4)
    trainer.compile(optimizer=optimizers.poly_sgd(0.01, 0.9, 0.9, 10, parser.trainable_variables))
    batch = {"encoded": tf.zeros((2, 64, 64, 3)), "labels": tf.zeros((2, 64, 64), tf.int32)}
    assert wide_sums(trainer.train_step, batch) == []


def wide_sums(step, batch):
    """The names of the `AddN` of three and more tensors in the graph of `step(batch)`, called functions included."""
    definition = tf.function(step).get_concrete_function(batch).graph.as_graph_def()
    nodes = [*definition.node, *(node for function in definition.library.function for node in function.node_def)]
    assert len(nodes) > 100
    return [node.name for node in nodes if node.op == "AddN" and node.attr["N"].i > 2]
