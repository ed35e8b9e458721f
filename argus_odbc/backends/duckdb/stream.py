"""An Arrow C stream read part by part through ctypes, so that its rest can be kept when its connection is needed.

DuckDB streams a result out of the connection that ran it, which can run nothing else meanwhile. Whoever needs the
connection therefore reads the rest into memory first; a stream that the core drains by itself could not do that.
Calls that make or free rows release the GIL. Those for a schema keep it: they take a microsecond, and beside a thread
that runs Python each way back to the GIL takes five milliseconds.
"""

from __future__ import annotations

import ctypes
import itertools
from typing import Any

_RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_RELEASE_SCHEMA = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)


class _Schema(ctypes.Structure):
    pass


_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.POINTER(_Schema)),
    ("release", _RELEASE_SCHEMA),
    ("private_data", ctypes.c_void_p),
]


class _Array(ctypes.Structure):
    _fields_ = (
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.c_void_p),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", _RELEASE),
        ("private_data", ctypes.c_void_p),
    )


class _Stream(ctypes.Structure):
    _fields_ = (
        ("get_schema", ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)),
        ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)),
        ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)),
        ("release", _RELEASE),
        ("private_data", ctypes.c_void_p),
    )


_get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_get_pointer.restype = ctypes.c_void_p
_get_pointer.argtypes = (ctypes.py_object, ctypes.c_char_p)
_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
# A second prototype for the same function: in a destructor the capsule must not become a Python object again.
_pointer_of_dying = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)

_lent: dict[int, ctypes.Structure] = {}
"""Structures inside of living capsules, by address: each stays until its capsule's destructor has run."""


def _release(structure: Any) -> None:
    """Call the structure's own release, once."""
    if structure.release:
        structure.release(ctypes.addressof(structure))


def _destructor(name: bytes) -> Any:
    def destroy(capsule: int) -> None:
        structure = _lent.pop(_pointer_of_dying(capsule, name), None)
        if structure is not None:
            _release(structure)

    return ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(destroy)


_destroy_schema = _destructor(b"arrow_schema")
_destroy_array = _destructor(b"arrow_array")


def _capsule(structure: ctypes.Structure, name: bytes, destructor: Any) -> object:
    """A capsule that owns the structure, as the Arrow PyCapsule interface wants it."""
    address = ctypes.addressof(structure)
    _lent[address] = structure
    return _new_capsule(address, name, ctypes.cast(destructor, ctypes.c_void_p))


def _metadata(pairs: dict[bytes, bytes]) -> bytes:
    """Arrow's form of key-value metadata: counts and lengths as native 32-bit integers."""
    out = len(pairs).to_bytes(4, "little")
    for key, value in pairs.items():
        out += len(key).to_bytes(4, "little") + key + len(value).to_bytes(4, "little") + value
    return out


_UUID_MARK = ctypes.create_string_buffer(_metadata({b"ARROW:extension:name": b"arrow.uuid"}))
"""Lives as long as the module, because schemas point to it."""


_marked: dict[int, tuple[Any, int | None, dict[int, int | None]]] = {}
"""Schemas with a mark, by a number of their own: the producer's release, its private data, the metadata replaced."""

_numbers = itertools.count(1)


def _mark_uuids(schema: _Schema, columns: frozenset[int]) -> None:
    """Say in the schema that these columns hold UUIDs. The producer frees its own metadata, so that is put back first."""
    if not columns:
        return
    number = next(_numbers)
    replaced = {i: schema.children[i].contents.metadata for i in columns}
    for i in columns:
        schema.children[i].contents.metadata = ctypes.addressof(_UUID_MARK)
    release = ctypes.cast(schema.release, ctypes.c_void_p).value
    _marked[number] = (release, schema.private_data, replaced)
    schema.private_data = number
    schema.release = _release_marked


def _unmark(address: int) -> None:
    schema = _Schema.from_address(address)
    release, private_data, replaced = _marked.pop(schema.private_data)
    for i, metadata in replaced.items():
        schema.children[i].contents.metadata = metadata
    schema.private_data = private_data
    schema.release = _RELEASE_SCHEMA(release)
    schema.release(address)


_release_marked = _RELEASE_SCHEMA(_unmark)


class StreamError(Exception):
    """What the producer of a stream reports in the middle of it."""


class ArrowPart:
    """Some rows of a stream: an object with `__arrow_c_array__`. What nobody takes is released with it."""

    def __init__(self, schema: _Schema, array: _Array) -> None:
        self._schema, self._array = schema, array

    @property
    def length(self) -> int:
        return int(self._array.length)

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """Both capsules. Can be asked once: the rows move into them."""
        schema, array = self._schema, self._array
        self._schema, self._array = _Schema(), _Array()
        return (
            _capsule(schema, b"arrow_schema", _destroy_schema),
            _capsule(array, b"arrow_array", _destroy_array),
        )

    def __del__(self) -> None:
        _release(self._schema)
        _release(self._array)


class ArrowStream:
    """The stream of any object with `__arrow_c_stream__`. One thread at a time."""

    def __init__(self, source: Any, uuid_columns: frozenset[int] = frozenset()) -> None:
        """`uuid_columns`: the columns (from 0) whose text the core reads as UUID."""
        self._capsule = source.__arrow_c_stream__()
        self._stream = _Stream.from_address(_get_pointer(self._capsule, b"arrow_array_stream"))
        self._uuid_columns = uuid_columns
        self._ended = False

    def formats(self) -> list[str]:
        """The Arrow format of each column."""
        schema = self._get_schema()
        out = [schema.children[i].contents.format.decode() for i in range(schema.n_children)]
        _release(schema)
        return out

    def next(self) -> ArrowPart | None:
        """The next rows, None at the end (and after `close`)."""
        if self._ended:
            return None
        array = _Array()
        status = self._stream.get_next(ctypes.addressof(self._stream), ctypes.addressof(array))
        if status != 0:
            text = self._error()
            self.close()
            raise StreamError(text)
        if not array.release:
            self.close()
            return None
        schema = self._get_schema()
        _mark_uuids(schema, self._uuid_columns)
        return ArrowPart(schema, array)

    def close(self) -> None:
        """Release the stream, which frees its connection for other statements. Idempotent."""
        self._ended = True
        _release(self._stream)

    def _get_schema(self) -> _Schema:
        schema = _Schema()
        if self._stream.get_schema(ctypes.addressof(self._stream), ctypes.addressof(schema)) != 0:
            raise StreamError(self._error())
        return schema

    def _error(self) -> str:
        text = self._stream.get_last_error(ctypes.addressof(self._stream))
        return text.decode("utf-8", "replace") if text else "The engine ended the result without a reason"
