"""Checks Bitfold's kernels on this machine's NVIDIA device: the tests, then how fast the kernels are.

    python3 check.py [--out FOLDER] [--elements N] [--driver LIBRARY] [--unpacked FOLDER]

Needs an NVIDIA driver; PyTorch, if it is there, is measured as well. The pieces of the bundle lie beside
this file. Writes result.json and result.md to the folder; exit code 1 if a test fails or cannot run.
"""

import argparse
import ctypes
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# Of what Java's side says itself that it cannot begin.
NO_CARD = 2
# Elements of a tensor: a row, and what the Java side's heap takes.
LEAST = 4096
MOST = 512 << 20


class Pieces(io.RawIOBase):
    """Files one behind the other."""

    def __init__(self, paths):
        self.files = [open(path, "rb") for path in paths]

    def readable(self):
        return True

    def readinto(self, buffer):
        while self.files:
            count = self.files[0].readinto(buffer)
            if count:
                return count
            self.files.pop(0).close()
        return 0


def packed():
    """The pieces, if all are there and whole."""
    manifest = os.path.join(HERE, "bundle.sha256")
    if not os.path.exists(manifest):
        sys.exit(f"check.py: no bundle.sha256 in {HERE}: run pack first, and copy all of its folder")
    with open(manifest, encoding="utf-8") as file:
        noted = [line.split() for line in file]
    for expected, name in noted:
        path = os.path.join(HERE, name)
        if not os.path.exists(path):
            sys.exit(f"check.py: no {name} in {HERE}: copy all of pack's folder")
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        if digest.hexdigest() != expected:
            sys.exit(f"check.py: {path} ({os.path.getsize(path)} bytes) is not as it was packed: copy it again")
    return [os.path.join(HERE, name) for _, name in noted if name.startswith("bundle.")]


def unpack(pieces, folder):
    try:
        import lzma  # noqa: F401, which tarfile would miss without a word of it
    except ImportError:
        sys.exit("check.py: this Python was built without lzma; unpack with cat bundle.tar.xz.* | tar -xJ -C FOLDER, "
                 "then --unpacked FOLDER")
    print("unpacking", flush=True)
    with tarfile.open(fileobj=io.BufferedReader(Pieces(pieces), 1 << 20), mode="r|xz") as bundle:
        if hasattr(tarfile, "data_filter"):
            bundle.extractall(folder, filter="data")
        else:
            bundle.extractall(folder)


def ask_driver(path):
    """Ends with the reason if the driver cannot be loaded or has no device."""
    try:
        driver = ctypes.CDLL(path)
    except OSError as e:
        sys.exit(f"check.py: cannot load the driver {path}: {e}")
    try:
        code, count = driver.cuInit(0), ctypes.c_int(0)
        code = code or driver.cuDeviceGetCount(ctypes.byref(count))
    except AttributeError as e:
        sys.exit(f"check.py: {path} is not NVIDIA's driver: {e}")
    if code or not count.value:
        sys.exit(f"check.py: the driver {path} has no device (CUDA error {code}, {count.value} devices)")


def java(bundle, scratch, driver, main, *arguments):
    path = [os.path.join(bundle, "test-classes"), os.path.join(bundle, "classes"), os.path.join(bundle, "jars", "*")]
    command = [
        os.path.join(bundle, "jre", "bin", "java"), "-Xmx4g", "-Dbitfold.device=cuda", "-Dbitfold.test.kernels=cuda",
        f"-Dbitfold.cuda.driver={driver}", f"-Dbitfold.golden={os.path.join(bundle, 'golden')}",
        # All that the libraries write goes with the rest.
        f"-Djava.io.tmpdir={scratch}", f"-Djna.tmpdir={scratch}", f"-Dorg.bytedeco.javacpp.cachedir={scratch}",
        "-cp", os.pathsep.join(path), main, *arguments]
    return subprocess.run(command, cwd=scratch, env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}).returncode


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file]


def rates(path):
    device, kernels = None, {}
    for line in lines(path):
        if line[0] == "device":
            device = line[1]
        else:
            kernels[line[0]] = {"bytes": int(line[1]), "ms": float(line[2])}
    copy = kernels.get("copy")
    for kernel in kernels.values():
        kernel["gbs"] = kernel["bytes"] / kernel["ms"] / 1e6
        if copy:
            kernel["ofCopy"] = kernel["gbs"] / (copy["bytes"] / copy["ms"] / 1e6)
    return device, kernels


def table(result):
    tests = result["tests"]
    text = [f"Device: {result['device']}; {result['elements']} elements of float32.", "",
            "Tests: " + ", ".join(f"{count} {name}" for name, count in tests.items()) + ".", "",
            "| kernel | ms | GB/s | of a copy |", "|---|--:|--:|--:|"]
    for name, k in result["kernels"].items():
        text.append(f"| {name} | {k['ms']:.3f} | {k['gbs']:.0f} | {k.get('ofCopy', 0):.2f} |")
    peers = result["peers"]
    if peers:
        text += ["", f"PyTorch {peers['torch']}, in the same run:", "", "| what | ms | time of ours | bits differ |",
                 "|---|--:|--:|--:|"]
        for name, p in peers["times"].items():
            ours = result["kernels"].get(p["ours"])
            ratio = f"{p['ms'] / ours['ms']:.2f} ×" if ours and p["ms"] else "–"
            text.append(f"| {name} | {p['ms']:.3f} | {ratio} | {p.get('differ', '–')} |")
        text += ["", "A ratio above 1: ours is so many times as fast."]
        text += [f"Not measured: {why}" for why in peers["failed"]]
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", default="gpu-check-result", help="folder for the results")
    parser.add_argument("--elements", type=int, default=64 << 20, help="elements of a tensor")
    parser.add_argument("--driver", default="libcuda.so.1", help="the driver library")
    parser.add_argument("--unpacked", help="folder of a bundle that is unpacked already")
    arguments = parser.parse_args()
    if not LEAST <= arguments.elements <= MOST:
        parser.error(f"--elements {arguments.elements}: {LEAST} to {MOST} can be measured")
    driver = os.path.abspath(arguments.driver) if os.sep in arguments.driver else arguments.driver
    ask_driver(driver)
    if arguments.unpacked and not os.path.exists(os.path.join(arguments.unpacked, "jre", "bin", "java")):
        parser.error(f"--unpacked {arguments.unpacked}: no jre/bin/java in it")
    pieces = None if arguments.unpacked else packed()
    os.makedirs(arguments.out, exist_ok=True)
    tests, kernels, peers = (
        os.path.abspath(os.path.join(arguments.out, name)) for name in ("tests.tsv", "kernels.tsv", "peers.json"))
    for stale in (tests, kernels, peers):
        if os.path.exists(stale):
            os.remove(stale)
    with tempfile.TemporaryDirectory() as scratch:
        if pieces:
            bundle = os.path.join(scratch, "bundle")
            unpack(pieces, bundle)
        else:
            bundle = os.path.abspath(arguments.unpacked)
        failed = java(bundle, scratch, driver, "dev.bitfold.cuda.check.DeviceTests", tests)
        if failed == NO_CARD:
            return 1
        failed |= java(bundle, scratch, driver, "dev.bitfold.cuda.kernel.KernelRates", str(arguments.elements), kernels)
    lost = subprocess.run([sys.executable, os.path.join(HERE, "peers.py"), str(arguments.elements), peers]).returncode
    if lost:
        print(f"check.py: peers.py ended with {lost}: PyTorch is not measured", file=sys.stderr)
        failed = 1
    device, measured = rates(kernels)
    result = {"device": device, "elements": arguments.elements, "tests": {name: int(n) for name, n in lines(tests)},
              "kernels": measured, "peers": None}
    if os.path.exists(peers):
        with open(peers, encoding="utf-8") as file:
            result["peers"] = json.load(file)
    with open(os.path.join(arguments.out, "result.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=2)
    with open(os.path.join(arguments.out, "result.md"), "w", encoding="utf-8") as file:
        file.write(table(result))
    print(table(result))
    return 1 if failed or not result["tests"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as e:  # no room, no right to write, a folder from which nothing may be run
        sys.exit(f"check.py: {e}")
