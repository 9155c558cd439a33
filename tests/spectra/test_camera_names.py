"""Names that photos give their cameras, as EXIF has them, against those of two dictionaries."""

import numpy as np
import pytest

from hsgan.spectra import camera_names, srf

JIANG = (
    "Canon 1DMarkIII", "Canon 20D", "Canon 300D", "Canon 40D", "Canon 500D", "Canon 50D", "Canon 5DMarkII",
    "Canon 600D", "Canon 60D", "Hasselblad H2", "Nikon D200", "Nikon D3", "Nikon D300s", "Nikon D3X", "Nikon D40",
    "Nikon D50", "Nikon D5100", "Nikon D700", "Nikon D80", "Nikon D90", "Nokia N900", "Olympus E-PL2", "Pentax K-5",
    "Pentax Q", "Phase One", "Point Grey Grasshopper2 14S5C", "Point Grey Grasshopper 50S5C", "SONY NEX-5N",
)  # fmt: skip
# Make and model as the cameras write them into EXIF.
KNOWN = {
    ("NIKON CORPORATION", "NIKON D700"): "Nikon D700",
    ("NIKON CORPORATION", "NIKON D3"): "Nikon D3",
    ("NIKON CORPORATION", "NIKON D3X"): "Nikon D3X",
    ("NIKON CORPORATION", "NIKON D300S"): "Nikon D300s",
    ("Canon", "Canon EOS 60D"): "Canon 60D",
    ("Canon", "Canon EOS 5D Mark II"): "Canon 5DMarkII",
    ("Canon", "Canon EOS-1D Mark III"): "Canon 1DMarkIII",
    ("Canon", "Canon EOS REBEL T3i"): "Canon 600D",
    ("Canon", "Canon EOS Kiss X5"): "Canon 600D",
    ("Canon", "Canon EOS DIGITAL REBEL"): "Canon 300D",
    ("Canon", "Canon EOS 300D DIGITAL"): "Canon 300D",
    ("Canon", "Canon EOS REBEL T1i"): "Canon 500D",
    ("SONY", "NEX-5N"): "SONY NEX-5N",
    ("OLYMPUS IMAGING CORP.", "E-PL2"): "Olympus E-PL2",
    ("PENTAX", "PENTAX K-5"): "Pentax K-5",
    ("RICOH IMAGING COMPANY, LTD.", "PENTAX K-5"): "Pentax K-5",
    ("Nokia", "N900"): "Nokia N900",
    ("", "Nikon D90"): "Nikon D90",
}
# Other cameras, however near; makes without a model; rubbish.
UNKNOWN = (
    ("NIKON CORPORATION", "NIKON D7000"),
    ("NIKON CORPORATION", "NIKON D70"),
    ("Canon", "Canon EOS 6D"),
    ("Canon", "Canon EOS 5D Mark III"),
    ("PENTAX", "PENTAX K-5 II"),
    ("SONY", "NEX-5"),
    ("Phase One", ""),
    ("Phase One A/S", "P 65+"),
    ("Nikon", "Nikon"),
    ("", ""),
    ("\x00\xff", "???"),
    ("Apple", "iPhone 12"),
)


@pytest.mark.parametrize(("camera", "name"), KNOWN.items(), ids=lambda value: str(value))
def test_a_camera_is_found_by_what_exif_says(camera, name):
    assert camera_names.match(*camera, JIANG) == name


@pytest.mark.parametrize("camera", UNKNOWN, ids=str)
def test_another_camera_is_not_taken_for_a_near_one(camera):
    assert camera_names.match(*camera, JIANG) is None


def test_every_camera_of_a_dictionary_is_found_by_its_own_name():
    for name in (*JIANG, *srf.load("default", np.arange(400, 701, 10)).names):
        assert camera_names.match("", name, (name, "another")) == name


def test_measured_cameras_of_the_embedded_dictionary_are_found():
    names = srf.load("default", np.arange(400, 701, 10)).names
    assert camera_names.match("NIKON CORPORATION", "NIKON D5100", names) == "Nikon 5100"
    assert camera_names.match("SIGMA", "SIGMA SD1 Merrill", names) == "Sigma SDMerill"
    assert camera_names.match("Canon", "Canon EOS 5D Mark II", names) == "Canon EOS 5D Mark II"


def test_two_cameras_of_one_form_are_not_chosen_between():
    assert camera_names.match("Nikon", "D700", ("Nikon D700", "NIKON D-700")) is None


def test_near_names_are_told():
    assert "Nikon D700" in camera_names.near("NIKON CORPORATION", "NIKON D7000", JIANG)
    assert camera_names.near("", "", JIANG) == ()
