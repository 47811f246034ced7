# The agent for hosts without Perl: the protocol of docs/agent.md in POSIX sh (dash, busybox ash).
# Serves one request after another, starts a process or more for each, and needs one writable folder for what is on its way.
# The controller puts `TOKEN=… NAME=… MARK=… LINGER=…` before this text.
set -f
umask 022
unset IFS CDPATH
tab=$(printf '\t')
nl='
'
SEQ=0 ACK=0 LAST=0 KEEP= COUNT=0 OUT=1
ME=$(id -u)
for place in "/run/user/$ME" /dev/shm /tmp /var/tmp "$HOME"; do
[ -d "$place" ] && (umask 077; mkdir "$place/$NAME") 2>/dev/null && W=$place/$NAME && break
done
if [ -z "$W" ]; then
echo "no writable folder: tried /run/user/$ME /dev/shm /tmp /var/tmp $HOME" >&2
exit 1
fi
trap '' PIPE HUP
trap 'rm -rf "$W"; exit 0' TERM INT
(umask 077; echo "$TOKEN" > "$W/token"; echo $$ > "$W/pid"; : > "$W/none")
BOOT=$(cut -c1-8 /proc/sys/kernel/random/boot_id 2>/dev/null || echo 0)
if [ "$(printf abcd | dd bs=3 count=1 iflag=fullblock 2>/dev/null)" = abc ]; then
take() { dd bs="$1" count=1 iflag=fullblock 2>/dev/null; }
else
take() { dd bs=1 count="$1" 2>/dev/null; }
fi
# At most so many bytes of the input, each written as soon as it comes.
if [ "$(printf abcd | dd bs=3 count=2 iflag=count_bytes 2>/dev/null)" = ab ]; then
upto() { dd bs=65536 count="$1" iflag=count_bytes 2>/dev/null; }
else
upto() { head -c "$1"; }
fi
size_of() { s=$(wc -c < "$1") && echo $((s)); }
random() { dd if=/dev/urandom bs=8 count=1 2>/dev/null | od -An -v -tx1 | tr -d ' \n'; }
now() { t=$(date +%s.%N); case $t in *[!0-9.]*) t=$(date +%s).0 ;; esac; echo "$t"; }

# Encodes into E, decodes into D; without a process where nothing needs it.
enc() {
case $1 in
'') E='\c' ;;
*[!A-Za-z0-9_./:=,@%+~-]*) E=$(printf '%s' "$1" | od -An -v -to1 | tr -d '\n' | sed 's/ /\\0/g') ;;
*) E=$1 ;;
esac
}
dec() {
case $1 in
'\c') D= ;;
*\\*) D=$(printf '%b.' "$1"); D=${D%.} ;;
*) D=$1 ;;
esac
}

# frame ID STATUS FILE FIELD…: the file's content is the body.
frame() {
f_head="$1 $2 $(size_of "$3")"; f_body=$3
shift 3
for f_field in "$@"; do enc "$f_field"; f_head="$f_head $E"; done
if [ -n "$KEEP" ]; then
SEQ=$((SEQ + 1))
{ printf '%s\n' "$f_head"; cat "$f_body"; } > "$W/k.new" && mv "$W/k.new" "$W/k.$SEQ"
cat "$W/k.$SEQ" >&3 2>/dev/null
else
{ printf '%s\n' "$f_head"; cat "$f_body"; } >&3 2>/dev/null
fi
}
ok() { frame "$ID" ok "$W/none" "$@"; }
pieces() { # FILE FIELD…
p_file=$1 p_n=0 p_size=$(size_of "$1")
shift
while [ $((p_n * 65536)) -lt "$p_size" ]; do
dd if="$p_file" of="$W/piece" bs=65536 skip=$p_n count=1 2>/dev/null
frame "$ID" data "$W/piece" "$@"
p_n=$((p_n + 1))
done
}

# oops NUMBER PATH TEXT ends the verb; `try PATH COMMAND…` does so with what the command said.
oops() { frame "$ID" err "$W/none" "$1" "$2" "$3"; FAILED=1; return 1; }
try() {
t_path=$1
shift
LC_ALL=C "$@" 2> "$W/error" && return 0
said "$t_path"
}
said() {
t_text=$(tail -n 1 "$W/error")
case $t_text in
*'No such file'* | *'nonexistent'*) t_n=2 ;;
*'Permission denied'*) t_n=13 ;;
*'not permitted'*) t_n=1 ;;
*'Read-only'*) t_n=30 ;;
*'No space'*) t_n=28 ;;
*'Not a directory'*) t_n=20 ;;
*'s a directory'*) t_n=21 ;;
*'File exists'*) t_n=17 ;;
*'not empty'*) t_n=39 ;;
*'uota'*) t_n=122 ;;
*'busy'*) t_n=16 ;;
*'Too many levels'*) t_n=40 ;;
*'name too long'*) t_n=36 ;;
*) t_n=0 ;;
esac
oops $t_n "$1" "${t_text#*: }"
}

# Sets F to the encoded fields of PATH; status 1 if there is no such path.
facts() { # PATH FOLLOW
if [ "$2" = 1 ]; then s_l=-L; else s_l=; fi
if ! F=$(LC_ALL=C stat $s_l -c '%f %u %g %s %Y %X %Z %i %d %h %U %G' -- "$1" 2> "$W/error"); then
if [ -z "$s_l" ] && [ -e "$1" ]; then said "$1"; return 1; fi
grep -q 'Permission denied\|Too many' "$W/error" && said "$1"
return 1
fi
set -- "$1" $F
s_path=$1 s_mode=$((0x$2))
shift 2
case $((s_mode >> 12)) in
1) s_t=fifo ;; 2) s_t=character ;; 4) s_t=directory ;; 6) s_t=block ;; 8) s_t=file ;; 10) s_t=link ;; *) s_t=socket ;;
esac
s_may=-; [ -r "$s_path" ] && s_may=r
if [ -w "$s_path" ]; then s_may=${s_may}w; else s_may=$s_may-; fi
if [ -x "$s_path" ]; then s_may=${s_may}x; else s_may=$s_may-; fi
s_o=${10} s_g=${11}
[ "$s_o" = UNKNOWN ] && s_o='\c'
[ "$s_g" = UNKNOWN ] && s_g='\c'
E='\c'
if [ $s_t = link ]; then s_to=$(readlink -n -- "$s_path" 2>/dev/null; echo .); enc "${s_to%.}"; fi
F="$s_t $((s_mode & 4095)) $1 $2 $3 $4 $5 $6 $7 $8 $9 $s_may $s_o $s_g $E"
}
checksum() { s=$("$2sum" < "$1" 2>/dev/null) || s=; echo "${s%% *}"; }
answer_encoded() { printf '%s ok 0 %s\n' "$ID" "$1" >&3 2>/dev/null; }

do_stat() {
if ! facts "$1" "$2"; then [ -z "$FAILED" ] && answer_encoded ''; return; fi
[ -n "$3" ] && [ $s_t = file ] && F="$F $(checksum "$1" "$3")"
answer_encoded "$F"
}
do_read() {
r_size=$(LC_ALL=C stat -L -c %s -- "$1" 2> "$W/error") || { said "$1"; return; }
if [ -d "$1" ]; then oops 21 "$1" 'Is a directory'; return; fi
if [ ! -r "$1" ]; then oops 13 "$1" 'Permission denied'; return; fi
if [ -n "$2" ] && [ "$r_size" -gt "$2" ]; then oops 27 "$1" 'File too large'; return; fi
if [ ! -f "$1" ] || [ "$r_size" = 0 ]; then
# /proc and the like do not tell their size.
head -c "$((${2:-67108864} + 1))" -- "$1" > "$W/copy" 2> "$W/error" || { said "$1"; return; }
if [ -n "$2" ] && [ "$(size_of "$W/copy")" -gt "$2" ]; then oops 27 "$1" 'File too large'; return; fi
pieces "$W/copy"
rm -f "$W/copy"
else
pieces "$1"
fi
ok
}
walk_below() { # PREFIX LEVEL
set +f
for w_path in "$W_ROOT/$1"* "$W_ROOT/$1".[!.]* "$W_ROOT/$1"..?*; do
set -f
{ [ -e "$w_path" ] || [ -L "$w_path" ]; } || continue
FAILED=
facts "$w_path" "$W_FOLLOW" || facts "$w_path" 0 || continue
COUNT=$((COUNT + 1))
if [ "$COUNT" -gt "$W_LIMIT" ]; then return 1; fi
w_name=${w_path#"$W_ROOT/"}
enc "$w_name"
w_row="$E $F"
[ -n "$W_SUM" ] && [ $s_t = file ] && w_row="$w_row $(checksum "$w_path" "$W_SUM")"
printf '%s\n' "$w_row" >> "$W/rows"
if [ $s_t = directory ] && { [ -z "$W_DEPTH" ] || [ "$2" -lt "$W_DEPTH" ]; } && [ "$2" -lt 64 ]; then
walk_below "$w_name/" $(($2 + 1)) || return 1
fi
done
set -f
}
do_walk() {
W_ROOT=$1 W_DEPTH=$2 W_FOLLOW=$3 W_SUM=$4 W_LIMIT=$5 COUNT=0
if [ ! -e "$1" ]; then oops 2 "$1" 'No such file or directory'; return; fi
if [ ! -d "$1" ]; then oops 20 "$1" 'Not a directory'; return; fi
if [ ! -r "$1" ]; then oops 13 "$1" 'Permission denied'; return; fi
: > "$W/rows"
if ! walk_below '' 1; then set -f; oops 7 "$1" "more than $5 entries"; return; fi
pieces "$W/rows"
ok
}
do_glob() {
: > "$W/rows"
IFS=
set +f
for g_path in $1; do
if [ -e "$g_path" ] || [ -L "$g_path" ]; then printf '%s\0' "$g_path" >> "$W/rows"; fi
done
set -f
unset IFS
pieces "$W/rows"
ok
}
do_realpath() {
if [ -e "$1" ]; then D=$(readlink -f -- "$1"; echo .); D=${D%.}; ok "${D%"$nl"}"; else ok; fi
}
do_getent() {
if command -v getent > /dev/null; then
getent "$1" ${2:+"$2"} > "$W/rows" 2> "$W/error"
case $? in 0 | 2) ;; *) oops 22 "$1" "$(tail -n 1 "$W/error")"; return ;; esac
elif [ ! -r "/etc/$1" ]; then : > "$W/rows"
elif [ -z "$2" ]; then cat "/etc/$1" > "$W/rows"
else awk -F: -v k="$2" '$1 == k || $3 == k { print; exit }' "/etc/$1" > "$W/rows"
fi
pieces "$W/rows"
ok
}

id_of() { # DATABASE NAME: sets D to the id
case $2 in *[!0-9]*) ;; *) D=$2; return ;; esac
if command -v getent > /dev/null; then D=$(getent "$1" "$2" | cut -d: -f3)
else D=$(awk -F: -v k="$2" '$1 == k { print $3; exit }' "/etc/$1"); fi
if [ -z "$D" ]; then
if [ "$1" = passwd ]; then oops 0 "$2" "there is no user '$2'"; else oops 0 "$2" "there is no group '$2'"; fi
return 1
fi
}
own() { # PATH OWNER GROUP MODE SHOWN-PATH
if [ -n "$2" ]; then id_of passwd "$2" || return 1; try "$5" chown -h "$D" "$1" || return 1; fi
if [ -n "$3" ]; then id_of group "$3" || return 1; try "$5" chgrp -h "$D" "$1" || return 1; fi
if [ -n "$4" ] && [ ! -L "$1" ]; then try "$5" chmod "$(printf %o "$4")" "$1" || return 1; fi
}
folder_of() { case $1 in /*/*) D=${1%/*} ;; /*) D=/ ;; *) D=. ;; esac; }
beside() { folder_of "$1"; D=${D%/}/.tsplay-$BOOT-$$-$(random); }
sync_path() { fsync "$1" 2>/dev/null || sync "$1" 2>/dev/null || sync; }
begin() { # PATH OWNER GROUP MODE IN-PLACE: sets TEMP
if [ -n "$5" ]; then
TEMP=$1
( : > "$1" ) 2> "$W/error" || { said "$1"; return 1; }
else
if [ -d "$1" ] && [ ! -L "$1" ]; then oops 21 "$1" 'Is a directory'; return 1; fi
beside "$1"
TEMP=$D
( umask 077; set -C; : > "$TEMP" ) 2> "$W/error" || { said "$1"; return 1; }
if [ -f "$1" ] && [ ! -L "$1" ]; then
chown "$(stat -c %u:%g -- "$1")" "$TEMP" 2>/dev/null
chmod "$(stat -c %a -- "$1")" "$TEMP" 2>/dev/null
elif [ -z "$4" ]; then chmod "$(printf %o $((0666 & ~$(umask))))" "$TEMP"
fi
fi
own "$TEMP" "$2" "$3" "$4" "$1" && return 0
[ -n "$5" ] || rm -f "$TEMP"
return 1
}
append() { # TEMP PATH
cat "$W/body" 2> "$W/error" >> "$1" && return 0
[ "$1" = "$2" ] || rm -f "$1"
said "$2"
}
commit() { # TEMP PATH
[ "$1" = "$2" ] && return 0
sync_path "$1"
try "$2" mv -fT "$1" "$2" || { rm -f "$1"; return 1; }
folder_of "$2"
sync_path "$D"
}
whole() { # TEMP PATH SUM
[ -z "$3" ] && return 0
s=$(checksum "$1" sha1)
[ "$s" = "$3" ] || [ -z "$s" ] && return 0
[ "$1" = "$2" ] || rm -f "$1"
oops 5 "$2" 'the content did not arrive as it was sent'
}
do_write() { begin "$1" "$2" "$3" "$4" "$5" && append "$TEMP" "$1" && whole "$TEMP" "$1" "$6" && commit "$TEMP" "$1" && ok; }
do_begin() {
begin "$2" "$3" "$4" "$5" "$6" || return
printf %s "$2" > "$W/h.$1.path"
printf %s "$TEMP" > "$W/h.$1.temp"
ok "$TEMP"
}
handle() { # HANDLE: sets H_PATH and TEMP
if [ ! -e "$W/h.$1.temp" ]; then oops 9 "$1" 'Bad file descriptor'; return 1; fi
H_PATH=$(cat "$W/h.$1.path"; echo .) TEMP=$(cat "$W/h.$1.temp"; echo .)
H_PATH=${H_PATH%.} TEMP=${TEMP%.}
}
forget() { rm -f "$W/h.$1.temp" "$W/h.$1.path"; }
do_put() { handle "$1" || return; append "$TEMP" "$H_PATH" && ok || forget "$1"; }
do_seal() {
handle "$1" || return
b_size=$(size_of "$TEMP")
if [ "$b_size" != "$2" ]; then
forget "$1"
[ "$TEMP" = "$H_PATH" ] || rm -f "$TEMP"
oops 5 "$H_PATH" "only $b_size of $2 bytes were written"
return
fi
whole "$TEMP" "$H_PATH" "$3" || { forget "$1"; return; }
if [ -n "$4" ]; then forget "$1"; commit "$TEMP" "$H_PATH" || return; fi
ok "$TEMP"
}
do_commit() { handle "$1" || return; forget "$1"; commit "$TEMP" "$H_PATH" && ok; }
do_discard() {
if [ -e "$W/h.$1.temp" ]; then handle "$1"; forget "$1"; [ "$TEMP" = "$H_PATH" ] || rm -f "$TEMP"; fi
ok
}
do_copy() {
if [ -d "$1" ]; then oops 21 "$1" 'Is a directory'; return; fi
if [ ! -e "$1" ]; then oops 2 "$1" 'No such file or directory'; return; fi
begin "$2" "$3" "$4" "$5" "$6" || return
if ! cat -- "$1" 2> "$W/error" > "$TEMP"; then [ "$TEMP" = "$2" ] || rm -f "$TEMP"; said "$1"; return; fi
commit "$TEMP" "$2" && ok
}
do_rename() { try "$1" mv -fT "$1" "$2" && ok; }
do_remove() {
if [ ! -e "$1" ] && [ ! -L "$1" ]; then ok; return; fi
if [ -d "$1" ] && [ ! -L "$1" ] && [ -z "$2" ]; then oops 21 "$1" 'Is a directory'; return; fi
try "$1" rm -rf "$1" || return
if [ -e "$1" ] || [ -L "$1" ]; then oops 1 "$1" 'Operation not permitted'; else ok; fi
}
do_mkdir() {
if [ ! -d "$1" ]; then try "$1" mkdir "$1" || return; fi
own "$1" "$2" "$3" "$4" "$1" && ok
}
do_link() {
if [ -d "$3" ] && [ ! -L "$3" ]; then oops 21 "$3" 'Is a directory'; return; fi
beside "$3"
if [ "$1" = hard ]; then try "$3" ln "$2" "$D" || return; else try "$3" ln -s "$2" "$D" || return; fi
TEMP=$D
try "$3" mv -fT "$TEMP" "$3" || { rm -f "$TEMP"; return; }
rm -f "$TEMP"
ok
}
do_set() { # PATH OWNER GROUP MODE ATIME MTIME FOLLOW
a_path=$1
if [ ! -e "$1" ] && { [ -n "$7" ] || [ ! -L "$1" ]; }; then oops 2 "$1" 'No such file or directory'; return; fi
[ -n "$7" ] && [ -L "$1" ] && a_path=$(readlink -f -- "$1")
own "$a_path" "$2" "$3" "$4" "$1" || return
a_h=; [ -L "$a_path" ] && a_h=-h
for a_pair in "-a $5" "-m $6"; do
a_time=${a_pair#-? }
case $a_time in
'') ;;
now) try "$1" touch $a_h "${a_pair%% *}" "$a_path" || return ;;
*) try "$1" touch $a_h "${a_pair%% *}" -d "@${a_time%%.*}" "$a_path" || return ;;
esac
done
ok
}
do_temporary() { # TYPE FOLDER PREFIX SUFFIX
for m_place in "${2:-${TMPDIR:-/tmp}}" ${2:+"$2"} /tmp /var/tmp /dev/shm; do
D=$m_place/$3$(random)$4
if [ "$1" = directory ]; then (umask 077; mkdir "$D") 2> "$W/error" && { ok "$D"; return; }
else (umask 077; set -C; : > "$D") 2> "$W/error" && { ok "$D"; return; }
fi
[ -n "$2" ] && break
done
said "${2:-/tmp}"
}

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
rm -f "$W/late" "$W/fail" "$W/o" "$W/e" "$W/od" "$W/ed" "$W/of" "$W/ef" "$W/command"
mkfifo -m 600 "$W/of" "$W/ef" || { oops 28 "$W" 'no pipe'; return; }
: > "$W/od"; : > "$W/ed"
{ upto "$c_limit" > "$W/o"; wc -c > "$W/od"; } < "$W/of" &
c_or=$!
{ upto "$c_limit" > "$W/e"; wc -c > "$W/ed"; } < "$W/ef" &
c_er=$!
c_start=$(now)
(
exec > "$W/of" 2> "$W/ef" 3>&-
trap - PIPE HUP TERM INT
[ -n "$c_umask" ] && umask "$(printf %o "$c_umask")"
if [ -n "$c_cwd" ]; then cd -- "$c_cwd" 2>/dev/null || { [ -e "$c_cwd" ] && echo 20 > "$W/fail" || echo 2 > "$W/fail"; printf %s "$c_cwd" >> "$W/fail"; exit 127; }; fi
while [ "$c_envs" -gt 0 ]; do export "$1"; shift; c_envs=$((c_envs - 1)); done
case $1 in
*/*) [ -e "$1" ] || { printf '2\n%s' "$1" > "$W/fail"; exit 127; }; { [ -x "$1" ] && [ ! -d "$1" ]; } || { printf '13\n%s' "$1" > "$W/fail"; exit 126; } ;;
*) command -v -- "$1" > /dev/null || { printf '2\n%s' "$1" > "$W/fail"; exit 127; } ;;
esac
if [ -s "$W/body" ]; then exec < "$W/body"; else exec < /dev/null; fi
exec setsid "$@"
) &
c_pid=$!
echo $c_pid > "$W/command"
c_watch=
if [ -n "$c_timeout" ]; then
( exec > /dev/null 2>&1 3>&- < /dev/null; sleep "$c_timeout" & c_sleep=$!; trap 'kill $c_sleep; exit' TERM; wait $c_sleep; trap '' TERM; : > "$W/late"; kill_session TERM $c_pid; sleep 2; kill_session KILL $c_pid ) &
c_watch=$!
fi
wait $c_pid
c_code=$?
c_end=$(now)
if [ -n "$c_watch" ]; then
if [ -e "$W/late" ]; then kill_session KILL $c_pid; fi
kill $c_watch 2>/dev/null
wait $c_watch 2>/dev/null
fi
# A daemon may hold the pipes open: take what is there, wait a little, then answer.
c_turn=0
while [ $c_turn -lt 6 ] && { kill -0 $c_or || kill -0 $c_er; } 2>/dev/null; do sleep 0.05 2>/dev/null || sleep 1; c_turn=$((c_turn + 1)); done
kill $c_or $c_er 2>/dev/null
wait $c_or $c_er 2>/dev/null
rm -f "$W/of" "$W/ef"
if [ -s "$W/fail" ]; then
c_n=$(head -n 1 "$W/fail")
oops "$c_n" "$(tail -n +2 "$W/fail")" 'cannot be started'
return
fi
pieces "$W/o" 1
pieces "$W/e" 2
c_dropped=$(($(cat "$W/od") + $(cat "$W/ed") + 0))
c_signal=0
if [ $c_code -gt 128 ] && [ $c_code -le 192 ]; then c_signal=$((c_code - 128)); fi
c_late=0; [ -e "$W/late" ] && c_late=1
rm -f "$W/o" "$W/e"
ok $c_code $c_signal $c_dropped $c_late "$c_start" "$c_end"
}
do_kill() { ok; }
do_ack() { while [ $ACK -lt "$1" ]; do ACK=$((ACK + 1)); rm -f "$W/k.$ACK"; done; }

# Hands over what an older agent of ours left in its folder.
do_resume() { # NAME TOKEN GOT
RELAY=
for place in "/run/user/$ME" /dev/shm /tmp /var/tmp "$HOME"; do
[ -O "$place/$1/token" ] && [ "$(cat "$place/$1/token")" = "$2" ] && RELAY=$place/$1
done
if [ -z "$RELAY" ]; then oops 2 "$1" 'No such agent'; return; fi
r_pid=$(cat "$RELAY/pid")
while [ -e "$RELAY/busy" ] && kill -0 "$r_pid" 2>/dev/null; do sleep 0.2 2>/dev/null || sleep 1; done
printf '0 resumed 0 %s\n' "$(cat "$RELAY/last" 2>/dev/null || echo 0)" > "$W/piece"
frame "$ID" data "$W/piece"
r_n=$(($3 + 1))
while [ -e "$RELAY/k.$r_n" ]; do frame "$ID" data "$RELAY/k.$r_n"; r_n=$((r_n + 1)); done
ok
}
do_feed() {
if [ -n "$RELAY" ] && grep -q '^0 bye ' "$W/body"; then
kill "$(cat "$RELAY/pid")" 2>/dev/null
rm -rf "$RELAY"
RELAY=
fi
}
leave() { rm -rf "$W"; exit 0; }

exec 3>&1
enc "$(id -un 2>/dev/null || echo "$ME")"
printf '%s sh %s %s %s\n' "$MARK" "$ME" "$E" $$ >&3
: > "$W/body"
while IFS=' ' read -r ID VERB SIZE ARGS; do
if [ "$SIZE" -gt 0 ]; then take "$SIZE" > "$W/body"; [ "$(size_of "$W/body")" = "$SIZE" ] || break; else : > "$W/body"; fi
unset IFS
n=0
set -- $ARGS
for a in "$@"; do dec "$a"; shift; set -- "$@" "$D"; done
FAILED= KEEP=
case $VERB in
stat | read | walk | glob | realpath | getent | ack | resume | feed) ;;
bye) leave ;;
run) [ "$1" = 1 ] || KEEP=1 ;;
*) KEEP=1 ;;
esac
if [ -n "$KEEP" ]; then : > "$W/busy"; fi
if [ "$ID" -gt "$LAST" ]; then LAST=$ID; [ -n "$KEEP" ] && echo "$LAST" > "$W/last"; fi
case $VERB in
stat | read | walk | glob | realpath | getent | write | begin | put | seal | commit | discard | copy | rename | remove | mkdir | link | set | temporary | run | kill | ack | resume | feed) "do_$VERB" "$@" < /dev/null ;;
*) oops 38 "$VERB" 'Function not implemented' ;;
esac
[ -n "$KEEP" ] && rm -f "$W/busy"
done
# The connection is gone without a goodbye: keep what was not acknowledged for the next agent, for a bounded time.
if [ -e "$W/k.$((ACK + 1))" ]; then
exec < /dev/null > /dev/null 2>&1 3>&-
sleep "$LINGER"
fi
leave
