"""How the metrics are headed and printed in every table and figure."""

# Metric: heading, format, whether more is better.
COLUMNS = {
    "psnr": ("PSNR dB", "{:.2f}", True),
    "assim": ("ASSIM", "{:.4f}", True),
    "sam_deg": ("SAM °", "{:.2f}", False),
    "sam_lit_deg": ("lit SAM °", "{:.2f}", False),
    "mrae": ("MRAE", "{:.4f}", False),
    "rmse": ("RMSE", "{:.4f}", False),
    "round_trip_rmse": ("round trip RMSE", "{:.5f}", False),
}
