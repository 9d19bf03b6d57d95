#!/usr/bin/env bash
# compose.sh - docker-compose.yml is what Docker takes; without Docker, at least readable YAML with
# the ten services.
set -euo pipefail
. "$(dirname "$0")/../common.sh"
cd "$ROOT"
if docker compose version >/dev/null 2>&1; then
	docker compose config --quiet
	exit
fi
echo "docker compose is not here: only the YAML is read"
python3 -c 'import yaml' 2>/dev/null || {
	echo "python3-yaml is not installed"
	exit 77
}
python3 - <<-'END'
	import yaml
	d = yaml.safe_load(open("docker-compose.yml"))
	need = "postgres nats migrate gateway identity intake dispatch evidence liability claims oversight notify"
	missing = set(need.split()) - set(d["services"])
	assert not missing, f"missing services: {missing}"
	for name, s in d["services"].items():
	    assert "image" in s or "build" in s, f"{name} has neither image nor build"
	    for other in s.get("depends_on", {}):
	        assert other in d["services"], f"{name} waits for unknown {other}"
	print(len(d["services"]), "services")
END
