"""Times PyTorch's fake quantization on the device: its own operations, a compiled one, and Triton.

    python3 peers.py ELEMENTS FILE

Writes the medians to the file as JSON; without PyTorch or a device it says so and writes nothing.
"""

import functools
import json
import statistics
import sys
import time

COLUMNS = 4096
ROUNDS = 21
IN_A_ROW = 10


def composed(x, scale):
    """int8 per tensor or per channel, of elementary operations."""
    import torch
    return torch.clamp(torch.round(x / scale), -128, 127) * scale


def with_triton(x, scale):
    """int8 per tensor by a kernel of Triton's, which not every PyTorch has."""
    import triton_kernel
    return triton_kernel.quantized(x, scale)


def main():
    elements, path = int(sys.argv[1]), sys.argv[2]
    try:
        import torch
    except (ImportError, OSError):  # the latter if a library of its own is missing
        print("no PyTorch here: nothing to compare with")
        return
    if not torch.cuda.is_available():
        print("PyTorch finds no device: nothing to compare with")
        return
    torch.manual_seed(1)
    x = torch.randn(elements // COLUMNS, COLUMNS, device="cuda")
    scale = 3.0 / 127
    rows = torch.full((x.shape[0],), scale, device="cuda")
    zeros = torch.zeros(x.shape[0], dtype=torch.int32, device="cuda")
    wide = rows.reshape(-1, 1)
    one = torch.tensor(scale, device="cuda")
    reference = composed(x, one)
    works, failed = {}, []

    def add(name, ours, prepare):
        try:
            work = prepare()
            differ = None if name == "copy" else int((work() != reference).sum())
            works[name] = (ours, work, differ)
        except Exception as e:  # a version of PyTorch without it: the rest is measured all the same
            failed.append(f"{name}: {type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}")

    out = torch.empty_like(x)
    add("copy", "copy", lambda: lambda: out.copy_(x))
    add("torch.fake_quantize_per_tensor_affine", "int8 per tensor",
        lambda: lambda: torch.fake_quantize_per_tensor_affine(x, scale, 0, -128, 127))
    add("torch.fake_quantize_per_channel_affine, axis 0", "int8 axis 0",
        lambda: lambda: torch.fake_quantize_per_channel_affine(x, rows, zeros, 0, -128, 127))
    add("torch.compile, per tensor", "int8 per tensor", lambda: functools.partial(torch.compile(composed), x, one))
    add("torch.compile, axis 0", "int8 axis 0", lambda: functools.partial(torch.compile(composed), x, wide))
    add("Triton, per tensor", "int8 per tensor", lambda: lambda: with_triton(x, scale))

    times = {name: [] for name in works}
    for round_ in range(-3, ROUNDS):
        for name, (_, work, _) in works.items():
            torch.cuda.synchronize()
            start = time.perf_counter()
            for _ in range(IN_A_ROW):
                work()
            torch.cuda.synchronize()
            if round_ >= 0:
                times[name].append((time.perf_counter() - start) * 1e3 / IN_A_ROW)
    result = {"torch": torch.__version__, "device": torch.cuda.get_device_name(0), "failed": failed, "times": {}}
    for name, (ours, _, differ) in works.items():
        result["times"][name] = {"ours": ours, "ms": statistics.median(times[name]), "differ": differ}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=2)


if __name__ == "__main__":
    main()
