"""Where a visitor points in the picture, by mouse, touch or keys, and what that marks. Knows nothing of the page.

Positions are (row, column) of the cube, fractions of pixels included.
"""

Position = tuple[float, float]
Corners = tuple[Position, Position]


class Hand:
    """A cursor that points, and the beginning of an area.

    Attributes:
      area: whether two choices mark an area, by its corners; otherwise each one marks a point.
      corner: of an area whose other corner has not been chosen yet, or None.
      cursor: (row, column), whole numbers: where the keys are.
      shape: (height, width) that the cursor stays in.
    """

    def __init__(self):
        self.area, self.corner = False, None
        self.shape, self.cursor = (1, 1), (0, 0)
        self._pressed: Position | None = None

    def enter(self, shape: tuple[int, int]) -> None:
        """Comes to a picture of this size; the cursor begins in its middle, unless it is as large as the one before."""
        if shape != self.shape:
            self.shape, self.cursor = shape, (shape[0] // 2, shape[1] // 2)
            self.corner = self._pressed = None

    def press(self, here: Position) -> None:
        """The button or finger goes down."""
        self._pressed = here

    def lift(self) -> None:
        """Forgets the press: it left the picture."""
        self._pressed = None

    def let_go(self) -> None:
        """Forgets the press and the corner."""
        self._pressed = self.corner = None

    def dragged(self, here: Position) -> Corners | None:
        """Returns the corners of the area that is being dragged to `here`, or None."""
        return None if self._pressed is None else (self._pressed, here)

    def release(self, here: Position, click: float) -> Corners | None:
        """The button or finger comes up; returns the corners of what is marked now, or None.

        Args:
          here: where.
          click: a way shorter than this, in pixels of the cube, is a click; a longer one an area.
        """
        start, self._pressed = self._pressed, None
        if start is None:
            return None
        if max(abs(a - b) for a, b in zip(start, here, strict=True)) >= click:
            self.corner = None
            return start, here
        self.move_to(*here)
        return self.choose(here)

    def choose(self, here: Position | None = None) -> Corners | None:
        """A click, a tap or Enter; returns the corners of what is marked now, or None for the first of two corners.

        Args:
          here: where; None: at the cursor.
        """
        here = self.cursor if here is None else here
        if not self.area:
            return here, here
        first, self.corner = self.corner, here if self.corner is None else None
        return None if first is None else (first, here)

    def move_to(self, row: float, column: float) -> None:
        """Puts the cursor there, or as near as the picture reaches."""
        self.cursor = tuple(
            min(max(int(value), 0), size - 1) for value, size in zip((row, column), self.shape, strict=True)
        )

    def move_by(self, rows: int, columns: int) -> None:
        """Moves the cursor."""
        self.move_to(self.cursor[0] + rows, self.cursor[1] + columns)

    @property
    def outline(self) -> Corners | None:
        """The area in the making, from its corner to the cursor, or None."""
        return None if self.corner is None else (self.corner, self.cursor)
