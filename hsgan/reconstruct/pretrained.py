"""The weights that come with the package as a method: photos become cubes without a training."""

import json
from pathlib import Path

from hsgan import config as config_lib
from hsgan.errors import RunError
from hsgan.networks.build import build_network
from hsgan.prior import pretrained
from hsgan.prior.mixture import MixturePrior
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.methods import CLOSED_FORMS, Knowledge, closed_forms
from hsgan.run.folder import RunFolder, versions
from hsgan.spectra import srf

METHOD = "mixture"


def pretrained_method(name: str = "", method: str = "") -> Method:
    """Returns a method that knows what pretrained weights say of spectra, and the embedded cameras.

    Args:
      name: of the weights, in `hsgan.prior.pretrained.NAMES`; "" is the default.
      method: in `CLOSED_FORMS`; "" is `mixture`, the best of them.

    Raises:
      RunError: no such weights or method; weights that are missing or damaged.
    """
    method = method or METHOD
    if method not in CLOSED_FORMS:
        raise RunError(f"method: must be one of {', '.join(CLOSED_FORMS)} without a run. Received: {method!r}")
    found = pretrained.load(name or pretrained.DEFAULT)
    prior, card = found.prior, found.card
    facts = {
        "model_version": f"{card.name}, sha256 {card.sha256[:12]}",
        "license": card.terms,
        **versions(),
    }
    return method_of_prior(prior, card.settings["noise"], card.settings["brightness"], method, facts)


def as_run(name: str, path: str | Path) -> RunFolder:
    """Makes a run folder of pretrained weights, for what needs one: exports, evaluations, training on.

    Its network is the mixture prior alone (`config.model` "mixture"), and its records are the demo's.

    Args:
      name: of the weights, as in `pretrained_method`.
      path: of the folder to make, which is empty or not there.

    Raises:
      RunError: as `hsgan.prior.pretrained.load`, or a folder that is in use.
    """
    found = pretrained.load(name or pretrained.DEFAULT)
    prior, card = found.prior, found.card
    values = dict(card.settings)
    settings = [f"data.brightness={values.pop('brightness')}"]
    settings += [f"prior.{field}={json.dumps(value)}" for field, value in values.items()]
    config = config_lib.load("mixture", ["data.cubes=demo", f"name={card.name}", *settings])
    folder, dictionary = RunFolder.create(path, config), srf.load("default", prior.wavelengths_nm)
    folder.save_dictionary(dictionary)
    folder.save_prior(prior)
    folder.record_session({kind: {"sha256": card.sha256, **entry} for kind, entry in card.data.items()})
    for which in ("best", "last"):
        folder.save_weights(which, build_network(config, dictionary, prior.moments, prior), {"step": 0})
    return folder


def method_of_prior(
    prior: MixturePrior,
    noise: float,
    brightness: float = 0.0,
    method: str = METHOD,
    facts: dict | None = None,
) -> Method:
    """Returns a method that knows a prior and the embedded cameras, and nothing of a training.

    Args:
      prior: of spectra.
      noise: variance of the RGB noise, of `mixture`.
      brightness: that photos are brought to (`hsgan.spectra.exposure`); 0: they come as they are.
      method: in `CLOSED_FORMS`.
      facts: as for every `Method`.
    """
    knowledge = Knowledge(prior.moments, prior=prior, prior_noise=noise, brightness=brightness, facts=facts or {})
    return closed_forms(srf.load("default", prior.wavelengths_nm), knowledge, [method])[0]
