#!/usr/bin/env bash
# run.sh - photos a second against vipsthumbnail, for phone-sized and for small photos.
#
#   tests/bench/photos/run.sh BUILD_DIR [SECONDS]
#
# Takes real photos of the shared corpus ($JB_SHARED, else ../shared beside the source), repeated so
# that vipsthumbnail's start is spread over many files; without the corpus, photos made for the run.
set -euo pipefail
build=${1:?build directory} seconds=${2:-5}
here=$(cd "$(dirname "$0")/../../.." && pwd -P)
jpeg=${JB_SHARED:-$here/../shared}/data/jpeg
command -v vipsthumbnail >/dev/null || { echo "photos: vipsthumbnail is missing (libvips-tools)" >&2; exit 3; }
repeat() { for _ in $(seq "$1"); do printf '%s\n' "${@:2}"; done; }
if [ -d "$jpeg/vehicle" ]; then
	mapfile -t phone < <(repeat 12 "$jpeg/large/ianare_HMD_Nokia_8.3_5G.jpg" "$jpeg/large/ianare_iphone_hdr_YES.jpg")
	mapfile -t vehicle < <(repeat 2 "$jpeg"/vehicle/*.jpg)
	echo "phone photos, 8-9 MP:"
	"$build/bin/bench-photos" --seconds "$seconds" "${phone[@]}"
	echo "vehicle photos, 1 MP:"
	"$build/bin/bench-photos" --seconds "$seconds" "${vehicle[@]}"
else
	echo "made photos, 12 MP (no corpus at $jpeg):"
	made=$(mktemp -d)
	trap 'rm -rf "$made"' EXIT
	for i in $(seq 24); do "$build/bin/make-photo" "$made/$i.jpg" 4000 3000 "$i"; done
	"$build/bin/bench-photos" --seconds "$seconds" "$made"/*.jpg
fi
