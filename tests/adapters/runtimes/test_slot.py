"""Tensors that two ends of shared memory pass to each other."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from vedette.adapters.runtimes.slot import Slot, shared_file
from vedette.errors import InvalidError

MIB = 1 << 20


@pytest.fixture(scope="module")
def ends() -> Iterator[tuple[Slot, Slot]]:
    descriptor = shared_file()
    pair = Slot(descriptor), Slot(os.dup(descriptor))
    yield pair
    for end in pair:
        end.close()


numbers = st.sampled_from(["?", "u1", "i1", "<u2", "<i4", "<i8", "<u8", "<f2", "<f4", ">f8"]).flatmap(
    lambda kind: arrays(np.dtype(kind), array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6))
)
texts = arrays(object, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4), elements=st.binary(max_size=30))


@settings(max_examples=50, deadline=None)
@given(st.lists(numbers | texts, max_size=5))
def test_what_one_end_writes_the_other_reads(ends, tensors) -> None:
    """Every type, any shape (none and empty too), any bytes, several at once."""
    writer, reader = ends

    got = reader.read(writer.write(tensors))

    for one, other in zip(tensors, got, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.tolist() == other.tolist() or np.array_equal(one, other, equal_nan=True)


def test_rows_that_do_not_lie_side_by_side_are_copied_right(ends) -> None:
    """A view with other strides is written as what it shows."""
    writer, reader = ends
    picture = np.arange(600, dtype=np.int32).reshape(10, 20, 3)

    (got,) = reader.read(writer.write([picture[::2, ::-3].transpose(2, 0, 1)]))

    np.testing.assert_array_equal(got, picture[::2, ::-3].transpose(2, 0, 1))


def test_the_memory_grows_with_its_tensors_and_is_given_back() -> None:
    """A large tensor arrives whole; after it no more than what a slot keeps is occupied."""
    descriptor = shared_file()
    watch = os.dup(descriptor)
    writer, reader = Slot(descriptor), Slot(os.dup(descriptor))
    large = np.random.default_rng(1).integers(0, 256, 40 * MIB, np.uint8)

    for _ in range(2):
        (got,) = reader.read(writer.write([large]))
        assert np.array_equal(got, large)
        assert os.fstat(watch).st_blocks * 512 >= 40 * MIB
        reader.release()
        assert os.fstat(watch).st_blocks * 512 <= 17 * MIB
    os.close(watch)
    writer.close()
    reader.close()


@pytest.mark.parametrize(
    "tensor", [np.array(["a"]), np.array([b"a"]), np.array([1 + 2j]), np.array([b"a", "b"], object)]
)
def test_what_is_neither_a_number_nor_bytes_is_refused(ends, tensor) -> None:
    """Objects of Python never cross."""
    with pytest.raises(InvalidError):
        ends[0].write([tensor])
