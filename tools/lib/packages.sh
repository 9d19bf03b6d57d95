# shellcheck shell=bash
# packages.sh - the Debian packages this project needs, and how missing ones get here.
# Needs common.sh.

RUN_PACKAGES="postgresql-15 nats-server jq curl nodejs fontconfig fonts-wqy-zenhei util-linux
procps"
BUILD_PACKAGES="build-essential cmake ninja-build pkg-config protobuf-compiler
protobuf-c-compiler libprotobuf-dev libprotobuf-c-dev libnats-dev libpq-dev libjansson-dev
libsodium-dev libssl-dev libcurl4-openssl-dev libmicrohttpd-dev libjpeg62-turbo-dev
libturbojpeg0-dev libexif-dev libcairo2-dev libpango1.0-dev libqrencode-dev libcmocka-dev
zlib1g-dev libexpat1-dev"
TEST_PACKAGES="npm git libimage-exiftool-perl poppler-utils"
CHECK_PACKAGES="clang clang-tidy clang-format cppcheck shellcheck libvips-tools"

# Of the packages given, those that are not installed (a provided name counts, as npm by nodejs).
packages_missing() {
	local p
	for p in "$@"; do
		case $p in
		npm) command -v npm >/dev/null && continue ;;
		pkg-config) command -v pkg-config >/dev/null && continue ;;
		esac
		dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed ||
			echo "$p"
	done
}

as_root() {
	if is_root; then
		"$@"
	else
		need sudo sudo
		sudo "$@"
	fi
}

# Installs what is missing, with apt's own progress; nothing is asked and no service is started
# that was not there before.
packages_install() {
	local missing
	missing=$(packages_missing "$@" | tr '\n' ' ')
	if [ -z "$missing" ]; then
		say "packages: all are here"
		return 0
	fi
	command -v apt-get >/dev/null ||
		die "this is not Debian; install these by hand: $missing"
	say "packages to install: $missing"
	as_root apt-get update -q
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
		$missing || die "installing packages failed"
}
