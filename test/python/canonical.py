"""Arrow arrays as canonical cells (test/support/canonical.ts says what they are) and back, and digests of them."""

import decimal
import hashlib
import re

import numpy as np
import pyarrow as pa

FLOATS = {pa.float16(): ("h", 4, "<u2"), pa.float32(): ("f", 8, "<u4"), pa.float64(): ("d", 16, "<u8")}
NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def is_list(t):
    return pa.types.is_list(t) or pa.types.is_large_list(t) or pa.types.is_fixed_size_list(t)


def is_string(t):
    return pa.types.is_string(t) or pa.types.is_large_string(t)


def is_binary(t):
    return pa.types.is_binary(t) or pa.types.is_large_binary(t) or pa.types.is_fixed_size_binary(t)


def type_name(t):
    """The canonical name of an Arrow type: what all readers can tell apart."""
    if pa.types.is_dictionary(t):
        return type_name(t.value_type)
    if is_list(t):
        return f"list<{type_name(t.value_type)}>"
    if pa.types.is_map(t):
        return f"list<struct<key: {type_name(t.key_type)}, value: {type_name(t.item_type)}>>"
    if pa.types.is_struct(t):
        fields = (t.field(i) for i in range(t.num_fields))
        return "struct<" + ", ".join(f"{f.name}: {type_name(f.type)}" for f in fields) + ">"
    if is_string(t):
        return "string"
    if is_binary(t):
        return "binary"
    if pa.types.is_decimal(t):
        return f"decimal({t.precision}, {t.scale})"
    if pa.types.is_timestamp(t):
        return "timestamp"
    if pa.types.is_date(t):
        return "date"
    if pa.types.is_time(t):
        return "time"
    names = {"halffloat": "float16"}
    return names.get(str(t), str(t))


# --- cells -----------------------------------------------------------------------------------------------------------


def bits(arr, width):
    """The bits of a primitive array's values, nulls included, as unsigned integers of `width`."""
    data = arr.buffers()[1]
    if len(arr) == 0 or data is None:
        return np.zeros(len(arr), width)
    return np.frombuffer(data, width, count=arr.offset + len(arr))[arr.offset :]


def plain(arr):
    """Without dictionary and extension wrappers."""
    if pa.types.is_dictionary(arr.type):
        return plain(arr.dictionary_decode())
    return plain(arr.storage) if isinstance(arr, pa.ExtensionArray) else arr


def valid_flags(arr):
    return arr.is_valid().to_numpy(zero_copy_only=False)


def list_parts(arr):
    """Start and length of each slot, and the child values that they index."""
    t = arr.type
    if pa.types.is_fixed_size_list(t):
        starts = (np.arange(len(arr)) + arr.offset) * t.list_size
        return starts, np.full(len(arr), t.list_size), arr.values
    offsets = arr.offsets.to_numpy().astype(np.int64)
    return offsets[:-1], np.diff(offsets), arr.values


def map_as_struct(arr):
    fields = [pa.field("key", arr.type.key_type), pa.field("value", arr.type.item_type)]
    return pa.StructArray.from_arrays([arr.keys, arr.items], fields=fields)


def cells(arr):
    """One canonical cell per slot."""
    arr = plain(arr)
    t = arr.type
    if pa.types.is_map(t):
        offsets = arr.offsets.to_numpy()
        child = cells(map_as_struct(arr))
        # keys and items are the whole children, which the offsets index.
        parts = zip(offsets[:-1], np.diff(offsets), valid_flags(arr))
        return [child[start : start + length] if ok else None for start, length, ok in parts]
    if is_list(t):
        starts, lengths, values = list_parts(arr)
        child = cells(values)
        parts = zip(starts, lengths, valid_flags(arr))
        return [child[start : start + length] if ok else None for start, length, ok in parts]
    if pa.types.is_struct(t):
        names = [t.field(i).name for i in range(t.num_fields)]
        columns = [cells(arr.field(i)) for i in range(t.num_fields)]
        rows = zip(*columns) if columns else ([] for _ in range(len(arr)))
        return [dict(zip(names, row)) if ok else None for row, ok in zip(rows, valid_flags(arr))]
    if t in FLOATS:
        tag, digits, width = FLOATS[t]
        values = bits(arr, width).tolist()
        return [f"{tag}:{v:0{digits}x}" if ok else None for v, ok in zip(values, valid_flags(arr))]
    return [None if v is None else leaf_cell(t, v) for v in leaf_values(arr)]


def leaf_values(arr):
    t = arr.type
    if pa.types.is_timestamp(t) or pa.types.is_time64(t) or pa.types.is_date64(t):
        return arr.cast(pa.int64()).to_pylist()
    if pa.types.is_time32(t) or pa.types.is_date32(t):
        return arr.cast(pa.int32()).to_pylist()
    return arr.to_pylist()


def leaf_cell(t, v):
    if pa.types.is_int64(t) or pa.types.is_uint64(t):
        return str(v)
    if pa.types.is_boolean(t) or pa.types.is_integer(t):
        return v
    if is_string(t):
        return "s:" + v
    if is_binary(t):
        return "x:" + v.hex()
    if pa.types.is_timestamp(t):
        return f"t:{v * NANOSECONDS[t.unit]}"
    if pa.types.is_time(t):
        return f"T:{v * NANOSECONDS[t.unit]}"
    if pa.types.is_date32(t):
        return f"D:{v}"
    if pa.types.is_date64(t):
        return f"D:{v // 86_400_000}"
    if pa.types.is_decimal(t):
        return f"n:{unscaled(v, t.scale)}e-{t.scale}"
    raise TypeError(f"no canonical form for {t}")


def unscaled(v, scale):
    with decimal.localcontext() as context:
        context.prec = 100
        return int(v.scaleb(scale))


# --- arrays from cells -----------------------------------------------------------------------------------------------


def array(t, values):
    """An Arrow array of type `t` from canonical cells."""
    if pa.types.is_dictionary(t):
        return array(t.value_type, values).dictionary_encode().cast(t)
    valid = np.array([v is not None for v in values], dtype=bool)
    if pa.types.is_fixed_size_list(t):
        empty = [None] * t.list_size
        child = array(t.value_type, [x for v in values for x in (empty if v is None else v)])
        return pa.FixedSizeListArray.from_arrays(child, type=t, mask=pa.array(~valid))
    if pa.types.is_map(t):
        entries = [entry for v in values if v is not None for entry in v]
        keys = array(t.key_type, [entry["key"] for entry in entries])
        items = array(t.item_type, [entry["value"] for entry in entries])
        built = pa.MapArray.from_arrays(offsets_of(values, valid), keys, items)
        return built.cast(t)
    if is_list(t):
        child = array(t.value_type, [x for v in values if v is not None for x in v])
        kind = pa.LargeListArray if pa.types.is_large_list(t) else pa.ListArray
        return kind.from_arrays(offsets_of(values, valid), child, type=t)
    if pa.types.is_struct(t):
        fields = [t.field(i) for i in range(t.num_fields)]
        children = [array(f.type, [None if v is None else v[f.name] for v in values]) for f in fields]
        return pa.StructArray.from_arrays(children, fields=fields, mask=pa.array(~valid))
    if t in FLOATS:
        tag, _, width = FLOATS[t]
        numbers = np.array([0 if v is None else bits_of(tag, v) for v in values], dtype=width)
        return pa.array(numbers.view(width.replace("u", "f")), type=t, mask=~valid, from_pandas=False)
    if pa.types.is_timestamp(t) or pa.types.is_time(t) or pa.types.is_date32(t):
        raw = pa.int32() if pa.types.is_time32(t) or pa.types.is_date32(t) else pa.int64()
        unit = 1 if pa.types.is_date32(t) else NANOSECONDS[t.unit]
        return pa.array([None if v is None else int(v[2:]) // unit for v in values], raw).cast(t)
    return pa.array([None if v is None else leaf_value(t, v) for v in values], type=t)


def offsets_of(values, valid):
    lengths = [0 if v is None else len(v) for v in values]
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64).tolist()
    # A null offset marks a null list.
    return pa.array([e if ok else None for e, ok in zip(ends, valid.tolist())] + [ends[-1]], pa.int32())


def bits_of(tag, cell):
    if not cell.startswith(tag + ":"):
        raise ValueError(f"expected a cell {tag}:…, not {cell}")
    return int(cell[2:], 16)


def leaf_value(t, cell):
    if pa.types.is_int64(t) or pa.types.is_uint64(t):
        return int(cell)
    if is_string(t):
        return cell[2:]
    if is_binary(t):
        return bytes.fromhex(cell[2:])
    if pa.types.is_decimal(t):
        number, scale = re.fullmatch(r"n:(-?\d+)e-(\d+)", cell).groups()
        with decimal.localcontext() as context:
            context.prec = 100
            return decimal.Decimal(number).scaleb(-int(scale))
    return cell


def is_fixed_width(t):
    if pa.types.is_interval(t):
        return True
    wide = pa.types.is_integer(t) or pa.types.is_temporal(t) or pa.types.is_decimal(t) or pa.types.is_fixed_size_binary(t)
    return wide and t.bit_width % 8 == 0


def fixed_bytes(arr):
    # pyarrow knows no width of an interval: i32 months, i32 days, i64 nanoseconds.
    width = 16 if pa.types.is_interval(arr.type) else arr.type.bit_width // 8
    return np.frombuffer(arr.buffers()[1] or b"", np.uint8)[arr.offset * width : (arr.offset + len(arr)) * width]


# --- digests ---------------------------------------------------------------------------------------------------------


class Digest:
    """SHA-256 of a column's streams, fed array by array; how it is cut into arrays makes no difference."""

    def __init__(self):
        self.streams = {}

    def hex(self):
        whole = hashlib.sha256()
        for name in sorted(self.streams):
            whole.update(f"{name}={self.streams[name].hexdigest()}\n".encode())
        return whole.hexdigest()

    def put(self, name, values):
        self.streams.setdefault(name, hashlib.sha256()).update(np.ascontiguousarray(values))

    def update(self, arr, path=""):
        arr = plain(arr)
        if pa.types.is_null(arr.type):
            self.put(path + "/nulls", np.zeros(len(arr), np.uint8))
            return
        valid = arr.is_valid()
        self.put(path + "/valid", valid_flags(arr).astype(np.uint8))
        if arr.null_count:
            arr = arr.filter(valid)
        t = arr.type
        if pa.types.is_map(t) or is_list(t):
            starts, lengths, values = map_parts(arr) if pa.types.is_map(t) else list_parts(arr)
            self.put(path + "/lengths", lengths.astype("<u4"))
            # After the filter the slots lie side by side.
            first = int(starts[0]) if len(starts) else 0
            self.update(values.slice(first, int(lengths.sum())), path + "/item")
        elif pa.types.is_struct(t):
            for i in range(t.num_fields):
                self.update(arr.field(i), f"{path}/{t.field(i).name}")
        elif t in FLOATS:
            self.put(path + "/data", bits(arr, FLOATS[t][2]))
        elif pa.types.is_boolean(t):
            self.put(path + "/data", arr.to_numpy(zero_copy_only=False).astype(np.uint8))
        elif is_fixed_width(t):
            self.put(path + "/data", fixed_bytes(arr))
        else:
            self.update_bytes(arr, path)

    def update_bytes(self, arr, path):
        t = arr.type
        if not (is_string(t) or is_binary(t)):
            texts = [cell.encode() for cell in cells(arr)]
            self.put(path + "/lengths", np.array([len(x) for x in texts], "<u4"))
            self.put(path + "/data", np.frombuffer(b"".join(texts), np.uint8))
            return
        whole = arr.cast(pa.large_binary())
        offsets = np.zeros(1, "<i8")
        if len(whole) > 0:
            offsets = np.frombuffer(whole.buffers()[1], "<i8", count=whole.offset + len(whole) + 1)[whole.offset :]
        self.put(path + "/lengths", np.diff(offsets).astype("<u4"))
        data = whole.buffers()[2]
        if data is not None:
            self.put(path + "/data", np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]])


def map_parts(arr):
    offsets = arr.offsets.to_numpy().astype(np.int64)
    return offsets[:-1], np.diff(offsets), map_as_struct(arr)
