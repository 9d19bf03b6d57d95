#!/bin/sh
# gen_refuses.sh CONTRACT_GEN PROTO_DIR WORKDIR - contract-gen takes a sound contract and refuses each
# forbidden one with a message that says what is wrong; it then writes nothing.
set -eu
gen=$1 protos=$2 work=$3
base=$protos/../tools/contract-gen/openapi.base.json
include=$(pkg-config --variable=includedir libprotobuf-c)
rm -rf "$work"
mkdir -p "$work/in/jingbao/v1"
cp "$protos/jingbao/v1/options.proto" "$protos/jingbao/v1/common.proto" "$work/in/jingbao/v1/"
fails=0 n=0

head='syntax = "proto3"; package jingbao.v1;
import "jingbao/v1/options.proto"; import "jingbao/v1/common.proto";'
access='option (access) = { roles: [ADMIN] };'
ask='message AskRequest { string id = 1; } message AskReply { string id = 1; }'

# compile NAME: standard input is the body of jingbao/v1/NAME.proto; makes NAME.desc
compile() {
	{ echo "$head"; cat; } >"$work/in/jingbao/v1/$1.proto"
	protoc -I "$work/in" -I "$include" --include_imports --include_source_info \
		--descriptor_set_out="$work/$1.desc" "jingbao/v1/$1.proto" 2>"$work/protoc.err" || {
		cat "$work/protoc.err"
		echo "FAIL: protoc refused the test input '$1'"
		exit 1
	}
	rm "$work/in/jingbao/v1/$1.proto"
}

# verdict NAME WANTED_TEXT: contract-gen must fail and say so
verdict() {
	n=$((n + 1))
	rm -rf "$work/out" && mkdir "$work/out"
	if "$gen" "$work/$1.desc" "$work/out" "$base" 2>"$work/err"; then
		echo "FAIL: $1: accepted"
		fails=$((fails + 1))
	elif ! grep -qF "$2" "$work/err"; then
		echo "FAIL: $1: expected '$2' in:"
		cat "$work/err"
		fails=$((fails + 1))
	elif [ -n "$(ls "$work/out")" ]; then
		echo "FAIL: $1: refused, but wrote $(ls "$work/out")"
		fails=$((fails + 1))
	fi
}

refused() {
	compile "$1"
	verdict "$1" "$2"
}

# --- sound ---
compile sound <<EOF
message Happened { option (event) = { seen_by: [ADMIN] };
  string incident_id = 1 [(rule) = { scope: INCIDENT }];
  string district = 3 [(rule) = { scope: DISTRICT }];
  oneof opt_count { int32 count = 2; } }
$ask
service Asking { rpc Ask(AskRequest) returns (AskReply) {
  option (http) = { method: "POST" path: "/v1/asks/{id}:do" success: 201 location: "/v1/asks/{id}" };
  option (access) = { roles: [ADMIN, OFFICER] }; option (repeat) = KEY; } }
EOF
mkdir "$work/out"
"$gen" "$work/sound.desc" "$work/out" "$base"
for want in '.roles = 0x410' '.repeat = 2' '.success = 201' '.subject = "jingbao.v1.Asking.Ask"' \
	'.district_field = 2'; do
	grep -qF "$want" "$work/out/contract.gen.c" || {
		echo "FAIL: sound: no '$want' in contract.gen.c"
		fails=$((fails + 1))
	}
done
grep -q '"/v1/asks/{id}:do"' "$work/out/openapi.json"
grep -q '"jingbao.v1.event.\*.Happened"' "$work/out/nats-permissions.json"

# --- forbidden ---
refused no_roles 'no roles' <<EOF
$ask
service Asking { rpc Ask(AskRequest) returns (AskReply) {
  option (http) = { method: "GET" path: "/v1/asks" }; } }
EOF
refused no_such_variable "path variable '{thing}' is no field of AskRequest" <<EOF
$ask
service Asking { rpc Ask(AskRequest) returns (AskReply) {
  option (http) = { method: "GET" path: "/v1/asks/{thing}" }; $access } }
EOF
refused equal_routes 'have equal routes' <<EOF
$ask
message AnotherRequest { string name = 1; }
service Asking { rpc Ask(AskRequest) returns (AskReply) {
  option (http) = { method: "GET" path: "/v1/asks/{id}" }; $access }
 rpc Another(AnotherRequest) returns (AskReply) {
  option (http) = { method: "GET" path: "/v1/asks/{name}" }; $access } }
EOF
refused key_on_get 'repeat KEY on a GET' <<EOF
$ask
service Asking { rpc Ask(AskRequest) returns (AskReply) {
  option (http) = { method: "GET" path: "/v1/asks" }; $access option (repeat) = KEY; } }
EOF
refused recursive 'recursive message' <<EOF
message Tree { string name = 1; repeated Branch branches = 2; }
message Branch { Tree tree = 1; }
EOF
refused json_name 'json_name is not allowed' <<EOF
message Named { string some_id = 1 [json_name = "ident"]; }
EOF
refused proto3_optional 'proto3 optional' <<EOF
message Maybe { optional string some_id = 1; }
EOF
refused required_server "'required' on a 'server' field" <<EOF
message Filled { string by = 1 [(rule) = { server: true required: true }]; }
EOF
refused event_unscoped 'no field with scope DISTRICT or INCIDENT' <<EOF
message Happened { option (event) = { seen_by: [ADMIN] }; string what = 1; }
EOF
refused event_unseen 'seen_by is empty' <<EOF
message Happened { option (event) = { }; string incident_id = 1 [(rule) = { scope: INCIDENT }]; }
EOF
refused time_on_text "'time' needs int64" <<EOF
message Stamped { string at = 1 [(rule) = { time: true }]; }
EOF
refused message_in_query "can't come from the query" <<EOF
message AskRequest { Position position = 1; } message AskReply { string id = 1; }
service Asking { rpc Ask(AskRequest) returns (AskReply) {
  option (http) = { method: "GET" path: "/v1/asks" }; $access } }
EOF
refused streaming 'streaming is not supported' <<EOF
$ask
service Asking { rpc Ask(AskRequest) returns (stream AskReply) { $access } }
EOF
refused map_field 'map fields are not supported' <<EOF
message Mapped { map<string, string> tags = 1; }
EOF
refused same_c_name 'duplicate message name' <<EOF
message OAuthToken { string a = 1; }
message OauthToken { string a = 1; }
EOF

# protoc sees one file at a time; two descriptor sets joined are one set to contract-gen.
body="$ask service Asking { rpc Ask(AskRequest) returns (AskReply) { $access } }"
echo "$body" | compile twice_a
echo "$body" | compile twice_b
cat "$work/twice_a.desc" "$work/twice_b.desc" >"$work/twice.desc"
verdict twice "two methods have the subject 'jingbao.v1.Asking.Ask'"
verdict twice "duplicate message name 'AskRequest'"

echo not a descriptor >"$work/garbage.desc"
verdict garbage "not a FileDescriptorSet"

[ "$fails" -eq 0 ] || exit 1
echo "ok: $n contracts refused, 1 taken"
