# Acknowledgements, the answers of an older agent, and the loop over requests.

do_ack() { while [ $T_ACK -lt "$1" ]; do T_ACK=$((T_ACK + 1)); rm -f "$T_W/k.$T_ACK"; done; }

# Hands over what an older agent of ours left in its folder.
do_resume() { # NAME TOKEN GOT
T_RELAY=
for place in "/run/user/$T_ME" /dev/shm /tmp /var/tmp "$HOME"; do
[ -O "$place/$1/token" ] && [ "$(cat "$place/$1/token")" = "$2" ] && T_RELAY=$place/$1
done
if [ -z "$T_RELAY" ]; then oops 2 "$1" 'No such agent'; return; fi
r_pid=$(cat "$T_RELAY/pid")
while [ -e "$T_RELAY/busy" ] && kill -0 "$r_pid" 2>/dev/null; do sleep 0.2 2>/dev/null || sleep 1; done
printf '0 resumed 0 %s\n' "$(cat "$T_RELAY/last" 2>/dev/null || echo 0)" > "$T_W/piece"
frame "$T_ID" data "$T_W/piece"
r_n=$(($3 + 1))
while [ -e "$T_RELAY/k.$r_n" ]; do frame "$T_ID" data "$T_RELAY/k.$r_n"; r_n=$((r_n + 1)); done
ok
}
do_feed() {
if [ -n "$T_RELAY" ] && grep -q '^0 bye ' "$T_W/body"; then
kill "$(cat "$T_RELAY/pid")" 2>/dev/null
rm -rf "$T_RELAY"
T_RELAY=
fi
}
leave() { rm -rf "$T_W"; exit 0; }

exec 3>&1
enc "$(id -un 2>/dev/null || echo "$T_ME")"
printf '%s sh %s %s %s\n' "$T_MARK" "$T_ME" "$T_E" $$ >&3
: > "$T_W/body"
while IFS=' ' read -r T_ID T_VERB T_SIZE T_ARGS; do
if [ "$T_SIZE" -gt 0 ]; then take "$T_SIZE" > "$T_W/body"; [ "$(size_of "$T_W/body")" = "$T_SIZE" ] || break; else : > "$T_W/body"; fi
unset IFS
n=0
set -- $T_ARGS
for a in "$@"; do dec "$a"; shift; set -- "$@" "$T_D"; done
T_FAILED= T_KEEP=
case $T_VERB in
stat | read | walk | glob | realpath | getent | ack | resume | feed) ;;
bye) leave ;;
run) [ "$1" = 1 ] || T_KEEP=1 ;;
*) T_KEEP=1 ;;
esac
if [ -n "$T_KEEP" ]; then : > "$T_W/busy"; fi
if [ "$T_ID" -gt "$T_LAST" ]; then T_LAST=$T_ID; [ -n "$T_KEEP" ] && echo "$T_LAST" > "$T_W/last"; fi
case $T_VERB in
stat | read | walk | glob | realpath | getent | write | begin | put | seal | commit | discard | copy | rename | remove | mkdir | link | set | temporary | run | ack | resume | feed) "do_$T_VERB" "$@" < /dev/null ;;
*) oops 38 "$T_VERB" 'Function not implemented' ;;
esac
[ -n "$T_KEEP" ] && rm -f "$T_W/busy"
done
# The connection is gone without a goodbye: keep what was not acknowledged for the next agent, for a bounded time.
if [ -e "$T_W/k.$((T_ACK + 1))" ]; then
exec < /dev/null > /dev/null 2>&1 3>&-
sleep "$T_LINGER"
fi
leave
