"""Places in a cube: one pixel, or the mean of an area."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A rectangle of pixels.

    Attributes:
      top, left, bottom, right: rows and columns of the cube, ends excluded.
    """

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def point(cls, row: int, column: int) -> "Place":
        """Returns the place of one pixel."""
        return cls(row, column, row + 1, column + 1)

    @classmethod
    def between(
        cls,
        first: tuple[float, float],
        last: tuple[float, float],
        shape: tuple[int, int],
    ) -> "Place":
        """Returns the place between two (row, column), both included; what lies outside is moved to the border.

        Args:
          first, last: corners, one pixel if they are the same.
          shape: (height, width) of the cube.
        """
        (top, bottom), (left, right) = (
            sorted(min(max(int(value), 0), size - 1) for value in pair)
            for pair, size in zip(zip(first, last, strict=True), shape, strict=True)
        )
        return cls(top, left, bottom + 1, right + 1)

    @property
    def part(self) -> tuple[slice, slice]:
        """Row slice and column slice."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def inside(self, shape: tuple[int, int]) -> bool:
        """Whether it is a rectangle within a cube of (height, width)."""
        return 0 <= self.top < self.bottom <= shape[0] and 0 <= self.left < self.right <= shape[1]

    @property
    def name(self) -> str:
        """What files call it: the label without what divides names there."""
        return self.label.replace("–", "-").replace(",", "")

    @property
    def is_point(self) -> bool:
        return self.bottom - self.top == self.right - self.left == 1

    @property
    def label(self) -> str:
        """What legends call it."""
        if self.is_point:
            return f"row {self.top}, column {self.left}"
        return f"rows {self.top}–{self.bottom - 1}, columns {self.left}–{self.right - 1}"
