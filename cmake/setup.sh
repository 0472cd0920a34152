#!/usr/bin/env bash
# Installs what Kortvakt needs from Debian 12's own packages, as root or with sudo.
#
#   cmake/setup.sh build        compilers and libraries: enough to build
#   cmake/setup.sh demo         build + the real PC/SC service with virtual readers
#   cmake/setup.sh check        demo + what only the tests use
#
# Nothing is left running: while packages install, a policy-rc.d that says "do
# not start services" is in place (man 8 invoke-rc.d), and it is removed again.
# Does nothing, and asks for no rights, when all packages are there already.
set -euo pipefail

build=(g++ cmake ninja-build pkg-config ccache git ca-certificates
  libgrpc++-dev protobuf-compiler-grpc protobuf-compiler libprotobuf-dev
  libabsl-dev libpcsclite-dev libp11-kit-dev libssl-dev libcurl4-openssl-dev prometheus-cpp-dev libsqlite3-dev
  zlib1g-dev libtomlplusplus-dev libcli11-dev libspdlog-dev libcpp-httplib-dev
  libgtest-dev libgmock-dev)
demo=(pcscd vsmartcard-vpcd openssl procps util-linux iproute2 curl)
check=(clang libclang-rt-14-dev opensc gnupg scdaemon prometheus prometheus-alertmanager sqlite3 python3
  libnss3-tools p11-kit p11-kit-modules systemd nginx chromium)

case "${1:-}" in
  build) wanted=("${build[@]}") ;;
  demo) wanted=("${build[@]}" "${demo[@]}") ;;
  check) wanted=("${build[@]}" "${demo[@]}" "${check[@]}") ;;
  *) echo "usage: $0 build|demo|check" >&2; exit 2 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ]; then
  as_root() { "$@"; }
elif command -v sudo >/dev/null 2>&1; then
  as_root() { sudo "$@"; }
else
  echo "error: these packages are missing and this user is neither root nor has sudo: ${missing[*]}" >&2
  exit 1
fi

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
made_policy=no
cleanup() {
  [ "$made_policy" = yes ] && as_root rm -f "$policy"
  rm -f "$log"
}
trap cleanup EXIT
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  made_policy=yes
fi

echo "installing ${#missing[@]} Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
for attempt in 1 2 3; do
  if as_root apt-get update >"$log" 2>&1 &&
     as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    exit 0
  fi
  echo "attempt $attempt of 3 failed" >&2
done
tail -n 20 "$log" >&2
echo "error: apt-get could not install the packages; see the lines above" >&2
exit 1
