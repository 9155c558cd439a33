"""What the flags of a suite say, checked."""

from collections.abc import Sequence

from hsgan.errors import ConfigError


def reported_weights(asked: tuple[str, ...], validated: bool, split: str) -> tuple[str, ...]:
    """Returns the weights that are reported, the first for figures.

    Args:
      asked: of "last" and "best"; () is all that may be.
      validated: whether a row is validated on the scenes that are scored.
      split: of the scored records, for the error.

    Raises:
      ConfigError: the best weights are asked for where they are chosen on the scenes that are scored.
    """
    if validated and "best" in asked:
        raise ConfigError(
            f"--weights: best are chosen on the scenes of --split={split} that are scored; give last alone, or other "
            f"scenes. Received: {','.join(asked)}"
        )
    return asked or (("last",) if validated else ("last", "best"))


def parse_seeds(texts: Sequence[str]) -> list[int]:
    """Returns the seeds as whole numbers.

    Raises:
      ConfigError: one that is no whole number, none, or one twice.
    """
    if not texts or not all(text.strip().isdigit() for text in texts) or len(set(texts)) < len(texts):
        raise ConfigError(f"--seeds: must be different whole numbers, separated by commas. Received: {texts!r}")
    return [int(text) for text in texts]


def parse_weights(texts: Sequence[str]) -> tuple[str, ...]:
    """Returns the weights that are asked for, () for none.

    Raises:
      ConfigError: others than "last" and "best", or one twice.
    """
    if set(texts) - {"last", "best"} or len(set(texts)) < len(texts):
        raise ConfigError(f"--weights: must be last, best, or both, separated by a comma. Received: {','.join(texts)}")
    return tuple(texts)


def parse_bands(texts: Sequence[str]) -> tuple[float, ...]:
    """Returns wavelengths in nm, () for none.

    Raises:
      ConfigError: one that is no positive number.
    """
    try:
        bands = tuple(float(text) for text in texts)
    except ValueError:
        bands = (0.0,)
    if not all(0 < band < float("inf") for band in bands):
        raise ConfigError(f"--bands: must be wavelengths in nm, separated by commas. Received: {','.join(texts)}")
    return bands


def one_folder(folders: Sequence[str], needed: bool) -> str:
    """Returns the one folder of records that all rows are scored on, "" for none.

    Raises:
      ConfigError: several, or none where one is needed.
    """
    if len(folders) > 1 or (needed and not folders):
        raise ConfigError(
            "--data: all rows are scored on one folder of records; those they train on are --train_data's. "
            f"Received: {','.join(folders) or 'none'}"
        )
    return folders[0] if folders else ""
