#!/bin/sh
# What ptxas makes of the kernels, as a table: registers of a thread on each architecture, bytes of shared
# memory of a block, and bytes of registers that are spilled, on all of them together.
# PTXAS names the assembler; architectures that it does not know are left out, as sm_100 before CUDA 12.8.
set -eu
cd "$(dirname "$0")"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
for architecture in 75 80 86 89 90 100; do
  "${PTXAS:-ptxas}" --help | grep -q "'sm_$architecture'" || continue
  "${PTXAS:-ptxas}" -v -arch=sm_$architecture ../resources/dev/bitfold/cuda/kernels.ptx -o /dev/null 2>&1 |
    sed "s/^/sm_$architecture /" >> "$report"
done
awk '
  $1 != last { last = $1; head = head " " $1 " |"; rule = rule "--:|" }
  /Function properties for/ { kernel = $NF; if (!(kernel in row)) order[++n] = kernel }
  /bytes stack frame/ { spilled[kernel] += $2 + $6 + $10 }
  /Used [0-9]+ registers/ { match($0, /Used [0-9]+/); row[kernel] = row[kernel] " " substr($0, RSTART + 5, RLENGTH - 5) " |" }
  /bytes smem/ { match($0, /[0-9]+ bytes smem/); bytes = substr($0, RSTART, RLENGTH - 11) + 0; if (bytes > shared[kernel]) shared[kernel] = bytes }
  END {
    print "| kernel |" head " shared | spilled |"
    print "|---|" rule "--:|--:|"
    for (i = 1; i <= n; i++) print "| `" order[i] "` |" row[order[i]] " " shared[order[i]] + 0 " | " spilled[order[i]] + 0 " |"
  }' "$report"
