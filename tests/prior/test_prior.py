"""The prior on disk."""

import numpy as np
import pytest
from mixtures import GRID, draw

from hsgan.errors import DataError
from hsgan.prior.mixture import MixturePrior


def prior():
    return MixturePrior(*draw(), GRID.astype(np.float32), "5 bumps", temperature=1.25)


def test_a_saved_prior_comes_back(tmp_path):
    first = prior()
    first.save(tmp_path / "prior.npz")
    again = MixturePrior.open(tmp_path / "prior.npz")
    for name in ("weights", "means", "covariances", "wavelengths_nm"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    assert (again.source, again.temperature, again.components) == ("5 bumps", 1.25, 5)


def test_factors_are_square_roots_of_the_covariances():
    first = prior()
    factors = first.parameters[2]
    np.testing.assert_allclose(factors @ factors.transpose(0, 2, 1), first.covariances, rtol=1e-10)
    np.testing.assert_array_equal(factors, np.tril(factors))


def test_a_missing_or_damaged_file_is_refused_by_name(tmp_path):
    path = tmp_path / "prior.npz"
    with pytest.raises(DataError, match=r"prior\.npz: no such file"):
        MixturePrior.open(path)
    prior().save(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"prior\.npz: is damaged or .*not a prior of spectra"):
        MixturePrior.open(path)
    np.savez(path, weights=np.ones(1))
    with pytest.raises(DataError, match=r"prior\.npz: is damaged or .*not a prior of spectra"):
        MixturePrior.open(path)


@pytest.mark.parametrize("spoil", ["shape", "nan"])
def test_a_file_that_does_not_fit_itself_is_refused(tmp_path, spoil):
    values = dict(zip(("weights", "means", "covariances"), draw(), strict=True), wavelengths_nm=GRID)
    if spoil == "shape":
        values["means"] = values["means"][:, :-1]
    else:
        values["covariances"][0, 0, 0] = np.nan
    np.savez(tmp_path / "prior.npz", **values, source="", temperature=1.0)
    with pytest.raises(DataError, match=r"prior\.npz: must hold finite weights"):
        MixturePrior.open(tmp_path / "prior.npz")
