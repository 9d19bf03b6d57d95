#!/usr/bin/env bash
# fuzz.sh - every fuzz target for JB_FUZZ_SECONDS (60) each; any crash, leak or hang fails.
set -euo pipefail
. "$(dirname "$0")/../common.sh"
. "$(dirname "$0")/../build.sh"
dir=${JB_CI_BUILD:-$ROOT}/build-ci-fuzz
(build "$dir" -DJB_FUZZ=ON -DCMAKE_C_COMPILER=clang) >"$dir.out" 2>&1 || {
	grep -E -A5 'error|FAILED' "$dir.out" | head -n 60
	exit 1
}
status=0
one() {
	local name corpus seeds
	name=$(basename "$1")
	corpus=$dir/corpus/$name
	seeds=$ROOT/tests/fuzz/corpus/$name
	mkdir -p "$corpus"
	[ -d "$seeds" ] || seeds=
	if "$1" -max_total_time="${JB_FUZZ_SECONDS:-60}" -timeout=20 -rss_limit_mb=1500 \
		-artifact_prefix="$dir/$name-" "$corpus" ${seeds:+"$seeds"} >"$dir/$name.log" 2>&1; then
		echo "ok   $name: $(grep -oE '#[0-9]+' "$dir/$name.log" | tail -n 1 | tr -d '#') inputs"
	else
		echo "FAIL $name; its log: $dir/$name.log"
		tail -n 15 "$dir/$name.log"
		return 1
	fi
}
pids=()
for t in "$dir"/bin/fuzz_*; do
	one "$t" &
	pids+=($!)
	if [ ${#pids[@]} -ge "$(nproc)" ]; then
		wait "${pids[0]}" || status=1
		pids=("${pids[@]:1}")
	fi
done
for p in "${pids[@]}"; do
	wait "$p" || status=1
done
exit $status
