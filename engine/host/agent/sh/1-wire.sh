# The agent for hosts without Perl: the protocol of docs/agent.md in POSIX sh (dash, busybox ash).
# Serves one request after another, starts a process or more for each, and needs one writable folder for what is on its way.
# The controller puts `T_TOKEN=… T_NAME=… T_MARK=… T_LINGER=…` before this text; the names have a prefix so that they
# meet none of the login environment.
set -f
umask 022
unset IFS CDPATH
tab=$(printf '\t')
nl='
'
T_SEQ=0 T_ACK=0 T_LAST=0 T_KEEP= T_COUNT=0
T_ME=$(id -u)
for place in "/run/user/$T_ME" /dev/shm /tmp /var/tmp "$HOME"; do
[ -d "$place" ] && (umask 077; mkdir "$place/$T_NAME") 2>/dev/null && T_W=$place/$T_NAME && break
done
# What an agent that was killed left here, once nobody can want its results any more.
set +f
for stale in "$place"/tsplay-*; do
[ -O "$stale/pid" ] && ! kill -0 "$(cat "$stale/pid")" 2>/dev/null && [ -n "$(find "$stale" -maxdepth 0 -mmin +$((T_LINGER / 60 + 1)))" ] && rm -rf "$stale"
done
set -f
if [ -z "$T_W" ]; then
echo "no writable folder: tried /run/user/$T_ME /dev/shm /tmp /var/tmp $HOME" >&2
exit 1
fi
trap '' PIPE HUP
trap 'rm -rf "$T_W"; exit 0' TERM INT
(umask 077; echo "$T_TOKEN" > "$T_W/token"; echo $$ > "$T_W/pid"; : > "$T_W/none")
T_BOOT=$(cut -c1-8 /proc/sys/kernel/random/boot_id 2>/dev/null || echo 0)
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

# Encodes into T_E, decodes into T_D; without a process where nothing needs it.
enc() {
case $1 in
'') T_E='\c' ;;
*[!A-Za-z0-9_./:=,@%+~-]*) T_E=$(printf '%s' "$1" | od -An -v -to1 | tr -d '\n' | sed 's/ /\\0/g') ;;
*) T_E=$1 ;;
esac
}
dec() {
case $1 in
'\c') T_D= ;;
*\\*) T_D=$(printf '%b.' "$1"); T_D=${T_D%.} ;;
*) T_D=$1 ;;
esac
}

# frame ID STATUS FILE FIELD…: the file's content is the body.
frame() {
f_head="$1 $2 $(size_of "$3")"; f_body=$3
shift 3
for f_field in "$@"; do enc "$f_field"; f_head="$f_head $T_E"; done
if [ -n "$T_KEEP" ]; then
T_SEQ=$((T_SEQ + 1))
{ printf '%s\n' "$f_head"; cat "$f_body"; } > "$T_W/k.new" && mv "$T_W/k.new" "$T_W/k.$T_SEQ"
cat "$T_W/k.$T_SEQ" >&3 2>/dev/null
else
{ printf '%s\n' "$f_head"; cat "$f_body"; } >&3 2>/dev/null
fi
}
ok() { frame "$T_ID" ok "$T_W/none" "$@"; }
pieces() { # FILE FIELD…
p_file=$1 p_n=0 p_size=$(size_of "$1")
shift
while [ $((p_n * 65536)) -lt "$p_size" ]; do
dd if="$p_file" of="$T_W/piece" bs=65536 skip=$p_n count=1 2>/dev/null
frame "$T_ID" data "$T_W/piece" "$@"
p_n=$((p_n + 1))
done
}

# oops NUMBER PATH TEXT ends the verb; `try PATH COMMAND…` does so with what the command said.
oops() { frame "$T_ID" err "$T_W/none" "$1" "$2" "$3"; T_FAILED=1; return 1; }
try() {
t_path=$1
shift
LC_ALL=C "$@" 2> "$T_W/error" && return 0
said "$t_path"
}
said() {
t_text=$(tail -n 1 "$T_W/error")
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
