"""The table on screen."""

import io

from rich.console import Console
from rich.table import Table

from hsgan.evaluate.table import print_results, show


def test_table_marks_the_best_and_names_the_mode():
    mean = {"psnr": 30.0, "assim": 0.9, "sam_deg": 10.0, "sam_lit_deg": 8.0, "round_trip_rmse": 0.01}
    other = {"psnr": 31.234, "assim": 0.8, "sam_deg": 12.0, "sam_lit_deg": 8.001, "round_trip_rmse": 0.0}
    results = {
        "protocol": "seed", "camera": "Nikon", "blind": True, "srf": {"error": 0.25, "precision": 0.75},
        "methods": {"bi": {"mean": mean, "scenes": {"s": mean}}, "hsgan": {"mean": other, "scenes": {"s": other}}},
    }  # fmt: skip
    buffer = io.StringIO()
    print_results(results, Console(file=buffer, width=100, force_terminal=True, color_system="standard", no_color=True))
    text = buffer.getvalue()
    bold = {part.split("\x1b[0m")[0].strip() for part in text.split("\x1b[1m")[1:]}
    # Equal as shown is equally good: both lit angles are bold.
    assert {"31.23", "0.9000", "10.00", "8.00", "0.00000"} <= bold and not {"30.00", "0.8000", "12.00"} & bold
    assert "Nikon, camera estimated (blind)" in text and "precision 75.0 %" in text
    assert text.count("8.00") == 2


def test_a_wide_table_is_whole_where_the_output_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    table = Table()
    for number in range(30):
        table.add_column(f"heading {number}")
    table.add_row(*(f"{number}.125" for number in range(30)))
    show([table])
    out = capsys.readouterr().out
    assert all(f"heading {number} " in out and f" {number}.125 " in out for number in range(30))
    assert max(map(len, out.splitlines())) < 500
