#!/usr/bin/env bash
# Sets up everything and runs the tests; -h lists what there is. Ends with one line:
# N passed, N failed, N skipped
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Seconds for a test process to report to its runner: also a bound against hangs.
export VSTEST_CONNECTION_TIMEOUT=600

LOGS=artifacts/test-results
BUSY=20          # processes beside which `long load` runs
ROUNDS=3         # times that it runs every class

# ---- names --------------------------------------------------------------------------------------

# One per test project, and what is no test project: wire, ledger, …, contracts, faults.
group_names() {
  local project name
  for project in tests/*/*.Tests.csproj tests/ComputeVoucher.Tidy/*.csproj; do
    name=$(basename "$project" .csproj)
    name=${name#ComputeVoucher.}
    name=${name%.Tests}
    printf '%s\n' "${name,,}"
  done
  printf 'contracts\nfaults\n'
}

# The project of a group; nothing for contracts and faults.
project_of() {
  local project
  for project in tests/*/*.Tests.csproj tests/ComputeVoucher.Tidy/*.csproj; do
    case "${project,,}" in
      */computevoucher."$1".tests.csproj | */computevoucher."$1".csproj) printf '%s' "$project" ;;
    esac
  done
}

usage() {
  cat <<U
usage: ./test.sh [fast | NAME | long [NAME | load]]

  (nothing)    every group: C# projects, repository laws, contracts, the binary under faults
  fast         the inner loop: no slow test, no contract fuzzing, no fault runs
  NAME         one group
  long [NAME]  with the full counts: more rounds, kills and fuzzing, and a fresh seed beside the
               fixed ones; without a name every group
  long load    every test class that opens a socket, reads a clock or starts a process, $ROUNDS times
               beside $BUSY busy processes

groups: $(group_names | sort | paste -sd ' ')
U
}

# ---- counting -----------------------------------------------------------------------------------

say() { printf '\n== %s\n' "$*"; }
passed=0 failed=0 skipped=0
add() { passed=$((passed + $1)); failed=$((failed + $2)); skipped=$((skipped + $3)); }

finish() {
  printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  ((failed == 0 && passed > 0))
  exit
}

# Adds the last "N passed, N failed, N skipped" line of a log; a run without one counts as failed.
add_closing_line() {
  local line n
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$1" | tail -n 1)
  if [[ -z $line ]]; then
    echo "$1: no closing line; counted as one failure"
    add 0 1 0
  else
    read -r -a n <<<"${line//[^0-9 ]/}"
    add "${n[0]}" "${n[1]}" "${n[2]:-0}"
  fi
}

# "passed failed skipped" of the counters that a test project wrote; none count as one failure.
counts_of() {
  local counters total ran good
  counters=$(grep -o '<Counters [^>]*>' "$1" 2>/dev/null | tail -n 1)
  if [[ -z $counters ]]; then
    echo "0 1 0"
    return
  fi
  total=$(sed -E 's/.* total="([0-9]+)".*/\1/' <<<"$counters")
  ran=$(sed -E 's/.* executed="([0-9]+)".*/\1/' <<<"$counters")
  good=$(sed -E 's/.* passed="([0-9]+)".*/\1/' <<<"$counters")
  echo "$good $((ran - good)) $((total - ran))"
}

# ---- running ------------------------------------------------------------------------------------

# Runs a step that everything after it needs.
need() {
  if ! "$@"; then
    add 0 1 0
    finish
  fi
}

set_up() {
  say "setting up and publishing the binary (./run.sh build)"
  need ./run.sh build
  rm -rf "$LOGS" && mkdir -p "$LOGS"
}

# One test has the distribution's Prometheus read a node's figures. It is unpacked, not installed;
# where neither is to be had, the test is skipped.
need_prometheus() {
  local into=artifacts/prometheus
  export PATH="$PWD/$into/usr/bin:$PATH"
  if command -v prometheus >/dev/null; then return; fi
  say "unpacking the distribution's prometheus into $into"
  rm -rf "$into" && mkdir -p "$into"
  (cd "$into" && fetch_prometheus && dpkg-deb -x prometheus_*.deb . && rm -f prometheus_*.deb) ||
    echo "no prometheus to be had: its tests are skipped"
}

# The newest of the lists that are here; without lists they are asked for, which takes root.
fetch_prometheus() {
  local root=()
  if (($(id -u) != 0)); then root=(sudo -n); fi
  command -v apt-get >/dev/null || return
  apt-get download -qq prometheus 2>/dev/null ||
    { "${root[@]}" apt-get update -qq && apt-get download -qq prometheus; }
}

compile() {
  say "building the tests"
  need dotnet build "$1" -c Release -v quiet --nologo
}

# One test project, its counters in $LOGS/$2.trx: vstest PROJECT NAME [arguments of dotnet test]
vstest() {
  dotnet test "$1" -c Release --no-build --nologo -v quiet "${@:3}" \
    --results-directory "$LOGS" --logger "trx;LogFileName=$2.trx" \
    --logger 'console;verbosity=minimal' 2>&1 |
    grep -vE '^$|test files matched|^Test run for|^Results File|^VSTest'
}

run_project() {
  say "$1"
  vstest "$(project_of "$1")" "$1" "${filter[@]}"
  # shellcheck disable=SC2046
  add $(counts_of "$LOGS/$1.trx")
}

run_contracts() {
  say "contracts (forge: unit, fuzz, invariants, gas snapshot, sizes)"
  node tests/contracts/test.mjs --profile "$profile" 2>&1 | tee "$LOGS/contracts.log"
  add_closing_line "$LOGS/contracts.log"
}

run_faults() {
  say "the published binary under faults (kill -9, power cut)"
  dotnet artifacts/bin/ComputeVoucher.Faults/release/ComputeVoucher.Faults.dll --ci 2>&1 |
    tee "$LOGS/faults.log"
  add_closing_line "$LOGS/faults.log"
}

run_group() {
  case "$1" in
    contracts) run_contracts ;;
    faults) run_faults ;;
    *) run_project "$1" ;;
  esac
}

# ---- under load ---------------------------------------------------------------------------------

busy=()
stop_busy() {
  ((${#busy[@]} > 0)) || return 0
  kill "${busy[@]}" 2>/dev/null
  wait "${busy[@]}" 2>/dev/null
  busy=()
}

start_busy() {
  local i
  trap stop_busy EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  for ((i = 0; i < BUSY; i++)); do
    # It ends with this script, whatever way that ends.
    sh -c 'while kill -0 "$0" 2>/dev/null; do :; done' $$ &
    busy+=($!)
  done
}

# The groups that hold a class with the trait by which the law wants it here.
exposed_groups() {
  local group project
  for group in $(group_names); do
    project=$(project_of "$group")
    if [[ -n $project && $group != tidy ]] &&
      grep -rqF '[Trait("Category", "load")]' --include='*.cs' "$(dirname "$project")"; then
      printf '%s\n' "$group"
    fi
  done
}

run_load() {
  local group round begin n
  say "$(exposed_groups | paste -sd ' '): $ROUNDS rounds beside $BUSY busy processes"
  start_busy
  SECONDS=0
  for ((round = 1; round <= ROUNDS; round++)); do
    for group in $(exposed_groups); do
      begin=$SECONDS
      vstest "$(project_of "$group")" "load-$group-$round" --filter Category=load
      read -r -a n <<<"$(counts_of "$LOGS/load-$group-$round.trx")"
      add "${n[@]}"
      printf '%s, round %d of %d: %d passed, %d failed, %d skipped in %d s\n' \
        "$group" "$round" "$ROUNDS" "${n[@]}" $((SECONDS - begin))
    done
  done
  stop_busy
  printf 'under load for %d minutes\n' $((SECONDS / 60))
}

# ---- the arguments ------------------------------------------------------------------------------

refuse() {
  echo "test.sh: $1; ./test.sh -h lists what there is" >&2
  exit 2
}

profile=default
filter=()
mode=all
case "${1:-}" in
  -h|--help) usage; exit 0 ;;
  fast)
    mode=fast profile=fast filter=(--filter 'Category!=slow')
    shift
    ;;
  long)
    mode=long profile=intense
    export CV_RUNS=full
    shift
    ;;
esac
wanted=${1:-}
(($# <= 1)) || refuse "one name, please, not: $*"
[[ $mode != fast || -z $wanted ]] || refuse "fast takes no name, not: $wanted"
if [[ $wanted == load && $mode != long ]]; then refuse "load is ./test.sh long load"; fi
if [[ -n $wanted && $wanted != load ]] && ! group_names | grep -qx -- "$wanted"; then
  refuse "unknown name $wanted"
fi

set_up
if [[ $mode != fast && ( -z $wanted || $wanted == cli ) ]]; then need_prometheus; fi
case "$wanted" in
  load) unset CV_RUNS; compile ComputeVoucher.sln; run_load ;;
  '')
    compile ComputeVoucher.sln
    for group in $(group_names); do
      [[ $mode == fast && $group == faults ]] || run_group "$group"
    done
    ;;
  contracts) run_contracts ;;
  faults) compile tests/ComputeVoucher.Faults; run_faults ;;
  *) compile "$(project_of "$wanted")"; run_project "$wanted" ;;
esac
finish
