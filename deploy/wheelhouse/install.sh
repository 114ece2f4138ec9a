#!/bin/sh
# Installs the gateway agent of Siaga from this folder, without a network:  sudo sh install.sh
#
#   wheels/ ──► /opt/siaga/versions/VERSION ◄── /opt/siaga/current ──► siaga-edge install: user, unit, udev, folders
#
# May be run again: what is there is left as it is. Raspberry Pi OS and Debian bookworm (Python 3.11) and trixie (3.13).
# --downgrade: put an older version in the place of a newer one. --beside: put it beside the one in use, and use it not;
# `siaga-edge update run` does. What follows goes to `siaga-edge install`. For a trial that changes nothing else of the
# machine: SIAGA_TO=/tmp/siaga sh install.sh --root /tmp/root
set -eu

here=$(cd "$(dirname "$0")" && pwd)
VERSION=$(cat "$here/VERSION")
ARCH=$(cat "$here/ARCH")
TO=${SIAGA_TO:-/opt/siaga}
NEEDED_MB=100
PYTHONS="3.11 3.13"

case "${SIAGA_LANGUAGE:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}" in
    id*) indonesian=yes ;;
    *) indonesian= ;;
esac

# say ENGLISH INDONESIAN
say() {
    if [ -n "$indonesian" ]; then echo "$2"; else echo "$1"; fi
}

refuse() {
    say "$@" >&2
    exit 2
}

# the line of what a python is: "3.11 aarch64 64"; empty where it is none
python_is() {
    "$1" -c 'import platform, struct, sys
print("%d.%d" % sys.version_info[:2], platform.machine(), struct.calcsize("P") * 8)' 2>/dev/null || true
}

find_python() {
    for version in $PYTHONS; do
        for candidate in "python$version" python3; do
            is=$(python_is "$candidate")
            if [ "${is%% *}" = "$version" ]; then
                python=$candidate
                return
            fi
        done
    done
    found=$(python_is python3)
    refuse "Python 3.11 (Raspberry Pi OS bookworm) or 3.13 (trixie) is needed; this machine has ${found%% *}${found:+ }and no other. Take a Raspberry Pi OS of these." \
        "Diperlukan Python 3.11 (Raspberry Pi OS bookworm) atau 3.13 (trixie); mesin ini punya ${found%% *}${found:+ }saja. Pakai Raspberry Pi OS salah satunya."
}

# a 64-bit kernel below a 32-bit system says aarch64, so the bits of the Python count
machine_of() {
    case "${1#* }" in
        "x86_64 64") echo x86_64 ;;
        "aarch64 64") echo aarch64 ;;
        "aarch64 32" | "armv8l 32" | "armv7l 32") echo armv7l ;;
        *) echo "${1#* }" ;;
    esac
}

check_machine() {
    machine=$(machine_of "$(python_is "$python")")
    case "$machine" in
        "$ARCH") ;;
        armv6l*) refuse "This is an ARMv6 board (the first Pi, Pi Zero and Zero W), for which no packages are made. Use a Pi Zero 2 W or newer." \
            "Ini papan ARMv6 (Pi pertama, Pi Zero dan Zero W); untuk itu tidak ada paket. Pakai Pi Zero 2 W atau yang lebih baru." ;;
        aarch64 | armv7l | x86_64) refuse "This archive is for $ARCH; this machine is $machine. Take siaga-edge-$VERSION-$machine.tar.gz." \
            "Arsip ini untuk $ARCH; mesin ini $machine. Pakai siaga-edge-$VERSION-$machine.tar.gz." ;;
        *) refuse "This archive is for $ARCH; this machine is $machine, for which none is made." \
            "Arsip ini untuk $ARCH; mesin ini $machine, dan untuk itu tidak ada arsip." ;;
    esac
}

check_room() {
    free_mb=$(($(df -Pk "$TO" | awk 'NR == 2 { print $4 }') / 1024))
    [ "$free_mb" -ge "$NEEDED_MB" ] || refuse "$TO needs $NEEDED_MB MB, and its disk has $free_mb MB left. Make room, and run this again." \
        "$TO perlu $NEEDED_MB MB, sedangkan disknya tersisa $free_mb MB. Kosongkan ruang, lalu jalankan lagi."
}

check_files() {
    (cd "$here" && sha256sum --quiet --strict -c SHA256SUMS) >/dev/null 2>&1 ||
        refuse "This folder is not as it was made: a file is missing or damaged. Copy and unpack the archive again." \
            "Isi folder ini tidak seperti saat dibuat: ada berkas yang hilang atau rusak. Salin dan buka arsipnya sekali lagi."
}

# the version that is in use; empty where there is none
version_in_use() {
    if [ -L "$TO/current" ]; then basename "$(readlink "$TO/current")"; fi
}

check_downgrade() {
    newest=$(printf '%s\n%s\n' "$VERSION" "$before" | sort -V | tail -n 1)
    if [ "$newest" != "$VERSION" ] && [ -z "$downgrade" ]; then
        refuse "Version $before is in use, which is newer than $VERSION. To go back all the same: sh install.sh --downgrade" \
            "Versi $before sedang dipakai, lebih baru daripada $VERSION. Untuk tetap kembali: sh install.sh --downgrade"
    fi
}

# a folder without .complete is what a power cut left
make_environment() {
    into=$TO/versions/$VERSION
    if [ -e "$into/.complete" ]; then
        say "Version $VERSION is there already." "Versi $VERSION sudah ada."
        return
    fi
    say "Installing version $VERSION into $into …" "Memasang versi $VERSION ke $into …"
    rm -rf "$into"
    "$python" -m venv --without-pip "$into"
    "$python" -m zipfile -e "$here"/wheels/pip-*.whl "$into/pip"
    PYTHONPATH=$into/pip "$into/bin/python" -m pip install --quiet --isolated --no-index --no-cache-dir \
        --disable-pip-version-check --find-links "$here/wheels" "siaga[edge]==$VERSION"
    rm -rf "$into/pip"
    mkdir -p "$into/share/doc"
    cp -R "$here/docs" "$into/share/doc/siaga"
    cp -R "$here/examples" "$into/share/doc/siaga/examples"
    "$into/bin/siaga-edge" --version >/dev/null
    sync
    touch "$into/.complete"
    sync
}

# one rename: a power cut leaves the old link or the new one; the updater is that of the version that somebody put here
use_it() {
    for link in updater current; do
        ln -sfn "versions/$VERSION" "$TO/$link.new"
        mv -T "$TO/$link.new" "$TO/$link"
    done
    sync
}

# the one that was in use stays, to go back to
forget_older() {
    [ "$before" != "$VERSION" ] || return 0
    for kept in "$TO"/versions/*; do
        case "$(basename "$kept")" in
            "$VERSION" | "$before") ;;
            *) rm -rf "$kept" ;;
        esac
    done
}

downgrade=
beside=
case "${1:-}" in
    --downgrade)
        downgrade=yes
        shift
        ;;
    --beside) beside=yes ;;
esac
[ "$(id -u)" -eq 0 ] || [ -n "${SIAGA_TO:-}" ] || refuse "This needs root: sudo sh install.sh" "Ini perlu root: sudo sh install.sh"
find_python
check_machine
check_files
umask 022
mkdir -p "$TO/versions"
check_room
before=$(version_in_use)
check_downgrade
make_environment
[ -z "$beside" ] || exit 0
use_it
forget_older
exec "$TO/current/bin/siaga-edge" install "$@"
