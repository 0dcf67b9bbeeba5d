#!/usr/bin/env bash
# Sets up everything and runs every test; "fast" leaves out the slow ones. Ends with one line:
# N passed, N failed, N skipped
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

usage() {
  cat <<'U'
usage: ./test.sh [fast]

  (nothing)  every test: C# projects, repository laws, contracts, the published binary under faults
  fast       the inner loop: no slow test, no contract fuzzing, no fault runs
U
}

case "${1:-all}" in
  all) fast=0 ;;
  fast) fast=1 ;;
  -h|--help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac

say() { printf '\n== %s\n' "$*"; }
passed=0 failed=0 skipped=0
add() { passed=$((passed + $1)); failed=$((failed + $2)); skipped=$((skipped + $3)); }

# Adds the last "N passed, N failed, N skipped" line of a log; a run without one counts as failed.
add_closing_line() {
  local line
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$1" | tail -n 1)
  if [[ -z $line ]]; then
    echo "$1: no closing line; counted as one failure"
    add 0 1 0
  else
    read -r -a n <<<"${line//[^0-9 ]/}"
    add "${n[0]}" "${n[1]}" "${n[2]:-0}"
  fi
}

# Adds the counters that a test project wrote; a project that wrote none counts as one failure.
add_trx() {
  local counters
  counters=$(grep -o '<Counters [^>]*>' "$1" 2>/dev/null | tail -n 1)
  if [[ -z $counters ]]; then
    echo "$1: no result; counted as one failure"
    add 0 1 0
    return
  fi
  local total ran good
  total=$(sed -E 's/.* total="([0-9]+)".*/\1/' <<<"$counters")
  ran=$(sed -E 's/.* executed="([0-9]+)".*/\1/' <<<"$counters")
  good=$(sed -E 's/.* passed="([0-9]+)".*/\1/' <<<"$counters")
  add "$good" $((ran - good)) $((total - ran))
}

say "setting up and publishing the binary (./run.sh build)"
if ! ./run.sh build; then
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

logs=artifacts/test-results
rm -rf "$logs" && mkdir -p "$logs"

say "building the tests"
if ! dotnet build ComputeVoucher.sln -c Release -v quiet --nologo; then
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

filter=()
if ((fast)); then filter=(--filter 'Category!=slow'); fi
for project in tests/*/*.Tests.csproj tests/ComputeVoucher.Tidy/*.csproj; do
  name=$(basename "$project" .csproj)
  say "$name"
  dotnet test "$project" -c Release --no-build --nologo -v quiet "${filter[@]}" \
    --results-directory "$logs" --logger "trx;LogFileName=$name.trx" \
    --logger 'console;verbosity=minimal' 2>&1 | grep -vE '^$|test files matched|^Test run for|^Results File|^VSTest'
  add_trx "$logs/$name.trx"
done

say "contracts (forge: unit, fuzz, invariants, gas snapshot, sizes)"
profile=default
if ((fast)); then profile=fast; fi
node tests/contracts/test.mjs --profile "$profile" 2>&1 | tee "$logs/contracts.log"
add_closing_line "$logs/contracts.log"

if ! ((fast)); then
  say "the published binary under faults (kill -9, power cut)"
  dotnet artifacts/bin/ComputeVoucher.Faults/release/ComputeVoucher.Faults.dll --ci 2>&1 \
    | tee "$logs/faults.log"
  add_closing_line "$logs/faults.log"
fi

printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0 && passed > 0))
