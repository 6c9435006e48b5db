"""How an image is cut: regions of it, and the tiles that a detector looks at one by one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vedette.values.frame import Size


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle in whole pixels of an image; a tile may reach beyond the right and the bottom edge of its image."""

    left: int
    top: int
    size: Size

    @property
    def right(self) -> int:
        """The first column that is no part of it."""
        return self.left + self.size.width

    @property
    def bottom(self) -> int:
        """The first row that is no part of it."""
        return self.top + self.size.height

    def __str__(self) -> str:
        return f"{self.left},{self.top},{self.size.width},{self.size.height}"


class Fill(StrEnum):
    """What goes to the detector beside the tiles.

    `blank` adds blank tiles up to the next power of two (63 tiles become 64); `overview` adds the whole image once.
    """

    BLANK = "blank"
    OVERVIEW = "overview"


@dataclass(frozen=True, slots=True)
class Tiling:
    """How images are cut: size of a tile and least overlap of neighbours in pixels of the image, and the fill."""

    tile: Size
    overlap: int = 0
    fill: Fill | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < min(self.tile.width, self.tile.height):
            raise ValueError(
                f"the overlap must lie in 0..{min(self.tile.width, self.tile.height) - 1} for tiles of "
                f"{self.tile}, got {self.overlap}"
            )
