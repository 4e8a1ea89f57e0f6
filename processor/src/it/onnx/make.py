"""Writes src/main/resources/com/acme/onnx/encoder.onnx with Python's standard library alone."""

import pathlib
import random
import struct

FLOAT, INT64 = 1, 7
WIDTH, WORDS = 16, 20


def varint(value):
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def node(operator, name, inputs, output):
    return text(1, b"".join(text(1, i) for i in inputs) + text(2, output) + text(3, name) + text(4, operator))


values = random.Random(1)


def weight(name, *shape):
    count = 1
    for size in shape:
        count *= size
    raw = struct.pack(f"<{count}f", *(values.gauss(0, shape[0] ** -0.5) for _ in range(count)))
    return text(5, b"".join(number(1, size) for size in shape) + number(2, FLOAT) + text(8, name) + text(9, raw))


def value(field, name, element, *axes):
    shape = b"".join(text(1, text(2, axis)) for axis in axes)
    return text(field, text(1, name) + text(2, text(1, number(1, element) + text(2, shape))))


graph = node("Gather", "/embeddings/Gather", ["words", "input_ids"], "x0") + weight("words", WORDS, WIDTH)
for layer in range(2):
    name, x = f"/encoder/layer.{layer}", f"x{layer}"
    graph += weight(f"{layer}.up", WIDTH, 2 * WIDTH) + weight(f"{layer}.down", 2 * WIDTH, WIDTH)
    graph += node("MatMul", f"{name}/intermediate/dense/MatMul", [x, f"{layer}.up"], f"{layer}.h")
    graph += node("Relu", f"{name}/intermediate/Relu", [f"{layer}.h"], f"{layer}.a")
    graph += node("MatMul", f"{name}/output/dense/MatMul", [f"{layer}.a", f"{layer}.down"], f"{layer}.y")
    graph += node("Add", f"{name}/output/Add", [x, f"{layer}.y"], f"x{layer + 1}")
graph += text(2, "encoder")
graph += value(11, "input_ids", INT64, "batch", "sequence")
graph += value(12, "x2", FLOAT, "batch", "sequence", "width")
opset = text(8, number(2, 17))
out = pathlib.Path(__file__).parent / "src/main/resources/com/acme/onnx/encoder.onnx"
out.write_bytes(number(1, 8) + text(7, graph) + opset)
