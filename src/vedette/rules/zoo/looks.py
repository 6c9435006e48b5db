"""How each family of detectors is told by the shapes of its outputs for one image: one function a family.

Values are not looked at. A function gives a Fit where the shapes are such as its family gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vedette.values.frame import Size
from vedette.values.manifest import ModelType

Shapes = Sequence[tuple[int, ...]]

YOLO_STRIDES = (8, 16, 32)
PLUS_STRIDES = (8, 16, 32, 64)
_QUERIES, _FEWEST_QUERIES = 1000, 100
_NAMED_COLUMNS = 7  # tables of 6 and 7 columns have families of their own
_USUAL_BINS = 8
_USUAL_CLASSES = 80
_BOX, _MIN_BINS = 4, 2


@dataclass(frozen=True, slots=True)
class Fit:
    """A family whose shapes these are.

    Attributes:
        model_type: the family.
        classes: labels that it would read; None where the shapes do not tell.
        usual: whether such shapes are the family's own way, not one that it merely allows.
        first_class: the place of the first label in the outputs, as the family usually has it.
    """

    model_type: ModelType
    classes: int | None
    usual: bool = True
    first_class: int = 0


def cells_of(size: Size, stride: int) -> tuple[int, int]:
    """Columns and rows of the map of a stride."""
    return -(-size.width // stride), -(-size.height // stride)


def count_cells(size: Size, strides: Sequence[int]) -> int:
    """Cells of the maps of all strides."""
    return sum(columns * rows for columns, rows in (cells_of(size, stride) for stride in strides))


def stripped(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Without leading ones beyond two dimensions, unless it is the (N, 1, 4) of a decoded YOLOv4."""
    while len(shape) > 2 and shape[0] == 1:  # noqa: PLR2004 - a table
        shape = shape[1:]
    return shape


def _table(shapes: Shapes) -> tuple[int, int] | None:
    if len(shapes) != 1 or len(shapes[0]) != 2:  # noqa: PLR2004 - a table
        return None
    return shapes[0][0], shapes[0][1]


def _pair(shapes: Shapes) -> tuple[int, int] | None:
    """Rows and columns of the scores that stand beside boxes (rows, 4)."""
    if len(shapes) != 2 or any(len(shape) != 2 for shape in shapes):  # noqa: PLR2004 - two tables
        return None
    (rows, columns), (others, more) = shapes
    if rows != others or _BOX not in (columns, more):
        return None
    return rows, (more if columns == _BOX else columns)


def _strides(rows: int, size: Size) -> tuple[int, ...]:
    """The strides whose cells are so many; none if there are no such."""
    return next((known for known in (YOLO_STRIDES, PLUS_STRIDES) if count_cells(size, known) == rows), ())


def _a_row_a_cell(rows: int, size: Size) -> bool:
    """Whether a table has a row for each cell, or for each of three anchors of it, as YOLO models have."""
    return any(
        rows in (cells, 3 * cells) for cells in (count_cells(size, YOLO_STRIDES), count_cells(size, PLUS_STRIDES))
    )


def _ssd(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    if len(shapes) == 1 and len(shapes[0]) > 1 and shapes[0][-1] == 7:  # noqa: PLR2004 - image, label, score, corners
        return Fit(ModelType.SSD, None, usual=not _a_row_a_cell(shapes[0][0], size), first_class=1)
    pair = _pair(shapes)
    if pair is None or pair[1] < _MIN_BINS:
        return None
    background = 0 if pair[1] == labels else 1
    return Fit(ModelType.SSD, pair[1] - background, usual=pair[0] > _QUERIES, first_class=background)


def _tf_od(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    del size, labels
    if len(shapes) != 4:  # noqa: PLR2004 - boxes, scores, classes, count
        return None
    counts = [shape for shape in shapes if shape in ((), (1,))]
    rest = [shape for shape in shapes if shape not in ((), (1,))]
    return Fit(ModelType.TF_OD, None, first_class=1) if len(counts) == 1 and _is_boxes(rest) else None


def _yolo_maps(model_type: ModelType) -> Callable[[Shapes, Size, int | None], Fit | None]:
    def look(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
        classes = {_map_classes(shape, size, 3) for shape in shapes}
        anchored = {len(shape) for shape in shapes} == {4}
        if len(shapes) not in (2, 3) or len(classes) != 1 or len({sides_of(shape, size) for shape in shapes}) == 1:
            return None
        (found,) = classes
        if found is None or (labels is not None and found != labels):
            return None
        return Fit(model_type, found, usual=not anchored or model_type is ModelType.YOLOV4)

    return look


def _map_classes(shape: tuple[int, ...], size: Size, anchors: int) -> int | None:
    """Classes of one YOLO map of rank 3 or 4; None if it is none."""
    sides = sides_of(shape, size)
    if sides is None:
        return None
    others = list(shape)
    start = next(index for index in range(len(shape)) if shape[index : index + 2] == sides)
    del others[start : start + 2]
    channels = others[0] if len(others) == 1 else others[0] * others[1]
    classes, rest = divmod(channels, anchors)
    return classes - 5 if rest == 0 and classes > 5 else None  # noqa: PLR2004 - box and objectness


def sides_of(shape: tuple[int, ...], size: Size) -> tuple[int, int] | None:
    """Height and width of a map of the input, wherever they stand in its shape."""
    for stride in (4, *PLUS_STRIDES, 2):
        width, height = cells_of(size, stride)
        if len(shape) in (3, 4) and any(shape[at : at + 2] == (height, width) for at in range(len(shape) - 1)):
            return height, width
    return None


def _yolov4_decoded(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    del size, labels
    if len(shapes) != 2:  # noqa: PLR2004 - boxes and scores
        return None
    boxes, scores = sorted(shapes, key=len, reverse=True)
    if len(boxes) != 3 or boxes[1:] != (1, 4) or len(scores) != 2 or scores[0] != boxes[0]:  # noqa: PLR2004
        return None
    return Fit(ModelType.YOLOV4, scores[1])


def _yolov5(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    del labels
    table = _table(shapes)
    boxes = [3 * count_cells(size, strides) for strides in (YOLO_STRIDES, PLUS_STRIDES)]
    if table is None or table[0] not in boxes or table[1] <= 5:  # noqa: PLR2004 - box and objectness
        return None
    return Fit(ModelType.YOLOV5, table[1] - 5)


def _yolov8(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    table = _table(shapes)
    if table is None:
        return None
    upright = bool(_strides(table[1], size)) and table[0] > _BOX
    if upright:
        return Fit(ModelType.YOLOV8, table[0] - _BOX)
    turned = bool(_strides(table[0], size)) and table[1] > _BOX
    return Fit(ModelType.YOLOV8, table[1] - _BOX, usual=labels == table[1] - _BOX) if turned else None


def _yolo_end2end(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    del labels
    table = _table(shapes)
    if table is None or table[1] != 6 or table[0] > _QUERIES:  # noqa: PLR2004 - corners, score, class
        return None
    return Fit(ModelType.YOLO_END2END, None, usual=not _a_row_a_cell(table[0], size))


def _yolox(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    del labels
    table = _table(shapes)
    strides = () if table is None else _strides(table[0], size)
    if table is None or not strides or table[1] <= 5:  # noqa: PLR2004 - box and objectness
        return None
    return Fit(ModelType.YOLOX, table[1] - 5, usual=strides == YOLO_STRIDES)


def _nanodet(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    table = _table(shapes)
    if table is not None:
        classes = _joined_classes(table[1], labels)
        usual = classes == (_USUAL_CLASSES if labels is None else labels)
        fits = classes is not None and _strides(table[0], size) == YOLO_STRIDES
        return Fit(ModelType.NANODET, classes, usual=usual) if fits else None
    widths = _widths_by_cells(shapes, size)
    if widths is None:
        return None
    for classes, distances in (widths, widths[::-1]):
        if distances % 4 == 0 and distances >= _BOX * _MIN_BINS and labels in (None, classes):
            return Fit(ModelType.NANODET, classes)
    return None


def _widths_by_cells(shapes: Shapes, size: Size) -> tuple[int, int] | None:
    """Columns of the two tables that have a row a cell: all cells in one, or one table a stride."""
    each = [count_cells(size, (stride,)) for stride in YOLO_STRIDES]
    rows = [(count_cells(size, YOLO_STRIDES),), tuple(each)]
    tables = [_rows_and_columns(shape, size) for shape in shapes]
    if any(table is None for table in tables):
        return None
    known = [table for table in tables if table is not None]
    widths = tuple(dict.fromkeys(width for _, width in known))
    if len(widths) != 2:  # noqa: PLR2004 - scores and distances
        return None
    for width in widths:
        if tuple(sorted((count for count, other in known if other == width), reverse=True)) not in rows:
            return None
    return widths


def _rows_and_columns(shape: tuple[int, ...], size: Size) -> tuple[int, int] | None:
    if len(shape) == 2:  # noqa: PLR2004 - a table
        return shape[0], shape[1]
    sides = sides_of(shape, size)
    if sides is None or len(shape) != 3:  # noqa: PLR2004 - a map
        return None
    return sides[0] * sides[1], shape[2] if shape[:2] == sides else shape[0]


def _nanodet_plus(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    table = _table(shapes)
    classes = None if table is None else _joined_classes(table[1], labels)
    if table is None or classes is None or _strides(table[0], size) != PLUS_STRIDES:
        return None
    return Fit(ModelType.NANODET_PLUS, classes)


def _joined_classes(columns: int, labels: int | None) -> int | None:
    """Classes of scores and distances side by side; 8 bins a side unless `labels` tells otherwise."""
    if labels is not None and columns >= labels + _BOX * _MIN_BINS and (columns - labels) % _BOX == 0:
        return labels
    return columns - _BOX * _USUAL_BINS if columns > _BOX * _USUAL_BINS else None


def _centernet(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    if len(shapes) not in (2, 3) or any(len(shape) != 3 for shape in shapes):  # noqa: PLR2004 - maps
        return None
    sides = {sides_of(shape, size) for shape in shapes}
    if len(sides) != 1 or None in sides:
        return None
    (both,) = sides
    channels = [shape[0] if shape[1:] == both else shape[2] for shape in shapes]
    heads = [[2], [4]] if len(shapes) == 2 else [[2, 2], [2, 4]]  # noqa: PLR2004 - heat and sizes
    for index, classes in enumerate(channels):
        if sorted(channels[:index] + channels[index + 1 :]) in heads and labels in (None, classes):
            return Fit(ModelType.CENTERNET, classes)
    return None


def _detr(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    del size, labels
    pair = _pair(shapes)
    if pair is None or pair[0] > _QUERIES or pair[1] < 2:  # noqa: PLR2004 - a class and no object
        return None
    return Fit(ModelType.DETR, pair[1] - 1)


def _rtdetr(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    pair, table = _pair(shapes), _table(shapes)
    if pair is not None and pair[0] <= _QUERIES:
        return Fit(ModelType.RTDETR, pair[1])
    if table is None or table[0] > _QUERIES or table[1] <= _BOX:
        return None
    classes = table[1] - _BOX
    usual = table[0] >= _FEWEST_QUERIES and _NAMED_COLUMNS < table[1] < table[0] and not _a_row_a_cell(table[0], size)
    return Fit(ModelType.RTDETR, classes, usual=usual) if usual or labels == classes else None


def _boxes(shapes: Shapes, size: Size, labels: int | None) -> Fit | None:
    del size, labels
    scored = len(shapes) == 2 and sorted(len(shape) for shape in shapes) == [1, 2]  # noqa: PLR2004 - boxes and classes
    if scored:
        classes, boxes = sorted(shapes, key=len)
        return Fit(ModelType.BOXES, None) if boxes == (classes[0], 5) else None
    return Fit(ModelType.BOXES, None) if len(shapes) == 3 and _is_boxes(shapes) else None  # noqa: PLR2004


def _is_boxes(shapes: Shapes) -> bool:
    """Boxes (K, 4) and two outputs of K numbers."""
    tables = [shape for shape in shapes if len(shape) == 2]  # noqa: PLR2004 - boxes
    rows = [shape for shape in shapes if len(shape) == 1]
    return len(tables) == 1 and tables[0][1] == _BOX and rows == [(tables[0][0],)] * 2


LOOKS: tuple[Callable[[Shapes, Size, int | None], Fit | None], ...] = (
    _ssd,
    _tf_od,
    _yolo_maps(ModelType.YOLOV3),
    _yolo_maps(ModelType.YOLOV4),
    _yolov4_decoded,
    _yolov5,
    _yolov8,
    _yolo_end2end,
    _yolox,
    _nanodet,
    _nanodet_plus,
    _centernet,
    _detr,
    _rtdetr,
    _boxes,
)
"""How each family is told, in the order of `ModelType`."""
