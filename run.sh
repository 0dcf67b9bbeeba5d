#!/usr/bin/env bash
# ./run.sh          the whole main job on a chain of its own: buy, serve, check, redeem, settle
# ./run.sh build    publishes the one binary to artifacts/computevoucher
# ./run.sh --help   the options
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

CV="$PWD/artifacts/computevoucher"
TOOLS="$PWD/src/contracts/node_modules/.bin"
MODEL=""
INPUT=""
LANGUAGE=no
PROMPT="Once upon a time"
TOKENS=120
ORDERS=0
CONCURRENCY=4

say() { printf '%s\n' "$*" >&2; }
die() { say "run.sh: $*"; exit 1; }

usage() {
  cat <<'TEXT'
./run.sh [--model FILE --input FILE] [--orders N] [--concurrency N] [--language]
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
TEXT
}

# ---- setting up -------------------------------------------------------------------------------

need_tools() {
  command -v dotnet >/dev/null || die "the .NET 10 SDK is missing (https://dot.net)"
  dotnet --list-sdks | grep -q '^10\.' || die "a .NET 10 SDK is missing (https://dot.net)"
  command -v node >/dev/null || die "Node.js is missing (apt-get install nodejs npm)"
  command -v npm >/dev/null || die "npm is missing (apt-get install npm)"
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

need_contracts() {
  local stamp=src/contracts/node_modules/.computevoucher-stamp sum
  sum=$(sum_of src/contracts/package-lock.json)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ]; then
    say "installing the contract tools with npm"
    (cd src/contracts && npm ci --no-audit --no-fund --loglevel=error >&2) \
      || die "npm ci failed in src/contracts (is the network there?)"
    printf '%s' "$sum" >"$stamp"
  fi
  stamp=src/contracts/out/.computevoucher-stamp
  sum=$(sum_of src/contracts/package-lock.json src/contracts/build.mjs \
    $(git ls-files -co --exclude-standard 'src/contracts/*.sol' 'src/contracts/**/*.sol'))
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
  local stamp=artifacts/computevoucher.stamp sum
  sum=$(sum_of global.json Directory.Build.props Directory.Packages.props src/contracts/out/*.bin \
    $(git ls-files -co --exclude-standard src | grep -v '^src/contracts/' |
      while read -r file; do [ -f "$file" ] && printf '%s\n' "$file"; done))
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

WORK=""
ANVIL_PID=""
NODE_PID=""

clean_up() {
  local status=$?
  trap - EXIT INT TERM
  [ -n "$NODE_PID" ] && kill "$NODE_PID" 2>/dev/null && wait "$NODE_PID" 2>/dev/null
  [ -n "$ANVIL_PID" ] && kill "$ANVIL_PID" 2>/dev/null && wait "$ANVIL_PID" 2>/dev/null
  if [ -n "$WORK" ]; then
    if [ "$status" -ne 0 ] && [ "$status" -ne 130 ] && [ -s "$WORK/node.log" ]; then
      say "the node's last words:"
      tail -5 "$WORK/node.log" >&2
    fi
    rm -rf "$WORK"
  fi
  exit "$status"
}

free_port() {
  node -e 'const s=require("net").createServer();s.listen(0,"127.0.0.1",()=>{
    console.log(s.address().port);s.close()})'
}

# One field of a JSON object on standard input: json .a.b
json() {
  node -e 'let t="";process.stdin.on("data",d=>t+=d).on("end",()=>{
    const v=process.argv[1].split(".").filter(Boolean).reduce((o,k)=>o[k],JSON.parse(t));
    console.log(typeof v==="object"?JSON.stringify(v):v)})' "$1"
}

wait_for() {
  local what=$1 tries=$2
  shift 2
  while ! "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || die "$what did not come up"
    sleep 0.1
  done
}

# Keys of anvil's development accounts: public knowledge, worth nothing anywhere else.
dev_key() {
  (umask 077 && printf '%s\n' "$2" >"$WORK/$1.key")
}

address_of() { "$CV" key address "$WORK/$1.key"; }

start_chain() {
  local port
  port=$(free_port)
  RPC="http://127.0.0.1:$port"
  # One slot an epoch and a block a second, so that finality moves while we watch.
  "$TOOLS/anvil" --slots-in-an-epoch 1 --block-time 1 --mixed-mining --port "$port" --silent \
    >"$WORK/anvil.log" 2>&1 &
  ANVIL_PID=$!
  dev_key deployer ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80
  dev_key holder 59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d
  dev_key provider 5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a
  dev_key node 7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6
  "$CV" key new "$WORK/spend.key" >/dev/null
  wait_for "the chain" 100 "$CV" doctor --rpc "$RPC"
}

# The contracts, a class, and a node that belongs to a provider.
set_the_stage() {
  CHAIN=(--rpc "$RPC" --deployment "$WORK/deployment.json")
  "$CV" deploy --rpc "$RPC" --key "$WORK/deployer.key" --dev-token \
    --out "$WORK/deployment.json" --json >/dev/null
  "$CV" class create --token "$(json .devToken <"$WORK/deployment.json")" --price 1000000 \
    --thaw-days 3 -o "$WORK/class.json" --json >/dev/null
  "$CV" provider join "${CHAIN[@]}" --key "$WORK/provider.key" --node-key "$WORK/node.key" \
    --json >/dev/null
}

# Units for every order and as much again, locked to the node.
buy_and_lock() {
  "$CV" voucher buy "${CHAIN[@]}" --key "$WORK/holder.key" --class "$WORK/class.json" \
    --units "$BOUGHT" --mint-dev-token --json >/dev/null
  "$CV" channel open "${CHAIN[@]}" --key "$WORK/holder.key" --class "$WORK/class.json" \
    --node "$(address_of node)" --spend "$(address_of spend)" --units "$BOUGHT" \
    -o "$WORK/channel.json" --json >/dev/null
}

start_node() {
  NODE_PORT=$(free_port)
  HEALTH_PORT=$(free_port)
  cat >"$WORK/node.json" <<CONFIG
{
  "chain": {
    "rpc": ["$RPC"],
    "chainId": $(json .chainId <"$WORK/deployment.json"),
    "vouchers": "$(json .vouchers <"$WORK/deployment.json")",
    "providers": "$(json .providers <"$WORK/deployment.json")",
    "tokens": ["$(json .devToken <"$WORK/deployment.json")"],
    "pollMs": 200
  },
  "node": {
    "key": "node.key", "listen": "127.0.0.1:$NODE_PORT", "ledger": "ledger",
    "health": "127.0.0.1:$HEALTH_PORT"
  },
  "serve": { "models": ["$MODEL"], "classes": ["class.json"] },
  "redeem": { "enabled": false, "key": "provider.key" },
  "rules": { "budgetUnitsStart": $BOUGHT }
}
CONFIG
  "$CV" serve --config "$WORK/node.json" >/dev/null 2>"$WORK/node.log" &
  NODE_PID=$!
  wait_for "the node" 100 node -e "
    fetch('http://127.0.0.1:$HEALTH_PORT/ready').then(r => process.exit(r.ok ? 0 : 1),
      () => process.exit(1))"
}

stop_node() {
  node -e "fetch('http://127.0.0.1:$HEALTH_PORT/metrics').then(r => r.text()).then(t =>
    console.log(/^computevoucher_units_served_total (\\d+)/m.exec(t)[1]))" >"$WORK/served.json"
  kill "$NODE_PID"
  wait "$NODE_PID" || die "the node did not drain cleanly"
  NODE_PID=""
}

# What both sides and the contracts hold, as one JSON object.
snapshot() {
  local holder node channel
  holder=$("$CV" voucher list "${CHAIN[@]}" --class "$WORK/class.json" \
    --holder "$(address_of holder)" --json)
  node=$("$CV" provider status "${CHAIN[@]}" --class "$WORK/class.json" \
    --node "$(address_of node)" --json)
  channel='{"locked":0,"redeemed":0}'
  [ -f "$WORK/channel.json" ] && channel=$("$CV" channel show "${CHAIN[@]}" \
    --channel "$WORK/channel.json" --json)
  printf '{"holder":%s,"node":%s,"channel":%s}\n' "$holder" "$node" "$channel" >"$WORK/$1.json"
}

client() {
  "$CV" request --at "127.0.0.1:$NODE_PORT" --deployment "$WORK/deployment.json" \
    --channel "$WORK/channel.json" --spend-key "$WORK/spend.key" --state "$WORK/client.state" \
    --model "$MODEL" --receipts "$WORK/receipts.jsonl" "$@"
}

order() {
  say "sending $ORDERS orders for $(basename "$MODEL")"
  client --input "$INPUT" --count "$ORDERS" --concurrency "$CONCURRENCY" \
    --output "$WORK/outputs.bin" --trace --json >"$WORK/request.json"
  "$CV" verify receipt "$WORK/receipts.jsonl" --deployment "$WORK/deployment.json" \
    --channel "$WORK/channel.json" --json >/dev/null
}

# One answer as it comes, then several at once.
talk() {
  say "one order, its tokens as they arrive:"
  client --prompt "$PROMPT" --tokens "$TOKENS" 2>/dev/null
  say "and $ORDERS at once"
  local prompts=() seed
  for ((seed = 1; seed <= ORDERS; seed++)); do prompts+=(--prompt "$PROMPT"); done
  client "${prompts[@]}" --tokens "$TOKENS" --temperature 0.8 --seed 7 --trace \
    --concurrency "$CONCURRENCY" --json >"$WORK/request.json"
}

show() {
  node -e '
    const read = name => JSON.parse(require("fs").readFileSync(`${process.argv[1]}/${name}.json`));
    const [before, after, request, redeem, served] =
      ["before", "after", "request", "redeem", "served"].map(read);
    const n = v => Number(v).toLocaleString("en-US");
    const row = (name, a, b) => console.log(
      name.padEnd(34) + String(a).padStart(20) + String(b).padStart(20));
    row("", "before", "after");
    row("units bought and locked", n(before.channel.locked), n(after.channel.locked));
    row("units served", 0, n(served));
    row("units acknowledged", 0, n(request.ackedUnits));
    row("units redeemed and burned", n(before.channel.redeemed), n(after.channel.redeemed));
    row("escrow, token base units", n(before.node.escrow), n(after.node.escrow));
    row("earned, not yet settled", n(before.node.earned), n(after.node.earned));
    row("provider balance, base units", n(before.node.balance), n(after.node.balance));
    row("holder balance, base units", n(before.holder.tokens), n(after.holder.tokens));
    for (const text of (request.texts ?? []).slice(0, 3)) console.log(`\n  …${text.trim()}`);
    const l = request.latencyMicros;
    console.log(`\n${n(request.served)} orders in ${request.seconds} s, ` +
      `${n(Math.round(request.ordersPerSecond))} a second; every receipt checked`);
    console.log(`latency, microseconds: p50 ${n(l.p50)}  p90 ${n(l.p90)}  p99 ${n(l.p99)}  ` +
      `max ${n(l.max)}`);
    console.log(`redeemed in ${redeem.transactions.length} transaction, ` +
      `${n(redeem.transactions[0].gas)} gas`);
    const same = [served, request.ackedUnits, after.channel.redeemed, redeem.units].map(Number);
    const paid = BigInt(served) * 1000000n / 1000000000n;
    if (new Set(same).size !== 1 || BigInt(after.node.balance) !== paid) {
      console.error(`the sums do not agree: ${same}, paid ${after.node.balance}, due ${paid}`);
      process.exit(1);
    }' "$WORK"
}

# What one order costs, before anything is bought.
units_of_an_order() {
  if [ "$LANGUAGE" = yes ]; then
    "$CV" generate --model "$MODEL" --prompt "$PROMPT" --tokens "$TOKENS" --json | json .units
  else
    "$CV" model inspect "$MODEL" --json | json .units
  fi
}

choose_model() {
  if [ "$LANGUAGE" = yes ]; then
    MODEL=${MODEL:-models/tales/tales.gguf}
    [ "$ORDERS" -gt 0 ] || ORDERS=6
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

main() {
  choose_model
  build
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/computevoucher-run.XXXXXX")
  local units
  units=$(units_of_an_order)
  if [ "$ORDERS" -eq 0 ]; then
    ORDERS=$(($(stat -c %s "$INPUT") / $("$CV" model inspect "$MODEL" --json | json .inputBytes)))
  fi
  [ "$ORDERS" -gt 0 ] || die "$INPUT: shorter than one input of $MODEL"
  # Twice what is needed, so that the table shows what is left; whole thousands keep it readable.
  BOUGHT=$(((units * (ORDERS + 1) * 2 / 1000 + 1) * 1000))
  say "starting a chain, deploying the contracts"
  start_chain
  set_the_stage
  say "buying $BOUGHT units and locking them to the node"
  buy_and_lock
  snapshot before
  start_node
  if [ "$LANGUAGE" = yes ]; then talk; else order; fi
  stop_node
  say "redeeming, and waiting for finality"
  "$CV" redeem --config "$WORK/node.json" --json >"$WORK/redeem.json"
  "$CV" provider settle "${CHAIN[@]}" --key "$WORK/provider.key" --class "$WORK/class.json" \
    --json >/dev/null
  snapshot after
  show
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
    *) say "run.sh: unknown option $1"; usage >&2; exit 2 ;;
  esac
done
main
