"""How the metrics are headed and printed in tables and figures: those of two cubes, and of an image and its cube."""

from collections.abc import Mapping

from hsgan.metrics.measures import Column
from hsgan.metrics.protocols import MEASURES

ROUND_TRIP = {"round_trip_rmse": Column("round trip RMSE", "{:.5f}", more_is_better=False)}
COLUMNS = {metric: column for module in MEASURES for metric, column in module.COLUMNS.items()} | ROUND_TRIP


def shown(*numbers: Mapping[str, float]) -> dict[str, Column]:
    """Returns the columns of a table, {metric: `Column`}: what every table shows and all of `numbers` have."""
    return {
        metric: column
        for metric, column in COLUMNS.items()
        if column.shown and all(metric in values for values in numbers)
    }
