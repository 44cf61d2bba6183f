from types import SimpleNamespace

import numpy as np
import pytest

from indexes import pages

LARGE = 2 << 20


@pytest.fixture
def asked(monkeypatch):
    found = []
    library = SimpleNamespace(madvise=lambda start, size, advice: found.append((start.value, size.value)))
    monkeypatch.setattr(pages.ctypes, "CDLL", lambda name: library)
    monkeypatch.setattr(pages.sys, "platform", "linux")
    return found


def test_large_pages_are_asked_for_within_the_array_only(asked):
    array = np.zeros(5 * LARGE + 12_345, np.uint8)
    pages.on_large_pages(array)
    start, size = asked[0]
    assert start % LARGE == size % LARGE == 0
    assert array.ctypes.data <= start < array.ctypes.data + LARGE
    assert array.ctypes.data + array.nbytes - LARGE < start + size <= array.ctypes.data + array.nbytes


def test_none_are_asked_for_a_small_array_or_on_other_systems(asked, monkeypatch):
    pages.on_large_pages(np.zeros(LARGE, np.uint8))
    monkeypatch.setattr(pages.sys, "platform", "darwin")
    pages.on_large_pages(np.zeros(5 * LARGE, np.uint8))
    assert not asked


def test_what_the_array_holds_stays():
    array = np.arange(3 * LARGE, dtype=np.float64)
    pages.on_large_pages(array)
    assert (array == np.arange(3 * LARGE)).all()


@pytest.mark.parametrize("offset", [0, 4, 45])
def test_a_copy_starts_a_page_and_cannot_be_written(offset):
    held = np.frombuffer(bytes(range(256)) * 9, np.int32, 90, offset=offset).reshape(9, 10)
    copy = pages.copied(held)
    assert copy.ctypes.data % LARGE == 0
    assert copy.dtype == held.dtype
    assert copy.tolist() == held.tolist()
    with pytest.raises(ValueError, match="read-only"):
        copy[0, 0] = 1
