"""A small suite with results made up in advance, in the form that `hsgan.benchmark.runner` gives."""

import copy

import numpy as np

from hsgan.benchmark.rows import Row, Suite
from hsgan.metrics.srf import precision_curve, srf_precision

PAPER = {"psnr": 38.15, "assim_r2": 0.992, "sam_deg": 3.28, "parameters": 3.61e6, "flops": 5.22e12}
ROWS = (Row("hscnn_d", {"model": "hscnn_d"}, PAPER), Row("fm_net", {"model": "fm_net"}))
SUITE = Suite(
    "table1",
    "Small <suite> & its title",
    ROWS,
    ("bi", "smooth"),
    {"bi": {"psnr": 25.96, "assim_r2": 0.911, "sam_deg": 19.18}},
)
CAMERAS = ("Nikon 5100", "Canon 600D", "Nokia N900")


def metrics(psnr, sam_deg):
    return {
        "psnr": psnr, "assim": 0.9, "assim_r2": 0.95, "sam_deg": sam_deg, "sam_lit_deg": sam_deg - 1,
        "lit_fraction": 0.8, "round_trip_rmse": 0.01, "round_trip_brightness": 1.0,
    }  # fmt: skip


def seed(psnr, sam_deg, minutes=1.0):
    history = [{"step": step, "psnr": psnr - 6 + step / 2} for step in (0, 6, 12)]
    weights = {"last": {"mean": metrics(psnr, sam_deg)}, "best": {"mean": metrics(psnr + 0.5, sam_deg)}}
    return {"fingerprint": "f", "steps": 12, "minutes": minutes, "history": history, "weights": weights}


def results():
    """Returns results of `SUITE` with two seeds a row; `fm_net` has the best PSNR, `smooth` the smallest angle."""
    cost = {"parameters": 1234567, "multiply_adds": 2.5e9, "seconds": 0.5, "peak_mib": 800.0}
    rows = {
        "hscnn_d": {"settings": {"model": "hscnn_d"}, "cost": cost,
                    "seeds": {"0": seed(30.0, 8.0, 1.0), "1": seed(32.0, 8.0, 2.0)}},
        "fm_net": {"settings": {"model": "fm_net"}, "cost": cost | {"parameters": 999},
                   "seeds": {"0": seed(33.0, 7.5), "1": seed(35.0, 7.7)}},
    }  # fmt: skip
    closed = {"bi": {"mean": metrics(25.5, 20.0)}, "smooth": {"mean": metrics(31.5, 7.25)}}
    identity = {
        "suite": "table1", "budget": {"amount": 12.0, "unit": "steps"}, "data": "records/cave", "split": "validation",
        "weights": ["last"], "camera": "Nikon 5100",
        "known_srf": False, "config": {"data": {"cubes": "records/cave", "validation_split": "validation"},
                                      "train": {"batch": 4, "patch": 32}},
    }  # fmt: skip
    return copy.deepcopy(
        {"identity": identity, "closed_forms": closed, "rows": rows, "extra": {}, "plan": {"hscnn_d": 12, "fm_net": 12},
         "versions": {"python": "3.11.9", "keras": "3.15.0"}, "title": SUITE.title}
    )  # fmt: skip


def srf_extra():
    """Returns what the extra "srf" gives: known errors of two estimates."""
    found = {}
    for name, errors in {"hsgan": (0.1, 0.2, 0.3), "mean camera": (0.3, 0.3, 0.6)}.items():
        thresholds, shares = precision_curve(np.array(errors))
        found[name] = {
            "precision": srf_precision(errors),
            "skill": 1 - sum(errors) / 1.2,
            "lost_db": 10 * sum(errors),
            "mean_camera": {"error": 0.4, "lost_db": 12.0},
            "errors": {camera: [error] for camera, error in zip(CAMERAS, errors, strict=True)},
            "curve": {"thresholds": thresholds.tolist(), "shares": shares.tolist()},
        }
    return found


def cameras_extra():
    """Returns what the extra "cameras" gives: `fm_net` is better on cameras it has seen, and worse on the other."""
    psnr = {"hscnn_d": (30.0, 31.0, 29.0), "fm_net": (34.0, 35.0, 24.0)}
    rows = {name: dict(zip(CAMERAS, (metrics(v, 8.0) for v in values), strict=True)) for name, values in psnr.items()}
    return {"held_out": ["Nokia N900"], "rows": rows}


def stress_extra():
    """Returns what the extra "stress" gives, for one degradation of which level 0 changes nothing."""
    psnr = {"smooth": (31.5, 30.0, 20.0), "fm_net": (34.0, 26.0, 22.0)}
    curves = {name: {"psnr": list(v), "sam_lit_deg": [40 - value for value in v]} for name, v in psnr.items()}
    panel = {"label": "read noise", "levels": [0, 0.01, 0.1], "clean": 0, "methods": curves}
    clean = {name: {metric: values[0] for metric, values in by.items()} for name, by in curves.items()}
    return {
        "camera": "Nikon 5100", "blind": True, "seed": 0, "scenes": 2, "clean": clean,
        "degradations": {"read_noise": panel},
    }  # fmt: skip
