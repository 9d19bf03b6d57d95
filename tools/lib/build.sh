# shellcheck shell=bash
# build.sh - configures and builds one variant with its progress shown. Needs common.sh.

# Compilers are memory-hungry: one job per 700 MB, as many as there are processors at most.
build_jobs() {
	local cpus mem
	cpus=$(nproc)
	mem=$(awk '/MemAvailable/ { print int($2 / 716800) }' /proc/meminfo)
	[ "$mem" -ge 1 ] || mem=1
	echo $((cpus < mem ? cpus : mem))
}

# build DIRECTORY [CMAKE ARGUMENTS...]; BUILD_TARGETS narrows it.
build() {
	local dir=$1
	shift
	cmake -G Ninja -S "$ROOT" -B "$dir" "$@" >"$dir.log" 2>&1 ||
		die "configuring failed:
$(tail -n 20 "$dir.log")"
	rm -f "$dir.log"
	# shellcheck disable=SC2086
	cmake --build "$dir" -j "$(build_jobs)" ${BUILD_TARGETS:+--target $BUILD_TARGETS} ||
		die "the build failed; the first error is above"
}
