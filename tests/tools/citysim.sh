#!/usr/bin/env bash
# citysim.sh - the scoreboard's command line: the report's shape, the same twice, foreign files, wrong
# input. Without road data it runs on the made-up city.
set -euo pipefail
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
sim=$JB_BUILD/bin/citysim
export JB_SHARED=$WORK/none

refuses() { # refuses TEXT COMMAND...
	local text=$1 status=0
	shift
	"$@" >"$WORK/said" 2>&1 || status=$?
	cat "$WORK/said"
	[ "$status" -eq 2 ] && grep -qF -- "$text" "$WORK/said"
}
small() { "$sim" run S2 --seeds 1 --days 1 --set units=10 "$@" 2>>"$WORK/err"; }

small --policies P2,P7 --json >"$WORK/a.json"
small --policies P2,P7 --json >"$WORK/b.json"
shape() {
	node - "$WORK/a.json" <<'JS'
const assert = require("node:assert/strict");
const r = JSON.parse(require("node:fs").readFileSync(process.argv[2]));
assert.deepEqual(Object.keys(r), ["scenario", "seeds", "days", "policies", "bound"]);
assert.deepEqual([r.scenario, r.seeds, r.days], ["S2", 1, 1]);
assert.deepEqual(Object.keys(r.bound), ["lateShare"]);
assert.deepEqual(r.policies.map((p) => p.policy), ["P2", "P7"]);
const first = ["policy", "lateShare", "lateShareCi95", "lateMinutesPerIncident", "meanS", "p95S", "p99S",
	"longestS", "worstZonesLateShare", "swapsPerIncident"];
for (const p of r.policies) {
	assert.deepEqual(Object.keys(p).slice(0, 10), first);
	const [low, high] = p.lateShareCi95;
	assert.ok(low <= p.lateShare && p.lateShare <= high);
	assert.ok(p.lateShare >= r.bound.lateShare - 1e-9);
}
JS
}
same() { # all but the decision times, which are the machine's
	diff <(grep -v decisionP "$WORK/a.json") <(grep -v decisionP "$WORK/b.json")
}
expect "the report has the promised shape" shape
expect "two runs say the same" same

"$sim" tape S2 --days 4 2>/dev/null >"$WORK/tape.csv"
"$sim" posts S2 2>/dev/null >"$WORK/posts.csv"
expect "the printed tape and posts can be read back" small --policies P2 --tape "$WORK/tape.csv" \
	--posts "$WORK/posts.csv" --no-bound

cat >"$WORK/nodes.csv" <<'CSV'
nodes,,
index,x,y
1,0.02,0.01
2,0.01,0.01
3,0.01,0.03
4,0.03,0.03
CSV
cat >"$WORK/arcs.csv" <<'CSV'
miscData,1,,
arcForm,numModes,,
undirected,1,,
,,,
arcs,4,,
index,fromNode,toNode,mode_1
1,1,2,0.001
2,2,3,0.002
3,3,4,0.002
4,4,1,0.002
CSV
expect "a foreign city without history runs" "$sim" run S1 --graph "$WORK/nodes.csv" "$WORK/arcs.csv" \
	--seeds 1 --days 1 --policies P2,P7 --set units=2 --set calls=40
expect "an unknown scenario is refused" refuses "there is no scenario 'S99'" "$sim" run S99
expect "an unknown policy is refused" refuses "there is no policy 'P99'" "$sim" run S1 --policies P99
expect "a missing file is named" refuses "/nowhere/n.csv: No such file" \
	"$sim" run S1 --graph /nowhere/n.csv /nowhere/a.csv
sed 's/0.002/soon/' "$WORK/arcs.csv" >"$WORK/bad.csv"
expect "a wrong field is named by file, line and column" refuses "bad.csv:8:4 (mode_1): 'soon' is not a number" \
	"$sim" run S1 --graph "$WORK/nodes.csv" "$WORK/bad.csv"
expect "one file of a graph is refused" refuses "--graph needs two files" \
	"$sim" run S1 --graph "$WORK/nodes.csv"
expect "a wrong setting is refused" refuses "--set help lists them" "$sim" run S1 --set wheels=5
