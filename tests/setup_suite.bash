# Builds what is tested, for those who run `bats tests` by hand.
setup_suite() {
    unset CDPATH # else cd may go elsewhere
    cd "$(dirname "${BASH_SOURCE[0]}")/.." || return 1
    [ -n "${BIN:-}" ] || make -s all futures units
}
