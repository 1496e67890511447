#!/bin/bash
# Installs the Debian packages of a list that are missing; without root, names them and fails.
set -euo pipefail

command -v dpkg-query >/dev/null || {
    echo "This is not Debian: see $1 for what is needed." >&2
    exit 0
}
missing=()
while read -r package; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done < <(sed 's/#.*//' "$1" | awk 'NF { print $1 }')
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
    echo "Packages are missing. As root: apt-get install ${missing[*]}" >&2
    exit 1
fi
echo "Installing ${missing[*]}…"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# The tests start servers of their own: run level 1 keeps the packages from starting theirs.
RUNLEVEL=1 apt-get install -qy --no-install-recommends "${missing[@]}"
