#!/bin/sh
# What this machine has, and lacks, for the class: a line for each need, and below it what to
# do about it. Exits 1 only where the toolkit itself cannot be built; CC is the compiler.
# It must run where nothing else does: so it is plain sh, and asks the programs themselves.
set -u
unset CDPATH # else cd may go elsewhere
# SETUP_ROOT is for tests: a tree to look at in place of this one.
cd "${SETUP_ROOT:-$(dirname "$0")/..}" || exit 1

compiler=${CC:-cc}
make=${MAKE:-make}
proc=${SETUP_PROC:-/proc}
must=0 # so many are lacking that must be there

ok() { # WHAT FOUND
    printf '  ok    %-20s %s\n' "$1" "$2"
}

# lacks WHAT WHY REMEDY: the class can go on without it.
lacks() {
    printf '  lacks %-20s %s\n        -> %s\n' "$1" "$2" "$3"
}

# must WHAT WHY REMEDY: nothing can be built or tried without it.
must() {
    printf '  MUST  %-20s %s\n        -> %s\n' "$1" "$2" "$3"
    must=$((must + 1))
}

system=$(uname -s 2>/dev/null)
install() { # PACKAGE OF-HOMEBREW: how one installs it here
    case $system in
    Darwin) echo "brew install $2" ;;
    *BSD) echo "pkg install $2" ;;
    *) echo "sudo apt-get install -y $1 (or what your system has in its place)" ;;
    esac
}

# first_number PROGRAM ARGUMENT: the version that it says.
first_number() {
    "$1" "$2" 2>/dev/null | sed -n 's/^[^0-9]*\([0-9][0-9]*\)\.\([0-9][0-9]*\).*/\1 \2/p' | head -n 1
}

# is_at_least MAJOR MINOR, of "major minor"
is_at_least() {
    [ "$3" -gt "$1" ] || { [ "$3" -eq "$1" ] && [ "$4" -ge "$2" ]; }
}

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# ---- what must be there ----

check_compiler() {
    printf '#include <pthread.h>\n#include <stdio.h>\nint main(void) { return printf("%%s", "") != 0; }\n' >"$scratch/a.c"
    if ! command -v "${compiler%% *}" >/dev/null 2>&1; then
        case $system in
        Darwin) must 'a C compiler' "there is no $compiler" 'xcode-select --install' ;;
        *) must 'a C compiler' "there is no $compiler" "$(install build-essential gcc)" ;;
        esac
    elif ! $compiler -std=c11 -pthread -o "$scratch/a" "$scratch/a.c" 2>"$scratch/log" || ! "$scratch/a"; then
        must 'a C compiler' "$compiler cannot build a program of three lines: $(head -n 1 "$scratch/log" | cut -c 1-40)" \
            "$(install build-essential gcc)"
    else
        ok 'a C compiler' "$compiler builds C11"
    fi
}

check_make() {
    # two words, or none
    # shellcheck disable=SC2046
    set -- $(first_number "$make" --version)
    if [ $# -lt 2 ]; then
        must 'GNU make 3.81' "$make is not there, or is another one" "$(install make gmake)"
    elif is_at_least 3 81 "$@"; then
        ok 'GNU make 3.81' "make $1.$2"
    else
        must 'GNU make 3.81' "make is $1.$2" "$(install make gmake)"
    fi
}

check_ends_of_lines() {
    with_cr=$(for file in Makefile tests/*.sh common/view/*.sh classroom/*.sh; do
        [ ! -f "$file" ] || ! LC_ALL=C tr -cd '\r' <"$file" | grep . >/dev/null || echo "$file"
    done | head -n 1)
    if [ -n "$with_cr" ]; then
        must 'ends of lines' "$with_cr has those of Windows (CRLF)" \
            'git config core.autocrlf input, then clone again'
    else
        ok 'ends of lines' 'LF'
    fi
}

check_wsl() {
    version=$(cat "$proc/version" 2>/dev/null)
    case $version in
    *WSL2* | *microsoft-standard*)
        ok 'WSL2' 'yes' ;;
    *Microsoft*)
        lacks 'WSL2' 'this is WSL1, whose system calls are not those of Linux' \
            'in PowerShell: wsl --set-version DISTRIBUTION 2 (wsl -l -v lists them)' ;;
    *) return ;;
    esac
    case $(pwd -P) in
    "${SETUP_DRIVES:-/mnt}"/[a-z]/* | "${SETUP_DRIVES:-/mnt}"/[a-z])
        lacks 'a drive of Linux' 'this folder is on a drive of Windows: slow, and without modes' \
            'clone into your home folder: cd ~ && git clone ...' ;;
    *) ok 'a drive of Linux' 'yes' ;;
    esac
}

# ---- what some lessons and tests need ----

check_bats() {
    # shellcheck disable=SC2046
    set -- $(first_number bats --version)
    if [ $# -ge 2 ] && is_at_least 1 7 "$@"; then
        ok 'bats 1.7' "bats $1.$2"
    elif command -v npm >/dev/null 2>&1; then
        ok 'bats 1.7' 'npm will fetch it'
    else
        [ $# -lt 2 ] || found="bats is $1.$2"
        lacks 'bats 1.7' "${found:-there is none}, and no npm: no make test" \
            "$(install bats bats-core)"
    fi
}

check_strace() {
    [ "$system" = Linux ] || {
        lacks 'strace' "it is of Linux, and this is $system" 'classroom/SETUP.md says what stands for it'
        return
    }
    if ! command -v strace >/dev/null 2>&1; then
        lacks 'strace' 'there is none' "$(install strace strace)"
    elif ! strace -o "$scratch/trace" true >/dev/null 2>&1; then
        lacks 'strace' 'it is here, but not allowed to look at a program' \
            'docker run --cap-add=SYS_PTRACE'
    else
        ok 'strace' 'it can look at a program'
    fi
}

check_descriptors() {
    # shellcheck disable=SC3045 # every sh that we know has it
    most=$(ulimit -H -n 2>/dev/null || echo unlimited)
    if [ "$most" = unlimited ] || [ "$most" -ge 20000 ]; then
        ok 'descriptors' "$most at most: enough for 9,000 clients in one process"
    elif [ "$most" -ge 2100 ]; then
        ok 'descriptors' "$most at most: enough for $(((most - 100) / 2)) clients in one process"
    else
        lacks 'descriptors' "$most at most: no run with 1,000 clients" \
            'docker run --ulimit nofile=20000; else /etc/security/limits.conf'
    fi
}

check_ipv6() {
    # Nobody listens on port 1: where there is IPv6, that is said.
    if command -v bash >/dev/null 2>&1 &&
        LC_ALL=C bash -c 'exec 9<>/dev/tcp/::1/1' 2>&1 | grep -i refused >/dev/null; then
        ok 'IPv6' '::1 answers'
    else
        lacks 'IPv6' 'nothing is to be reached at ::1: -H ::1 will fail, the rest will not' \
            'docker run --sysctl net.ipv6.conf.all.disable_ipv6=0; else go on without'
    fi
}

check_tools() { # NAME PROGRAM PACKAGE OF-HOMEBREW
    if command -v "$2" >/dev/null 2>&1; then
        ok "$1" 'it is here'
    else
        lacks "$1" 'there is none' "$(install "$3" "$4")"
    fi
}

check_nc() {
    if nc -h 2>&1 | grep -i '[[:space:]]-N[[:space:]].*shutdown' >/dev/null; then
        ok 'nc -N' 'nc can half-close'
    elif [ "$system" = Darwin ]; then
        ok 'nc -N' 'nc of a Mac half-closes at Ctrl-D by itself: leave -N out'
    else
        lacks 'nc -N' 'there is no nc that can half-close' "$(install netcat-openbsd netcat)"
    fi
}

# A wait that is also known to kqueue.
check_stage5() {
    case $system in
    Linux | Darwin | FreeBSD | NetBSD | OpenBSD) ;;
    *) lacks 'stage 5' "there is no epoll and no kqueue on $system" 'stages 1 to 4 are built without it' ;;
    esac
}

echo "What the class needs, on $system:"
check_compiler
check_make
check_ends_of_lines
check_wsl
check_stage5
check_bats
check_strace
check_nc
check_tools 'gdb' gdb gdb gdb
check_tools 'ps' ps procps procps
check_descriptors
check_ipv6

if [ "$must" -gt 0 ]; then
    echo "$must of these must be there before anything can be built. See classroom/SETUP.md."
    exit 1
fi
echo 'The toolkit can be built. What is lacking, is for some lessons: see classroom/SETUP.md.'
