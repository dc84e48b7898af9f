"""Parquet of every type, and Parquet that was cut, overwritten or made for something else."""

import decimal
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
from dataset.odd_files import File, parquet


def _typed() -> Iterator[tuple[str, Any]]:
    """Two values of every type that Parquet can hold."""
    moment, number = datetime(2024, 5, 1, 12, 30, 0, 5, tzinfo=UTC), decimal.Decimal("1.50")
    for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
        yield name, pa.array([1, 2], getattr(pa, name)())
    for name in ("string", "large_string", "binary", "large_binary", "string_view", "binary_view"):
        yield name, pa.array(["a", "b"], getattr(pa, name)())
    for unit in ("s", "ms", "us", "ns"):
        yield f"timestamp {unit}", pa.array([1, 2], pa.timestamp(unit))
        yield f"timestamp {unit} in a zone", pa.array([1, 2], pa.timestamp(unit, "Europe/Paris"))
        yield f"duration {unit}", pa.array([1, 2], pa.duration(unit))
    yield from {
        "null": pa.nulls(2),
        "bool": pa.array([True, False]),
        "float": pa.array([1.5, 2.0], pa.float32()),
        "half": pa.array([1.5, 2.5]).cast(pa.float16()),
        "double": pa.array([float("nan"), float("inf")]),
        "uint64 large": pa.array([2**64 - 1, 0], pa.uint64()),
        "fixed binary": pa.array([b"ab", b"\xff\0"], pa.binary(2)),
        "no UTF-8": pa.array([b"a", b"\xff"]).view(pa.string()),
        "no UTF-8 in a list": pa.ListArray.from_arrays([0, 1, 2], pa.array([b"a", b"\xff"]).view(pa.string())),
        "year 142000": pa.array([1, 2**52], pa.timestamp("ms")),
        "year 0": pa.array([1, -(2**53)], pa.timestamp("ms")),
        "unknown zone": pa.array([1, 2], pa.timestamp("ms", "Mars/Phobos")),
        "offset": pa.array([1, 2], pa.timestamp("us", "+07:30")),
        "long duration": pa.array([1, 2**62], pa.duration("s")),
        "odd ns": pa.array([1, 2**60 + 1], pa.timestamp("ns")),
        "date": pa.array([date(2024, 5, 1), None]),
        "date64": pa.array([1, 2], pa.date64()),
        "far date": pa.array([1, 2**30], pa.date32()),
        "time": pa.array([time(1, 2), None]),
        "time ns": pa.array([1, 2], pa.time64("ns")),
        "span": pa.array([timedelta(1), None]),
        "moment": pa.array([moment, None]),
        "decimal": pa.array([number, None]),
        "decimal256": pa.array([number, None], pa.decimal256(60, 2)),
        "whole decimal": pa.array([decimal.Decimal(7), decimal.Decimal(10**37)]),
        "negative scale": pa.array([decimal.Decimal(700)] * 2, pa.decimal128(9, 2)),
        "list": pa.array([["a"], None]),
        "large list": pa.array([["a"], []], pa.large_list(pa.string())),
        "fixed list": pa.array([["a"], ["b"]], pa.list_(pa.string(), 1)),
        "list of nulls": pa.array([[None], []], pa.list_(pa.null())),
        "list of lists": pa.array([[["a"]], [[]]]),
        "list of numbers": pa.array([[1], [2]]),
        "list with null": pa.array([["a", None], []]),
        "struct": pa.array([{"text": "a"}, {"text": None}]),
        "list of structs": pa.array([[{"id": 1, "text": "a"}], [{"id": None, "text": "b"}]]),
        "map": pa.array([[("k", "v")], []], pa.map_(pa.string(), pa.string())),
        "map of numbers": pa.array([[(1, 2)], None], pa.map_(pa.int64(), pa.int64())),
        "map with a key twice": pa.array([[("k", "v"), ("k", "w")], []], pa.map_(pa.string(), pa.string())),
        "dictionary": pa.array(["a", "b"]).dictionary_encode(),
        "dictionary with null": pa.array(["a", None]).dictionary_encode(),
        "dictionary of numbers": pa.array([1, 2]).dictionary_encode(),
        "uuid": pa.array([b"a" * 16, b"b" * 16], pa.uuid()),
        "json": pa.array(['{"a": 1}', "{"], pa.json_()),
        "run ends": pa.array(["a", "a"]),
    }.items()


def of_types() -> Iterator[File]:
    """Every type as the question, as contexts, as ids and as something else."""
    for name, values in _typed():
        plain = pa.array(["q", "r"])
        yield File(f"{name} asked.parquet", parquet({"question": values, "n": plain}))
        yield File(f"{name} beside.parquet", parquet({"question": plain, "reference_context_ids": values, "x": values}))
        yield File(f"{name} listed.parquet", parquet({"question": plain, "contexts": values, "answerable": values}))


def of_parquet() -> Iterator[File]:
    """Parquet that was cut, overwritten or made for something else."""
    text = {"question": [f"question {n}" for n in range(40)], "contexts": [["a", "b"]] * 40, "n": list(range(40))}
    whole, chance = parquet(text), random.Random(0)
    for number, cut in enumerate(range(0, len(whole), len(whole) // 20)):
        yield File(f"cut {number}.parquet", whole[:cut], "is not a Parquet file that can be read")
        yield File(
            f"begun {number}.parquet", whole[cut + 1 :], "is not a Parquet file that can be read" if cut else None
        )
    for number in range(80):
        spoilt_bytes = bytearray(whole)
        for _ in range(1 + number % 5):
            spoilt_bytes[chance.randrange(len(whole))] = chance.randrange(256)
        yield File(f"flipped {number}.parquet", bytes(spoilt_bytes))
    for number, codec in enumerate(("gzip", "brotli", "zstd", "lz4", "none")):
        yield File(f"codec {number}.parquet", parquet(text, compression=codec), "")
    yield File("one group a row.parquet", parquet(text, row_group_size=1), "")
    yield File("no rows.parquet", parquet({"question": pa.array([], pa.string())}), "holds no rows")
    yield File("no columns.parquet", parquet(pa.table({})), "holds no rows|user_input")
    yield File("twice.parquet", parquet(pa.table([pa.array(["a"])] * 2, names=["question"] * 2)), "stands twice")
    yield File("no names.parquet", parquet(pa.table([pa.array(["a"])] * 2, names=["", "question"])), "")
    yield File("fields twice.parquet", parquet(_with_fields_twice()), ":1: x: expected a value that can be read")
    yield File("ids twice.parquet", parquet({"question": ["a", "b"], "id": [1, 1]}), ":2: id: .* as in line 1")
    deep: Any = "a"
    for _ in range(120):
        deep = [deep]
    yield File("deep.parquet", parquet({"question": ["a"], "x": [deep]}), ":1: the row: expected values nested")


def _with_fields_twice() -> Any:
    inner = pa.StructArray.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["t", "t"])
    return pa.table({"question": ["q"], "x": inner})
