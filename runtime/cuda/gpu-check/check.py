"""Checks Bitfold's kernels on this machine's NVIDIA card: the tests, then how fast the kernels are.

    python3 check.py [--out FOLDER] [--elements N] [--driver LIBRARY] [--unpacked FOLDER]

Needs an NVIDIA driver; PyTorch, if it is there, is measured as well. The pieces of the bundle lie beside
this file. Writes result.json and result.md to the folder; exit code 1 if a test fails.
"""

import argparse
import glob
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile


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


def unpack(folder):
    here = os.path.dirname(os.path.abspath(__file__))
    pieces = sorted(glob.glob(os.path.join(here, "bundle.tar.xz.*")))
    if not pieces:
        sys.exit(f"no bundle.tar.xz.* in {here}: run pack first, and copy all of its folder")
    with tarfile.open(fileobj=io.BufferedReader(Pieces(pieces), 1 << 20), mode="r|xz") as bundle:
        bundle.extractall(folder)


def java(bundle, driver, main, *arguments):
    path = [os.path.join(bundle, "test-classes"), os.path.join(bundle, "classes"), os.path.join(bundle, "jars", "*")]
    command = [
        os.path.join(bundle, "jre", "bin", "java"), "-Xmx4g", "-Dbitfold.device=cuda", "-Dbitfold.test.kernels=cuda",
        f"-Dbitfold.cuda.driver={driver}", f"-Dbitfold.golden={os.path.join(bundle, 'golden')}",
        "-cp", os.pathsep.join(path), main, *arguments]
    return subprocess.run(command, env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}).returncode


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file]


def rates(path):
    card, kernels = None, {}
    for line in lines(path):
        if line[0] == "card":
            card = line[1]
        else:
            kernels[line[0]] = {"bytes": int(line[1]), "ms": float(line[2])}
    copy = kernels.get("copy")
    for kernel in kernels.values():
        kernel["gbs"] = kernel["bytes"] / kernel["ms"] / 1e6
        if copy:
            kernel["ofCopy"] = kernel["gbs"] / (copy["bytes"] / copy["ms"] / 1e6)
    return card, kernels


def table(result):
    tests = result["tests"]
    text = [f"Card: {result['card']}; {result['elements']} elements of float32.", "",
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
    os.makedirs(arguments.out, exist_ok=True)
    tests, kernels = (os.path.join(arguments.out, name) for name in ("tests.tsv", "kernels.tsv"))
    peers = os.path.join(arguments.out, "peers.json")
    for stale in (tests, kernels, peers):
        if os.path.exists(stale):
            os.remove(stale)
    with tempfile.TemporaryDirectory() as scratch:
        bundle = arguments.unpacked or scratch
        if not arguments.unpacked:
            unpack(bundle)
        failed = java(bundle, arguments.driver, "dev.bitfold.cuda.check.CardTests", tests)
        failed |= java(bundle, arguments.driver, "dev.bitfold.cuda.kernel.KernelRates", str(arguments.elements), kernels)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers.py")
    subprocess.run([sys.executable, script, str(arguments.elements), peers])
    card, measured = rates(kernels)
    result = {"card": card, "elements": arguments.elements, "tests": {name: int(n) for name, n in lines(tests)},
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
    sys.exit(main())
