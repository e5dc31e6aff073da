"""State as plain data: numbers, text, lists and mappings, with arrays beside them.

`written` takes dataclasses apart by their annotations and `poured` puts what was read back into
objects of the same shape, in place, so that whoever shares an array or a list with another still
does. Reading executes nothing: what a value becomes follows from the annotations of the object it
is poured into, never from the data.

Mappings whose keys are not text are written as lists of pairs, sets as sorted lists.
"""

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
from cattrs import BaseValidationError, Converter, transform_error
from cattrs.gen import make_dict_structure_fn
from numpy.typing import NDArray

__all__ = ["Misfit", "layout", "poured", "written"]

Arrays = dict[str, NDArray[Any]]


class Misfit(ValueError):
    """What was read is not the state of such an object; the text says where."""


def written(state: Any) -> tuple[Any, Arrays]:
    """A dataclass as plain data, and the arrays that it names."""
    arrays: Arrays = {}
    with _beside(arrays):
        return _converter().unstructure(state, unstructure_as=type(state)), arrays


def poured(state: Any, plain: Any, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Put what `written` gave back into `state`, in place. Raises Misfit."""
    try:
        with _beside(arrays):
            found = _converter().structure(plain, type(state))
    except BaseValidationError as error:
        raise Misfit("; ".join(transform_error(error))) from error
    except (KeyError, TypeError, ValueError) as error:
        raise Misfit(f"{type(error).__name__}: {error}") from error
    _pour(state, found)


def layout(kinds: Iterable[type]) -> str:
    """A digest of names and annotations: two programs with equal ones can read each other."""
    lines: list[str] = []
    seen: set[Any] = set()
    for kind in kinds:
        _describe(kind, lines, seen)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _is_array(kind: Any) -> bool:
    return kind is np.ndarray or get_origin(kind) is np.ndarray


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) is dict and get_args(kind)[0] is not str


def _is_set(kind: Any) -> bool:
    return get_origin(kind) in (set, frozenset)


#: The arrays beside the plain data that is written or read at the moment.
_arrays: ContextVar[Any] = ContextVar("arrays")


@contextmanager
def _beside(arrays: Mapping[str, NDArray[Any]]) -> Iterator[None]:
    token = _arrays.set(arrays)
    try:
        yield
    finally:
        _arrays.reset(token)


@cache
def _converter() -> Converter:
    """Arrays go into, or come out of, those beside; in their place stands their name there. Made
    once: it takes longer than a state does."""
    converter = Converter(unstruct_collection_overrides={}, forbid_extra_keys=True)

    def put(array: NDArray[Any] | None) -> Any:
        if array is None:
            return None
        arrays = _arrays.get()
        name = f"a{len(arrays)}"
        arrays[name] = np.ascontiguousarray(array)
        return {"array": name}

    def pairs(kind: Any) -> Any:
        of_key, of_value = get_args(kind)
        return lambda mapping: [
            [converter.unstructure(k, of_key), converter.unstructure(v, of_value)]
            for k, v in mapping.items()
        ]

    def from_pairs(kind: Any) -> Any:
        of_key, of_value = get_args(kind)
        return lambda plain, _: {
            converter.structure(k, of_key): converter.structure(v, of_value) for k, v in plain
        }

    def ordered(kind: Any) -> Any:
        (of,) = get_args(kind)
        return lambda members: [converter.unstructure(m, of) for m in sorted(members)]

    def whole(kind: Any) -> Any:
        structure: Any = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True)
        names = {field.name for field in dataclasses.fields(kind)}

        def made(plain: Any, _: Any) -> Any:
            # A field with a default must be told too: what is missing was not written here.
            missing = sorted(names - set(plain))
            if missing:
                raise KeyError(f"no {', '.join(missing)} of {kind.__name__}")
            return structure(plain, kind)

        return made

    converter.register_structure_hook_factory(dataclasses.is_dataclass, whole)
    converter.register_unstructure_hook_func(_is_array, put)
    converter.register_structure_hook_func(
        _is_array, lambda plain, _: None if plain is None else _arrays.get()[plain["array"]]
    )
    converter.register_unstructure_hook_factory(_is_mapping, pairs)
    converter.register_structure_hook_factory(_is_mapping, from_pairs)
    converter.register_unstructure_hook_factory(_is_set, ordered)
    # Numbers and words as they are: a float that is whole stays a float, `1` is not `True`.
    for exact in (int, float, str, bool):
        converter.register_structure_hook(exact, _exactly)
    return converter


def _exactly(value: Any, kind: type) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{value!r} is not of type {kind.__name__}")
    return value


def _pour(into: Any, found: Any) -> None:
    """Take over the content of `found`, an object of the same class."""
    for field in dataclasses.fields(into):
        old, new = getattr(into, field.name), getattr(found, field.name)
        if _same_place(old, new):
            continue
        setattr(into, field.name, new)


def _same_place(old: Any, new: Any) -> bool:
    """Put `new` where `old` stands, if `old` can hold it."""
    if isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
        fits = old.shape == new.shape and old.dtype == new.dtype and old.flags.writeable
        if fits:
            old[...] = new
        return fits
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        held = {k: old[k] for k in new if k in old and _same_place(old[k], new[k])}
        old.clear()
        old.update({k: held.get(k, v) for k, v in new.items()})
        return True
    if isinstance(old, list):
        kept = [a if _same_place(a, b) else b for a, b in zip(old, new, strict=False)]
        old[:] = [*kept, *new[len(kept) :]]
        return True
    if isinstance(old, set):
        old.clear()
        old.update(new)
        return True
    if dataclasses.is_dataclass(old) and not vars(type(old))["__dataclass_params__"].frozen:
        _pour(old, new)
        return True
    return False


def _describe(kind: Any, lines: list[str], seen: set[Any]) -> str:
    """How an annotation is spelt; what its dataclasses hold is added to `lines`."""
    if _is_array(kind):
        return "array"
    inner = ", ".join(_describe(part, lines, seen) for part in get_args(kind))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind not in seen:
        seen.add(kind)
        hints = get_type_hints(kind)
        for field in dataclasses.fields(kind):
            spelt = _describe(hints[field.name], lines, seen)
            lines.append(f"{kind.__qualname__}.{field.name}: {spelt}")
    name = getattr(get_origin(kind) or kind, "__qualname__", str(kind))
    return f"{name}[{inner}]" if inner else name
