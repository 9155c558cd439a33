"""Pointing: clicks, drags, taps and keys, and the places that they mark."""

import pytest

from hsgan.app.hand import Hand


@pytest.fixture
def hand():
    hand = Hand()
    hand.enter((100, 200))
    return hand


def test_a_click_is_a_point_and_a_drag_an_area(hand):
    hand.press((10.2, 20.7))
    assert hand.dragged((11, 21)) == ((10.2, 20.7), (11, 21))
    assert hand.release((11.9, 22.0), click=5) == ((11.9, 22.0), (11.9, 22.0)) and hand.cursor == (11, 22)
    hand.press((10, 20))
    assert hand.release((10, 25), click=5) == ((10, 20), (10, 25))
    assert hand.dragged((50, 50)) is None and hand.release((50, 50), click=5) is None


def test_what_leaves_the_picture_marks_nothing(hand):
    hand.press((10, 20))
    hand.lift()
    assert hand.release((90, 90), click=5) is None


def test_two_choices_are_an_area(hand):
    hand.area = True
    hand.press((10, 20))
    assert hand.release((10, 20), click=5) is None and hand.corner == (10, 20)
    hand.move_by(-3, 30)
    assert hand.outline == ((10, 20), (7, 50))
    assert hand.choose() == ((10, 20), (7, 50)) and hand.outline is None
    hand.choose()
    hand.let_go()
    assert hand.choose() is None  # a first corner again


def test_a_drag_is_an_area_even_after_a_first_corner(hand):
    hand.area = True
    hand.choose((1, 1))
    hand.press((10, 20))
    assert hand.release((30, 40), click=5) == ((10, 20), (30, 40)) and hand.corner is None


def test_the_cursor_stays_in_the_picture(hand):
    assert hand.cursor == (50, 100)
    hand.move_by(-1000, 1000)
    assert hand.cursor == (0, 199)
    hand.move_to(99.9, -1)
    assert hand.cursor == (99, 0)
    hand.enter((100, 200))
    assert hand.cursor == (99, 0)
    hand.enter((10, 10))
    assert hand.cursor == (5, 5)
