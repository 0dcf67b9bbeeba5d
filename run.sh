#!/usr/bin/env bash
# ./run.sh          the whole main job on a chain of its own: buy, serve, check, redeem, settle
# ./run.sh --fraud  two nodes that cheat and an honest one before the court
# ./run.sh build    publishes the one binary to artifacts/computevoucher
# ./run.sh --help   the options
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

CV="$PWD/artifacts/computevoucher"
ANVIL="$PWD/src/contracts/node_modules/.bin/anvil"
MODEL=""
INPUT=""
LANGUAGE=no
FRAUD=no
PROMPT="Once upon a time"
TOKENS=120
ORDERS=0
CONCURRENCY=4
NODE_MIN=20 # what the packages of anvil and forge say

say() { printf '%s\n' "$*" >&2; }
die() { say "run.sh: $*"; exit 1; }

usage() {
  cat <<'TEXT'
./run.sh [--model FILE --input FILE] [--orders N] [--concurrency N] [--language]
./run.sh --fraud [--model FILE --input FILE]
./run.sh build

Starts a development chain (anvil), deploys the contracts, buys vouchers, opens a channel, starts
a node, sends orders with real inputs, checks every receipt, redeems in one batch, waits for
finality, settles, and shows before and after. Cleans up after itself, also on Ctrl-C.

  --model FILE       serve this model instead of the shipped classifier
  --input FILE       inputs for it, one after the other: one order each
  --orders N         orders to send; the inputs are repeated (default: one per input)
  --concurrency N    orders in flight (default 4)
  --language         serve the shipped language model (or the one of --model)
  --prompt TEXT      what it goes on with (default "Once upon a time")
  --tokens N         most new tokens of an order (default 120)
  --fraud            three nodes before the court instead: an honest one that is disputed wrongly,
                     one that flips a value deep in the network and answers its dispute, one that
                     stays silent; a watcher convicts, and a table shows slash, refund, share, gas
                     and the time of every move. Exit 0: each was judged rightly, to the last unit
TEXT
}

# ---- setting up -------------------------------------------------------------------------------

need_tools() {
  # What it takes is global.json's to say: its version, of a band of features, or a newer one.
  local sdk node
  sdk=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' global.json)
  command -v dotnet >/dev/null || die "the .NET SDK $sdk or newer is missing (https://dot.net)"
  dotnet --version >/dev/null 2>&1 \
    || die "the .NET SDK $sdk or a newer 10.0 is missing (https://dot.net); there are: $(
      dotnet --list-sdks | cut -d' ' -f1 | tr '\n' ' ')"
  command -v node >/dev/null \
    || die "Node.js is missing ($NODE_MIN or newer, https://nodejs.org)"
  node=$(node -p 'process.versions.node')
  [ "${node%%.*}" -ge "$NODE_MIN" ] \
    || die "Node.js $node is too old for forge ($NODE_MIN or newer, https://nodejs.org)"
  command -v npm >/dev/null || die "npm is missing (it comes with Node.js, https://nodejs.org)"
  command -v git >/dev/null || die "git is missing (apt-get install git)"
}

need_packages() {
  local missing=() package
  for package in clang zlib1g-dev libsecp256k1-dev libsqlite3-dev; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "as root, please: apt-get install ${missing[*]}"
    root=(sudo)
  fi
  say "installing ${missing[*]} with apt-get"
  "${root[@]}" apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >&2 || die "apt-get could not install: ${missing[*]}"
}

# A step runs again only when what it reads has changed: the sum of those files is its stamp.
sum_of() { sha256sum -- "$@" | sha256sum | cut -d' ' -f1; }

# Files of the repository, one a line: tracked, or new and not ignored, and there.
files_of() {
  local listed file
  listed=$(git ls-files -co --exclude-standard -- "$@") \
    || die "git cannot list the sources (is this a whole clone of the repository, and yours?)"
  [ -n "$listed" ] || die "git lists no sources below $*"
  while read -r file; do
    if [ -f "$file" ]; then printf '%s\n' "$file"; fi
  done <<<"$listed"
}

need_contracts() {
  local stamp=src/contracts/node_modules/.computevoucher-stamp sum sources
  sum=$(sum_of src/contracts/package-lock.json)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ]; then
    say "installing the contract tools with npm"
    (cd src/contracts && npm ci --no-audit --no-fund --loglevel=error >&2) \
      || die "npm ci failed in src/contracts (is the network there?)"
    printf '%s' "$sum" >"$stamp"
  fi
  stamp=src/contracts/out/.computevoucher-stamp
  sources=$(files_of 'src/contracts/*.sol')
  sum=$(sum_of src/contracts/package-lock.json src/contracts/build.mjs $sources)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ]; then
    say "compiling the contracts"
    node src/contracts/build.mjs >&2 || die "the contracts do not compile"
    printf '%s' "$sum" >"$stamp"
  fi
}

build() {
  need_tools
  need_packages
  need_contracts
  # The C libraries are linked in: an update of theirs is a reason to link again.
  local stamp=artifacts/computevoucher.stamp sum sources
  sources=$(files_of global.json 'Directory.*' src ':!src/contracts')
  sum=$(sum_of src/contracts/out/*.bin src/contracts/out/*.code $sources)
  sum+=" $(dpkg-query -W libsecp256k1-dev libsqlite3-dev | tr '\t\n' '  ')"
  if [ -x "$CV" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then
    return
  fi
  say "publishing the binary"
  local log
  log=$(mktemp)
  if ! dotnet publish src/ComputeVoucher.Cli -c Release -o artifacts/publish/binary \
    --nologo -v q >"$log" 2>&1; then
    tail -30 "$log" >&2
    rm -f "$log"
    die "the binary does not build"
  fi
  rm -f "$log"
  # Moved, not copied over: a running node keeps the file it was started from.
  cp artifacts/publish/binary/computevoucher "$CV.new"
  mv "$CV.new" "$CV"
  printf '%s' "$sum" >"$stamp"
}

# ---- the run ----------------------------------------------------------------------------------

choose_model() {
  if [ "$LANGUAGE" = yes ]; then
    MODEL=${MODEL:-models/tales/tales.gguf}
  elif [ -z "$MODEL" ]; then
    MODEL=models/glyphs/glyphs.tflite
    INPUT=models/glyphs/glyphs.inputs
  fi
  [ -f "$MODEL" ] || die "$MODEL: no such model file"
  MODEL=$(realpath "$MODEL")
  [ "$LANGUAGE" = yes ] && return
  [ -n "$INPUT" ] || die "--model wants --input as well"
  [ -f "$INPUT" ] || die "$INPUT: no such input file"
  INPUT=$(realpath "$INPUT")
}

# What is left is the program's: the chain, the market, the orders, the figures.
main() {
  choose_model
  build
  local what=(--input "$INPUT")
  [ "$LANGUAGE" = yes ] && what=(--prompt "$PROMPT" --tokens "$TOKENS")
  exec "$CV" dev --once --anvil "$ANVIL" --model "$MODEL" --orders "$ORDERS" \
    --concurrency "$CONCURRENCY" "${what[@]}"
}

# Who cheats is no part of the binary, but a program of the tests.
fraud() {
  choose_model
  need_tools
  need_packages
  need_contracts
  local project=tests/ComputeVoucher.Fraud log
  say "building $project"
  log=$(mktemp)
  if ! dotnet build "$project" -c Release -p:RunAnalyzers=false --nologo -v q >"$log" 2>&1; then
    tail -30 "$log" >&2
    rm -f "$log"
    die "$project does not build"
  fi
  rm -f "$log"
  CV_ANVIL="$ANVIL" exec dotnet artifacts/bin/ComputeVoucher.Fraud/release/ComputeVoucher.Fraud.dll \
    "$MODEL" "$INPUT"
}

case "${1:-}" in
  build) build; exit 0 ;;
  -h | --help) usage; exit 0 ;;
esac
while [ $# -gt 0 ]; do
  case "$1" in
    --model) MODEL=${2:?--model wants a file}; shift 2 ;;
    --input) INPUT=${2:?--input wants a file}; shift 2 ;;
    --orders) ORDERS=${2:?--orders wants a number}; shift 2 ;;
    --concurrency) CONCURRENCY=${2:?--concurrency wants a number}; shift 2 ;;
    --prompt) PROMPT=${2:?--prompt wants a text}; shift 2 ;;
    --tokens) TOKENS=${2:?--tokens wants a number}; shift 2 ;;
    --language) LANGUAGE=yes; shift ;;
    --fraud) FRAUD=yes; shift ;;
    *) say "run.sh: unknown option $1"; usage >&2; exit 2 ;;
  esac
done
if [ "$FRAUD" = yes ]; then
  [ "$LANGUAGE" = no ] || die "--fraud plays a graph: --model and --input, not --language"
  fraud
fi
main
