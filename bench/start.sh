#!/usr/bin/env bash
# Milliseconds that `computevoucher --version` takes, best and median of 50; the bar is 20.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -x artifacts/computevoucher ] || { echo "start.sh: ./run.sh build first" >&2; exit 2; }
for ((i = 0; i < 50; i++)); do
  begin=$EPOCHREALTIME
  artifacts/computevoucher --version >/dev/null
  end=$EPOCHREALTIME
  echo $(((${end/./} - ${begin/./})))
done | sort -n | awk '{t[NR] = $1 / 1000} END {printf "best %.1f ms, median %.1f ms\n", t[1], t[25]}'
