# shellcheck shell=sh
# For scripts that draw: sets bars to utf-8, ascii or no. Bars are for people: only on a
# terminal that can show them.
# shellcheck disable=SC2034 # whoever reads this file uses it
bars=no
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${NO_COLOR:-}" ]; then
    case $(locale charmap 2>/dev/null) in # as nl_langinfo(CODESET) says it in the views
    UTF-8) bars=utf-8 ;;
    *) bars=ascii ;;
    esac
fi
