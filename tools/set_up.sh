#!/bin/sh
# Makes .venv ready, and returns within a moment when it already is. `sh tools/set_up.sh --key` prints what
# the stamp .venv/.ready must hold: it covers all that .venv was made from.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root"

key() {
    {
        cat pyproject.toml constraints.txt tools/set_up.py
        pwd -P
        .venv/bin/python -I -S -c 'import sys; print(sys.version)' 2>/dev/null
    } | cksum
}

if [ "${1:-}" = --key ]; then
    key
    exit 0
fi

# The sample workspace is tracked; the runs that a person adds to it are nobody else's change.
# One that was just remade (`make samples`) is left alone until it is committed.
case $(git ls-files -v -- experiments.db 2>/dev/null || true) in
    H*) if git diff --quiet HEAD -- experiments.db 2>/dev/null; then
            git update-index --skip-worktree experiments.db || true
        fi ;;
esac

if [ -f .venv/.ready ] && [ -f .venv/.libraries ] && [ "$(cat .venv/.ready)" = "$(key)" ]; then
    exit 0
fi

suits() {
    command -v "$1" >/dev/null 2>&1 && "$1" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

for python in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
    if suits "$python"; then
        exec "$python" -I tools/set_up.py
    fi
done

found=$(python3 --version 2>/dev/null || echo "no python3")
echo "Workbench needs Python 3.11 or newer, and here is $found. Install one, then call make again:" >&2
if [ "$(uname -s)" = Darwin ]; then
    echo "    brew install python@3.13" >&2
elif command -v apt-get >/dev/null 2>&1; then
    echo "    sudo apt-get install python3.11 python3.11-venv" >&2
else
    echo "    your package manager's python3.11, or https://www.python.org/downloads" >&2
fi
echo "A Python in an unusual place is used with: make run PYTHON=/path/to/python3" >&2
exit 1
