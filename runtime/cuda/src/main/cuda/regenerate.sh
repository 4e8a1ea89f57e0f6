#!/bin/sh
# Compiles the kernels to the PTX that the jar carries, and notes of which sources it was made.
# NVCC names the compiler, of CUDA 12 or 13.
set -eu
cd "$(dirname "$0")"
out=../resources/dev/bitfold/cuda
ptx=$(mktemp)
trap 'rm -f "$ptx"' EXIT
"${NVCC:-nvcc}" -ptx -arch=compute_75 -fmad=false -prec-div=true -ftz=false -std=c++17 kernels.cu -o "$ptx"
# The code needs nothing later than PTX 6.3, which drivers know from CUDA 10.0 on.
sed -e 's/^\.version .*/.version 6.3/' -e '/^\/\//d' "$ptx" > "$out/kernels.ptx"
cat $(ls ./*.cu ./*.cuh | LC_ALL=C sort) | sha256sum | cut -d' ' -f1 > "$out/kernels.sources.sha256"
