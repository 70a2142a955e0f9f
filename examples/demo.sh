# Decides an allowed and a refused update on each platform, and shows the command lines.
# Run it with `make demo`, or with orderrules[cli] installed: sh examples/demo.sh
cd "$(dirname "$0")/.." || exit 2

# show WANTED ARGUMENT...: run orderrules and see that it leaves with the wanted exit status.
show() {
    wanted=$1
    shift
    printf '\n$ orderrules %s\n' "$*"
    orderrules "$@"
    status=$?
    echo "(exit status $status)"
    if [ "$status" -ne "$wanted" ]; then
        echo "expected exit status $wanted" >&2
        exit 2
    fi
}

command -v orderrules >/dev/null || { echo "orderrules is not installed: pip install 'orderrules[cli]'" >&2; exit 2; }
case $(command -v orderrules) in
"$PWD"/*) printf 'To type these yourself, first:  . .venv/bin/activate\n' ;;
esac

show 0 check --platform salla examples/salla/order-under-review.json examples/salla/update-receiver.json
show 1 check --platform salla examples/salla/order-completed.json examples/salla/update-everything.json
show 0 check --platform salla examples/salla/order-draft.json examples/salla/update-everything.json
show 0 check --platform awal examples/awal/order-accepted.json examples/awal/update-ship.json
show 1 check --platform awal examples/awal/order-pending.json examples/awal/update-ship.json
