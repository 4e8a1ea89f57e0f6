"""Writes the files beside it: what NumPy itself makes of 0 to 5 in each type, order and version."""
import io, os, zipfile
import numpy as np
from numpy.lib import format as npy

os.chdir(os.path.dirname(os.path.abspath(__file__)))
a = np.arange(6).reshape(2, 3)
arrays = {t: a.astype(t) for t in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")}
arrays |= {"big_" + t: a.astype(">" + t) for t in ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8")}
arrays["bool"] = a % 2 == 1
arrays["fortran"] = np.asfortranarray(np.arange(24, dtype="f4").reshape(2, 3, 4))
arrays["big_fortran"] = np.asfortranarray(a.astype(">i8"))
arrays["scalar"] = np.float32(2.5)
arrays["scalar_i8"] = np.int64(16000)
arrays["empty"] = np.zeros((0, 3), "f4")
arrays["large_u2"] = np.array([65535], "u2")
arrays["large_u4"] = np.array([2**32 - 1], "u4")
np.savez("types.npz", **arrays)
np.savez_compressed("batch.npz", input_ids=np.array([[101, 7, 102]]), attention_mask=np.ones((1, 3), "i4"))
np.savez("nan.npz", x=np.array([[1, 2], [3, np.nan]], "f4"))

def written(value, **how):
    out = io.BytesIO()
    npy.write_array(out, value, **how)
    return out.getvalue()

files = {
    "version2": written(a.astype("f4"), version=(2, 0)),
    "version3": written(a.astype("f4"), version=(3, 0)),
    "objects": written(np.array([{"a": 1}], dtype=object), allow_pickle=True),
    "records": written(np.zeros(2, dtype=[("x", "f4"), ("y", "i4")])),
    "complex": written(np.zeros(2, "c8")),
    "text": written(np.array(["a", "bc"])),
    "large_u8": written(np.array([2**64 - 1], "u8")),
    "short": written(a.astype("f4"))[:-4],
    "two": written(a.astype("f4")) * 2,
}
files["header"] = files["version2"][:40]
files["version9"] = files["version2"][:6] + b"\x09" + files["version2"][7:]
for name, data in files.items():
    with open(name + ".npy", "wb") as f:
        f.write(data)
