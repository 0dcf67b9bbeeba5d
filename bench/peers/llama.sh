#!/usr/bin/env bash
# Greedy decode speed of llama.cpp on a GGUF file: installs the published library, builds a small C
# loop against its public header, runs it. Prints tokens per second.
# usage: bench/peers/llama.sh MODEL.gguf THREADS TOKENS
set -euo pipefail
if (($# != 3)); then
  echo "usage: bench/peers/llama.sh MODEL.gguf THREADS TOKENS" >&2
  exit 2
fi

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$here/../../artifacts/peers
mkdir -p "$work"
work=$(cd "$work" && pwd)
library=$work/node_modules/@node-llama-cpp/linux-x64/bins/linux-x64

if [[ ! -d $library ]]; then
  echo "installing llama.cpp's published library into artifacts/peers" >&2
  cp "$here/package.json" "$work/"
  (cd "$work" && npm install --ignore-scripts --omit=optional --no-fund --no-audit --silent) >&2
fi

if [[ ! -x $work/llama_decode || $here/llama_decode.c -nt $work/llama_decode ]]; then
  # The package carries its own source as a git bundle; only its public headers are used.
  [[ -d $work/llama.cpp ]] \
    || git clone -q "$work/node_modules/node-llama-cpp/llama/gitRelease.bundle" "$work/llama.cpp"
  gcc -O2 -I"$work/llama.cpp/include" -I"$work/llama.cpp/ggml/include" \
    "$here/llama_decode.c" -o "$work/llama_decode" -L"$library" \
    -l:libllama.v0.5.0.so -l:libggml.v0.5.0.so -l:libggml-base.so -Wl,-rpath,"$library"
fi

LD_LIBRARY_PATH=$library "$work/llama_decode" "$1" "$2" "$3" "$library"
