"""Numbers of the papers, which stand beside ours in every table (method section 10), by the names of our metrics.

"psnr" in dB, "assim_r2" (ASSIM with the papers' range of 2; Table 5 calls it SSIM), "sam_deg"; "parameters", "flops"
and "milliseconds" of a whole image of the table's set. The papers count each convolution's operations twice or once as
their tools did, so operations are as printed there, and so are milliseconds, of a processor that is not named.
"""

# Number: heading, format, factor. What the papers state beside the metrics.
COSTS = {
    "parameters": ("paper: parameters", "{:.2f} M", 1e-6),
    "flops": ("paper: FLOPs", "{:.3g} T", 1e-12),
    "milliseconds": ("paper: ms", "{:.2f}", 1),
}


def numbers(psnr: float, assim: float, sam_deg: float, *costs: float) -> dict[str, float]:
    """Returns a row of a paper's table by name; `costs` are parameters, operations and milliseconds, or none."""
    return {"psnr": psnr, "assim_r2": assim, "sam_deg": sam_deg, **dict(zip(COSTS, costs, strict=False))}


# Table 1 (ICVL, 1392x1300) and Table 2 (NTIRE 2020, 482x512) of [SE].
TABLE_1 = {
    "bi": numbers(25.96, 0.911, 19.18),
    "hscnn_d": numbers(38.15, 0.992, 3.28, 3.61e6, 5.22e12, 5184.75),
    "fm_net": numbers(40.26, 0.993, 2.65, 11.79e6, 17.07e12, 4780.41),
    "chs_gan": numbers(38.03, 0.988, 3.34, 1.09e6, 0.91e12, 505.70),
    "dbf": numbers(30.75, 0.940, 14.64, 1.13e6, 1.02e12, 531.25),
    "hsgan": numbers(37.83, 0.991, 4.01, 0.58e6, 0.93e12, 561.90),
}
TABLE_2 = {
    "bi": numbers(25.91, 0.876, 23.00),
    "hscnn_d": numbers(31.45, 0.919, 10.76, 3.61e6, 0.890e12, 1003.38),
    "fm_net": numbers(34.25, 0.968, 9.11, 11.79e6, 2.955e12, 1066.40),
    "chs_gan": numbers(30.63, 0.906, 15.38, 1.09e6, 0.15e12, 87.74),
    "dbf": numbers(31.51, 0.891, 16.81, 1.13e6, 0.17e12, 85.91),
    "hsgan": numbers(37.53, 0.979, 5.97, 0.58e6, 0.16e12, 134.81),
}
# Table 3: one part added at a time, ICVL.
TABLE_3 = {
    "adversarial": numbers(14.47, 0.121, 63.34),
    "+ back-projection": numbers(20.48, 0.781, 35.70),
    "+ positivity": numbers(21.72, 0.783, 30.64),
    "+ smoothness": numbers(26.11, 0.882, 14.44),
    "+ L1 clipping": numbers(34.51, 0.983, 7.04),
    "+ semantics": numbers(37.83, 0.991, 4.01),
}
# Table 4: tracking in the cubes of ten RGB videos: AP %, AUC, location error in px. "raw": in real cubes.
TABLE_4 = {
    "hscnn_d": (78.65, 0.5235, 17.4358),
    "fm_net": (80.03, 0.5268, 16.3825),
    "hsgan": (80.23, 0.5272, 16.4884),
    "raw": (83.21, 0.5360, 14.7835),
}
# Table 5: regularizers of the adversarial game, ICVL.
TABLE_5 = {
    "gp1": numbers(28.15, 0.944, 12.60),
    "gp0": numbers(33.33, 0.984, 6.29),
    "l1_clip": numbers(37.83, 0.991, 4.01),
}
# Table 6: sources (photos + cubes), all tested on ICVL, in the order of --rgb x --train_data: Cityscapes+NTIRE,
# Cityscapes+ICVL, PASCAL+NTIRE, PASCAL+ICVL.
TABLE_6 = (
    numbers(34.08, 0.9838, 6.61),
    numbers(37.68, 0.988, 5.03),
    numbers(35.87, 0.9837, 6.24),
    numbers(37.83, 0.991, 4.01),
)
# Fig. 3: the bands whose errors are drawn, nm, on ICVL and on NTIRE 2020.
FIG_3_NM = (440, 590, 640)
FIG_3_NTIRE_NM = (490, 640, 690)
# Fig. 5: mean precision of the estimated SRF, %.
SRF_PRECISION = 77.79
