"""Numbers of the papers, which stand beside ours in every table (method section 10).

PSNR in dB, ASSIM (with the papers' range of 2), SAM in degrees; parameters; the papers count each convolution's
operations twice or once as their tools did, so operations are as printed there.
"""

# Table 1 (ICVL) and Table 2 (NTIRE 2020) of [SE]: psnr, assim_r2, sam_deg.
TABLE_1 = {
    "bi": (25.96, 0.911, 19.18),
    "hscnn_d": (38.15, 0.992, 3.28),
    "fm_net": (40.26, 0.993, 2.65),
    "chs_gan": (38.03, 0.988, 3.34),
    "dbf": (30.75, 0.940, 14.64),
    "hsgan": (37.83, 0.991, 4.01),
}
TABLE_2 = {
    "bi": (25.91, 0.876, 23.00),
    "hscnn_d": (31.45, 0.919, 10.76),
    "fm_net": (34.25, 0.968, 9.11),
    "chs_gan": (30.63, 0.906, 15.38),
    "dbf": (31.51, 0.891, 16.81),
    "hsgan": (37.53, 0.979, 5.97),
}
# Table 3: one part added at a time, ICVL, PSNR.
TABLE_3 = {
    "adversarial": (14.47,),
    "+ back-projection": (20.48,),
    "+ positivity": (21.72,),
    "+ smoothness": (26.11,),
    "+ L1 clipping": (34.51,),
    "+ semantics": (37.83,),
}
# Table 4: tracking in the cubes of ten RGB videos: AP %, AUC, location error in px. "raw": in real cubes.
TABLE_4 = {
    "hscnn_d": (78.65, 0.5235, 17.4358),
    "fm_net": (80.03, 0.5268, 16.3825),
    "hsgan": (80.23, 0.5272, 16.4884),
    "raw": (83.21, 0.5360, 14.7835),
}
# Table 5: regularizers of the adversarial game, ICVL, PSNR.
TABLE_5 = {"gp1": (28.15,), "gp0": (33.33,), "l1_clip": (37.83,)}
# Table 6: sources (photos + cubes), PSNR, in the order of --rgb x --data: Cityscapes+NTIRE, Cityscapes+ICVL,
# PASCAL+NTIRE, PASCAL+ICVL.
TABLE_6 = ((34.08,), (37.68,), (35.87,), (37.83,))
# Fig. 5: mean precision of the estimated SRF, %.
SRF_PRECISION = 77.79
METRICS = ("psnr", "assim_r2", "sam_deg")
