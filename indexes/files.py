"""Files that survive a crash when written, and are not trusted when read.

Writing: a file is replaced as a whole (write aside, fsync, rename, fsync the folder), so that a process
killed at any moment leaves the old bytes or the new ones. Reading: whoever wrote the file may be hostile, so
size, kind and shape are checked before a byte is used, and nothing is ever unpickled.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from indexes.errors import DamagedRelease

REBUILD = (
    "`rongtong releases rollback` returns to an older release, `rongtong refresh --full` builds a new one"
)
MAX_JSON_BYTES = 64 << 20
_SYNCED = 8  # files made durable at once

# What np.save writes for a C-ordered array of one or two axes: NPY version 1.0,
# https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
_NPY_MAGIC = b"\x93NUMPY\x01\x00"
_NPY_HEADER = re.compile(
    rb"\{'descr': '([<|][a-z][1-8])', 'fortran_order': False, "
    rb"'shape': \((\d{1,15}),(?: (\d{1,15}))?\), \} *\n"
)


def damaged(path: Path, what: str) -> NoReturn:
    """Raise :class:`DamagedRelease` about *path*."""
    raise DamagedRelease(f"{path.name}: {what}", field="file", value=str(path), mend=REBUILD)


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Make every file and folder below *folder*, and *folder* itself, durable."""
    folders = [(Path(parent), names) for parent, _, names in os.walk(folder, topdown=False)]
    with ThreadPoolExecutor(_SYNCED) as pool:  # a disk takes many at once as soon as few
        for _ in pool.map(_sync_file, [parent / name for parent, names in folders for name in names]):
            pass
    for parent, _ in folders:
        sync_folder(parent)


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomically(path: Path, data: bytes) -> None:
    """Put *data* at *path* so that a crash leaves the old content or the new, whole."""
    aside = path.with_name(f".{path.name}.new")
    with open(aside, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)
    sync_folder(path.parent)


def open_regular(path: Path) -> int:
    """A descriptor on *path*, which must be a regular file: no link, device or pipe.

    :raises OSError: it is missing, a link, not a regular file, or may not be read.
    """
    # O_NONBLOCK: opening a pipe nobody writes to must not wait for ever
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(f"{path.name} is not a regular file")
    return handle


def read_regular(path: Path, limit: int) -> bytes:
    """The bytes of the regular file *path*, which may hold at most *limit*.

    :raises OSError: as :func:`open_regular`, or the file is larger than *limit*.
    """
    with open(open_regular(path), "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(f"{path.name} is larger than {limit} bytes")
    return data


def parse_json(data: bytes) -> Any:
    """The strict reading of a JSON document.

    :raises ValueError: not UTF-8, not JSON, nested too deep, a key given twice, or NaN and the infinities.
    """
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def save_json(path: Path, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")


def load_json(path: Path, limit: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """The JSON object in *path*; :raises DamagedRelease: there is none."""
    try:
        value = parse_json(read_regular(path, limit))
    except (OSError, ValueError) as error:
        damaged(path, str(error))
    if not isinstance(value, dict):
        damaged(path, "is not a JSON object")
    return value


def save_array(path: Path, array: NDArray[Any]) -> None:
    """*array* as an NPY file, little-endian and C-ordered."""
    fixed = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    with open(path, "wb") as file:
        np.lib.format.write_array(file, fixed, version=(1, 0), allow_pickle=False)


def load_array(path: Path, dtype: DTypeLike, axes: int = 1) -> NDArray[Any]:
    """The array in the NPY file *path*, memory-mapped and read-only.

    Only what :func:`save_array` writes is accepted: this *dtype*, this number of *axes* (1 or 2), and exactly
    as many bytes as the header announces. :raises DamagedRelease: anything else.
    """
    data = map_file(path)
    size = int.from_bytes(data[8:10], "little")
    header = _NPY_HEADER.fullmatch(data[10 : 10 + size])
    if data[:8] != _NPY_MAGIC or header is None:
        damaged(path, "is not an array as Rongtong writes it")
    expected = np.dtype(dtype).newbyteorder("<")
    shape = tuple(int(length) for length in header.groups()[1:] if length is not None)
    if header[1].decode() != expected.str or len(shape) != axes:
        damaged(path, f"does not hold {axes}-dimensional {np.dtype(dtype)}")
    count = shape[0] * (shape[1] if axes == 2 else 1)
    if len(data) != 10 + size + count * expected.itemsize:
        damaged(path, "has more or fewer bytes than its header says")
    if not count:
        return np.zeros(shape, expected)
    return np.frombuffer(data, expected, count, offset=10 + size).reshape(shape)


def map_file(path: Path) -> mmap.mmap | bytes:
    """The content of *path*, memory-mapped for reading; :raises DamagedRelease: it cannot be read;
    :raises MemoryError: there is no room for it, which says nothing of the file."""
    try:
        handle = open_regular(path)
        try:
            if not os.fstat(handle).st_size:
                return b""
            return mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError(f"{path.name}: {error.strerror}") from error
        damaged(path, str(error))


def check_offsets(path: Path, offsets: NDArray[np.int64], end: int) -> None:
    """Check that *offsets*, read from *path*, rise from 0 to *end*; :raises DamagedRelease: they do not."""
    if not offsets.size or offsets[0] != 0 or offsets[-1] != end or bool((offsets[1:] < offsets[:-1]).any()):
        damaged(path, f"does not rise from 0 to {end}")


def check_numbers(path: Path, numbers: NDArray[Any], limit: int) -> None:
    """Check that *numbers*, read from *path*, lie in [0, *limit*); :raises DamagedRelease: they do not."""
    if numbers.size and (numbers.min() < 0 or numbers.max() >= limit):
        damaged(path, f"points outside 0 … {limit - 1}")
