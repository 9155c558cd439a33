"""The numbers of the tracker: those of the background-aware correlation filter's paper, unless said otherwise."""

from dataclasses import dataclass

from hsgan.errors import ConfigError


@dataclass(frozen=True)
class Settings:
    """How a target is followed.

    Attributes:
      cell: side of a feature cell, pixels of the template.
      search_area: side of the (square) search window, in square roots of the target's area.
      max_cells: largest side of the window, cells; a larger window is shrunk to it.
      label_sigma: width of the desired response, in square roots of the target's area.
      regularization: weight of the filter's energy, lambda.
      penalty: of ADMM at its first iteration, mu, in units of the number of cells. penalty_growth: its factor from one
        iteration to the next, beta. penalty_limit: its largest value.
      iterations: of ADMM, each frame.
      learning_rate: weight of the newest frame in the model of the target's appearance.
      scales: number of sizes that are tried in every frame. scale_step: their ratio.
      scale_penalty: factor of the response of another size, for each step of it.
      newton_steps: that refine the peak of the response between cells.

    Raises:
      ConfigError: values out of range, all of them together.
    """

    cell: int = 4
    search_area: float = 5.0
    max_cells: int = 50
    label_sigma: float = 1 / 16
    regularization: float = 0.01
    penalty: float = 1.0
    penalty_growth: float = 10.0
    penalty_limit: float = 1e3
    iterations: int = 2
    learning_rate: float = 0.013
    scales: int = 5
    scale_step: float = 1.01
    scale_penalty: float = 0.99
    newton_steps: int = 5

    def __post_init__(self):
        rules = (
            ("cell", self.cell >= 1, "at least 1"),
            ("search_area", self.search_area > 1, "more than 1"),
            ("max_cells", self.max_cells >= 8, "at least 8"),
            ("label_sigma", self.label_sigma > 0, "more than 0"),
            ("regularization", self.regularization >= 0, "at least 0"),
            ("penalty", self.penalty > 0, "more than 0"),
            ("penalty_growth", self.penalty_growth >= 1, "at least 1"),
            ("penalty_limit", self.penalty_limit >= self.penalty, "at least the penalty"),
            ("iterations", self.iterations >= 1, "at least 1"),
            ("learning_rate", 0 <= self.learning_rate <= 1, "between 0 and 1"),
            ("scales", self.scales >= 1 and self.scales % 2 == 1, "odd, so that the present size is one of them"),
            ("scale_step", self.scale_step > 1, "more than 1"),
            ("scale_penalty", 0 < self.scale_penalty <= 1, "more than 0 and at most 1"),
            ("newton_steps", self.newton_steps >= 0, "at least 0"),
        )
        wrong = [f"{name} must be {rule}, is {getattr(self, name)!r}" for name, holds, rule in rules if not holds]
        if wrong:
            raise ConfigError(f"tracker: {'; '.join(wrong)}")
