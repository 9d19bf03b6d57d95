# shellcheck shell=bash
# tests.sh - runs ctest and counts what it, and the stories inside a test program, report.
# Needs common.sh.

# The sanitizers end a program at the first finding, with a status no test takes for success.
sanitizer_options() {
	export ASAN_OPTIONS="${ASAN_OPTIONS:-abort_on_error=0:exitcode=99:detect_leaks=1}"
	export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
}

# Node's runner and cmocka say how many cases each program held; a program that says nothing
# counts as one.
count_tests() { # count_tests CTEST-LOG -> passed failed skipped
	awk '
		function close_test() {
			if (!name) return
			if (!seen) { if (status == "Passed") p++; else if (status == "Skipped") s++; else f++ }
			else if (status != "Passed" && !bad) f++
			name = ""; seen = bad = 0
		}
		/^ *[0-9]+\/[0-9]+ Testing: / { close_test(); name = $3; status = "" }
		/^[^A-Za-z0-9]*pass [0-9]+$/ { p += $NF; seen = 1 }
		/^[^A-Za-z0-9]*fail [0-9]+$/ { f += $NF; bad += $NF; seen = 1 }
		/^[^A-Za-z0-9]*skipped [0-9]+$/ { s += $NF; seen = 1 }
		/^\[  PASSED  \] [0-9]+ test/ { p += $4; seen = 1 }
		/^\[  FAILED  \] [0-9]+ test/ { f += $4; bad += $4; seen = 1 }
		/^\[  SKIPPED \] [0-9]+ test/ { s += $4; seen = 1 }
		/^Test Passed\.$/ { status = "Passed" }
		/^Test Failed\.$/ { status = "Failed" }
		/^Test Skipped\.$/ { status = "Skipped" }
		END { close_test(); print p + 0, f + 0, s + 0 }' "$1"
}

run_tests() { # run_tests BUILD [LABEL...]
	local build=$1 labels status=0 passed failed skipped
	shift
	labels=$(IFS='|' && echo "$*")
	sanitizer_options
	ctest --test-dir "$build" --output-on-failure -j "$(nproc)" --no-tests=error \
		${labels:+-L "^($labels)\$"} || status=$?
	read -r passed failed skipped < <(count_tests "$build/Testing/Temporary/LastTest.log")
	[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ]
}
