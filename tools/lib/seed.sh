# shellcheck shell=bash
# seed.sh - districts, posts, accounts of every role and API clients of a fresh system, by jbctl.
# Passwords are made here and kept in STACK/secrets/accounts.json. Needs common.sh, STACK, BUILD.

# shellcheck disable=SC2153
JBCTL() { "$BUILD/bin/jbctl" --config "$STACK/etc/jbctl.conf" "$@"; }

# One line of JSON for each account that shall exist, without its password.
seed_accounts() {
	jq -nc '
		def account($u; $n; $r; $o; $d): {username: $u, name: $n, roles: $r, org: $o, districts: $d};
		account("admin"; "系统管理员"; ["ADMIN"]; ""; []),
		account("dispatcher"; "122指挥中心 刘敏"; ["DISPATCHER"]; ""; []),
		account("officer"; "民警 赵卫国"; ["OFFICER"]; ""; []),
		account("officer2"; "民警 何晓东"; ["OFFICER"]; ""; []),
		account("officer3"; "民警 马丽"; ["OFFICER"]; ""; []),
		account("officer4"; "民警 高峰"; ["OFFICER"]; ""; []),
		account("brigade"; "雁塔大队 孙强"; ["BRIGADE"]; ""; ["610113"]),
		account("supervisor"; "值班长 周静"; ["SUPERVISOR"]; ""; []),
		account("auditor"; "督察 吴刚"; ["AUDITOR"]; ""; []),
		account("assessor"; "定损员 郑洁"; ["ASSESSOR"]; "PICC"; []),
		account("insurer"; "理赔员 王芳"; ["INSURER"]; "PICC"; [])'
	jq -nc --slurpfile posts "$ROOT/db/seed/posts.json" '
		range(40) as $i | {
			username: ("responder" + (if $i < 9 then "0" else "" end) + ($i + 1 | tostring)),
			name: ("查勘员" + ($i + 1 | tostring) + "号"), roles: ["RESPONDER"],
			org: ["PICC", "CPIC", "PAIC", "CLIC"][$i % 4], districts: [],
			phone: ("1390290" + (1000 + $i | tostring)),
			post: $posts[0].posts[$i % ($posts[0].posts | length)].code}'
}

# accounts.json with a password for each, made once; mode 0600.
seed_secrets() {
	local file=$STACK/secrets/accounts.json n
	SEED_NEW=
	[ ! -s "$file" ] || return 0
	SEED_NEW=yes
	n=$(seed_accounts | wc -l)
	(umask 077 && seed_accounts | jq -s \
		--argjson words "$(for _ in $(seq "$n"); do random_hex 9; echo; done | jq -Rn '[inputs]')" \
		'{accounts: [to_entries[] | .value + {password: $words[.key]}], clients: []}' \
		>"$file.new")
	mv "$file.new" "$file"
}

# Sends lines "Service.Method {json}" on standard input; what is there already is fine.
seed_send() {
	local answers bad
	answers=$(JBCTL call --lines) || true
	bad=$(grep '^{"code":"[A-Z_]*","text":' <<<"$answers" | grep -v '^{"code":"CONFLICT"' |
		head -n 3) || true
	[ -z "$bad" ] || die "seeding failed: $bad"
}

# Accounts that are missing are made; where the database was kept and the secrets are new, the
# accounts get the new passwords.
seed_people() {
	local file=$STACK/secrets/accounts.json known
	known=$(JBCTL call Identity.ListAccounts '{"pageSize":200}' | jq -c '[.items[]?.username]') ||
		die "the accounts can't be listed"
	jq -r --argjson known "$known" --arg new "$SEED_NEW" '.accounts[] |
		if (.username | IN($known[]) | not) then
			"Identity.CreateAccount " + (del(.post) | tojson)
		elif $new != "" then
			"Identity.SetPassword " + ({username, newPassword: .password} | tojson)
		else empty end' "$file" | seed_send
}

# An insurer's system signs in with a client; its secret is told only once.
seed_clients() {
	local file=$STACK/secrets/accounts.json org id answer
	for org in PICC CPIC PAIC CLIC; do
		jq -e --arg o "$org" '.clients | any(.org == $o)' "$file" >/dev/null && continue
		id=$(tr '[:upper:]' '[:lower:]' <<<"$org")-$(random_hex 3)
		answer=$(JBCTL call Identity.CreateClient "$(jq -nc --arg i "$id" --arg o "$org" \
			'{clientId: $i, name: ($o + " claims system"), roles: ["INSURER"], org: $o}')") ||
			die "client of $org: $answer"
		(umask 077 && jq --arg i "$id" --arg o "$org" --argjson a "$answer" \
			'.clients += [{org: $o, clientId: $i, clientSecret: $a.clientSecret}]' \
			"$file" >"$file.new")
		mv "$file.new" "$file"
	done
}

seed() {
	seed_secrets
	JBCTL districts import "$ROOT/db/seed/districts.geojson" >/dev/null ||
		die "the districts can't be loaded"
	jq -r '.posts[] | "Dispatch.PutPost " + tojson' "$ROOT/db/seed/posts.json" | seed_send
	seed_people
	seed_clients
}
