#!/bin/sh
# What ptxas makes of the kernels, as a table: registers of a thread, and whether any are spilled.
# PTXAS names the assembler, of CUDA 12.8 or later.
set -eu
cd "$(dirname "$0")"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
for architecture in 75 80 86 89 90 100; do
  "${PTXAS:-ptxas}" -v -arch=sm_$architecture ../resources/dev/bitfold/cuda/kernels.ptx -o /dev/null 2>&1 |
    sed "s/^/sm_$architecture /" >> "$report"
done
awk '
  $1 != last { last = $1; head = head " " $1 " |"; rule = rule "--:|" }
  /Function properties for/ { kernel = $NF; if (!(kernel in row)) order[++n] = kernel }
  /bytes stack frame/ { spilled[kernel] += $2 + $6 + $10 }
  /Used [0-9]+ registers/ { match($0, /Used [0-9]+/); row[kernel] = row[kernel] " " substr($0, RSTART + 5, RLENGTH - 5) " |" }
  END {
    print "| kernel |" head " bytes spilled |"
    print "|---|" rule "--:|"
    for (i = 1; i <= n; i++) print "| `" order[i] "` |" row[order[i]] " " spilled[order[i]] + 0 " |"
  }' "$report"
