#!/usr/bin/env bash
# roads.sh - the command line of the road importer: three kinds of input, looking into a graph, and what
# is refused with which words.
set -euo pipefail
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
roads=$BUILD/bin/roads
cd "$WORK"

refuses() { # refuses STATUS TEXT COMMAND...
	local want=$1 text=$2 status=0
	shift 2
	"$@" >said 2>&1 || status=$?
	cat said
	[ "$status" -eq "$want" ] && grep -qF -- "$text" said
}

printf 'id,lon,lat\n1,108.90,34.20\n2,108.91,34.20\n3,108.91,34.21\n4,108.95,34.25\n' >nodes.csv
printf 'from,to,length_m,highway,name,oneway\n1,2,925,primary,南二环,no\n2,3,1115,residential,,no\n3,4,,service,,yes\n' >edges.csv
cat >city.osm <<'XML'
<osm version="0.6">
 <node id="1" lat="34.20" lon="108.90"/><node id="2" lat="34.20" lon="108.91"/><node id="3" lat="34.21" lon="108.91"/>
 <way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/><tag k="name" v="南二环"/></way>
</osm>
XML
cat >districts.geojson <<'JSON'
{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"adcode":610103,"name":"碑林区"},
"geometry":{"type":"Polygon","coordinates":[[[108.8,34.1],[109,34.1],[109,34.3],[108.8,34.3],[108.8,34.1]]]}}]}
JSON

expect "lists become a graph, the main part of it" says "city.roads: 3 nodes, 4 edges" \
	"$roads" import nodes.csv edges.csv --districts districts.geojson --source "our own" -o city.roads
expect "info tells what is in it" says "source our own" "$roads" info city.roads
expect "info counts districts" says "district 610103" "$roads" info city.roads
expect "check finds it in order" "$roads" check city.roads
expect "the same input gives the same bytes" bash -c "
	'$roads' import nodes.csv edges.csv --districts districts.geojson --source 'our own' -o again.roads &&
	cmp city.roads again.roads"
expect "a way is found" says "南二环" "$roads" path city.roads 108.902 34.2 108.91 34.205 --hour 8
expect "an OpenStreetMap file becomes a graph" says "1 ways, 1 for cars" "$roads" import city.osm -o osm.roads
expect "without its tail it is refused, with the line" refuses 1 "part.osm line 3" \
	bash -c "head -c 170 city.osm >part.osm; '$roads' import part.osm -o part.roads"
expect "nothing is left of a failed import" fails ls part.roads*
expect "compressed files are named as such" refuses 1 "gunzip" \
	bash -c "gzip -c city.osm >city.osm.gz; '$roads' import city.osm.gz -o x.roads"
expect "what is no PBF is refused, with the byte" refuses 1 "x.osm.pbf offset 0" \
	bash -c "cp city.osm x.osm.pbf; '$roads' import x.osm.pbf -o x.roads"
expect "swapped degrees are named" refuses 1 "swapped.csv line 2: latitude 108.9 is outside -90..90" \
	bash -c "sed s/lon,lat/lat,lon/ nodes.csv >swapped.csv; '$roads' import swapped.csv edges.csv -o x.roads"
expect "unknown nodes are named" refuses 1 "bad.csv line 3: there is no node 9" \
	bash -c "printf 'from,to\n1,2\n9,1\n' >bad.csv; '$roads' import nodes.csv bad.csv -o x.roads"
expect "negative lengths are named" refuses 1 "bad.csv line 2: a length of -4 m" \
	bash -c "printf 'from,to,length_m\n1,2,-4\n' >bad.csv; '$roads' import nodes.csv bad.csv -o x.roads"
expect "a damaged graph is refused" refuses 1 "its checksum is wrong" \
	bash -c "cp city.roads hurt.roads; printf X | dd of=hurt.roads bs=1 seek=300 conv=notrunc status=none
		'$roads' info hurt.roads"
expect "a graph cut short is refused" refuses 1 "cut short" \
	bash -c "head -c 600 city.roads >short.roads; '$roads' check short.roads"
expect "places off all roads have no way" refuses 1 "too far from any road" "$roads" path city.roads 100 30 108.9 34.2
expect "wrong arguments are told" refuses 2 "latitude '134.2' is not between" \
	"$roads" path city.roads 108.9 134.2 108.9 34.2
expect "an unknown datum is told" refuses 2 "none of WGS84" \
	"$roads" import nodes.csv edges.csv --datum MARS -o x.roads
expect "a datum for OpenStreetMap is refused" refuses 2 "always in WGS84" \
	"$roads" import city.osm --datum GCJ02 -o x.roads
expect "a place in the file system that can't be written is told" refuses 1 "can't be made" \
	"$roads" import nodes.csv edges.csv -o /nowhere/x.roads
