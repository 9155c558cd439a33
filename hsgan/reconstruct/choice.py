"""Which method a program is to use, as its flags say it: small, and the same on every machine."""

from dataclasses import dataclass
from pathlib import Path

from hsgan.disk import checksums
from hsgan.reconstruct import AUTO
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.models import SavedModel, method_of
from hsgan.reconstruct.pretrained import pretrained_method
from hsgan.reconstruct.self_ensemble import SelfEnsemble
from hsgan.run.folder import RunFolder


@dataclass(frozen=True)
class Choice:
    """A run's method, an exported model, or weights that come with the package, in this order.

    Attributes:
      run: run folder of `hsgan.train`; "" for none.
      saved_model: folder of `hsgan.export`; "" for none.
      model: weights of the package; "" is the default.
      method: without a network, as for `hsgan.reconstruct.models.method_of`; "": the run's network, or the default.
      checkpoint: of the run, "best" or "last".
      engine: what computes the run's network; "auto": whatever is fastest on the machine at hand.
      self_ensemble: whether its cubes are means over flips and quarter turns.
    """

    run: str = ""
    saved_model: str = ""
    model: str = ""
    method: str = ""
    checkpoint: str = "best"
    engine: str = AUTO
    self_ensemble: bool = False

    def load(self) -> Method:
        """Returns the method.

        Raises:
          RunError: no such run, export, weights or method; an engine that cannot run it; a self-ensemble of a method
            that sees each pixel by itself.
        """
        method = self._load()
        return SelfEnsemble(method) if self.self_ensemble else method

    def _load(self):
        if self.run:
            return method_of(RunFolder.open(self.run), self.method, self.checkpoint, self.engine)
        if self.saved_model:
            return SavedModel(self.saved_model)
        return pretrained_method(self.model, self.method)

    @property
    def checksum(self) -> str:
        """sha256 of a run's weights, which its step alone does not tell apart; "" of all else, whose facts have one."""
        weights = Path(self.run) / "weights" / f"{self.checkpoint}.weights.h5"
        return checksums.of_file(weights) if self.run and weights.is_file() else ""
