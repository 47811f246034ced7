# Running commands, one at a time.

# Signals the whole session: its process group, and what left the group but not the session.
kill_session() { # SIGNAL SESSION
kill "-$1" "-$2" 2>/dev/null
set +f
for k_stat in /proc/[0-9]*/stat; do
k_line=$(cat "$k_stat" 2>/dev/null) || continue
k_line=${k_line##*) }
set -- "$1" "$2" $k_line
[ "$6" = "$2" ] && { k_pid=${k_stat#/proc/}; kill "-$1" "${k_pid%/stat}" 2>/dev/null; }
done
set -f
}
do_run() { # READS LIMIT TIMEOUT UMASK CWD ENVS ENV… ARG…
c_limit=${2:-67108864} c_timeout=$3 c_umask=$4 c_cwd=$5 c_envs=$6
shift 6
rm -f "$T_W/late" "$T_W/fail" "$T_W/o" "$T_W/e" "$T_W/od" "$T_W/ed" "$T_W/of" "$T_W/ef" "$T_W/command"
mkfifo -m 600 "$T_W/of" "$T_W/ef" || { oops 28 "$T_W" 'no pipe'; return; }
: > "$T_W/od"; : > "$T_W/ed"
{ upto "$c_limit" > "$T_W/o"; wc -c > "$T_W/od"; } < "$T_W/of" &
c_or=$!
{ upto "$c_limit" > "$T_W/e"; wc -c > "$T_W/ed"; } < "$T_W/ef" &
c_er=$!
c_start=$(now)
(
exec > "$T_W/of" 2> "$T_W/ef" 3>&-
trap - PIPE HUP TERM INT
[ -n "$c_umask" ] && umask "$(printf %o "$c_umask")"
if [ -n "$c_cwd" ]; then cd -- "$c_cwd" 2>/dev/null || { [ -e "$c_cwd" ] && echo 20 > "$T_W/fail" || echo 2 > "$T_W/fail"; printf %s "$c_cwd" >> "$T_W/fail"; exit 127; }; fi
while [ "$c_envs" -gt 0 ]; do export "$1"; shift; c_envs=$((c_envs - 1)); done
case $1 in
*/*) [ -e "$1" ] || { printf '2\n%s' "$1" > "$T_W/fail"; exit 127; }; { [ -x "$1" ] && [ ! -d "$1" ]; } || { printf '13\n%s' "$1" > "$T_W/fail"; exit 126; } ;;
*) command -v -- "$1" > /dev/null || { printf '2\n%s' "$1" > "$T_W/fail"; exit 127; } ;;
esac
if [ -s "$T_W/body" ]; then exec < "$T_W/body"; else exec < /dev/null; fi
exec setsid "$@"
) &
c_pid=$!
echo $c_pid > "$T_W/command"
c_watch=
if [ -n "$c_timeout" ]; then
( exec > /dev/null 2>&1 3>&- < /dev/null; sleep "$c_timeout" & c_sleep=$!; trap 'kill $c_sleep; exit' TERM; wait $c_sleep; trap '' TERM; : > "$T_W/late"; kill_session TERM $c_pid; sleep 2; kill_session KILL $c_pid ) &
c_watch=$!
fi
wait $c_pid
c_code=$?
c_end=$(now)
if [ -n "$c_watch" ]; then
if [ -e "$T_W/late" ]; then kill_session KILL $c_pid; fi
kill $c_watch 2>/dev/null
wait $c_watch 2>/dev/null
fi
# A daemon may hold the pipes open: take what is there, wait a little, then answer.
c_turn=0
while [ $c_turn -lt 6 ] && { kill -0 $c_or || kill -0 $c_er; } 2>/dev/null; do sleep 0.05 2>/dev/null || sleep 1; c_turn=$((c_turn + 1)); done
kill $c_or $c_er 2>/dev/null
wait $c_or $c_er 2>/dev/null
rm -f "$T_W/of" "$T_W/ef"
if [ -s "$T_W/fail" ]; then
c_n=$(head -n 1 "$T_W/fail")
oops "$c_n" "$(tail -n +2 "$T_W/fail")" 'cannot be started'
return
fi
pieces "$T_W/o" 1
pieces "$T_W/e" 2
c_dropped=$(($(cat "$T_W/od") + $(cat "$T_W/ed") + 0))
c_signal=0
if [ $c_code -gt 128 ] && [ $c_code -le 192 ]; then c_signal=$((c_code - 128)); fi
c_late=0; [ -e "$T_W/late" ] && c_late=1
rm -f "$T_W/o" "$T_W/e"
ok $c_code $c_signal $c_dropped $c_late "$c_start" "$c_end"
}
