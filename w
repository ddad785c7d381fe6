#!/bin/sh
# Runs a typed command: ./w "open chrome". Sets itself up on first use.
here=${0%/*}
[ "$here" = "$0" ] && here=.
if [ -L "$0" ]; then
    target=$(readlink -f -- "$0") && here=${target%/*}
fi
case $here in /*) ;; *) here=$PWD/$here ;; esac
ready=$here/.venv/.ready-text
if [ ! -f "$ready" ] || [ "$here/requirements/text.txt" -nt "$ready" ]; then
    "$here/bin/setup" text </dev/null || exit $?
fi
exec "$here/.venv/bin/python" -S -E "$here/whispera/hot.py" "$@"
