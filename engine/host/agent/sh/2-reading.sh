# Verbs that read.

# Sets T_F to the encoded fields of PATH; status 1 if there is no such path.
facts() { # PATH FOLLOW
if [ "$2" = 1 ]; then s_l=-L; else s_l=; fi
if ! T_F=$(LC_ALL=C stat $s_l -c '%f %u %g %s %Y %X %Z %i %d %h %U %G' -- "$1" 2> "$T_W/error"); then
if [ -z "$s_l" ] && [ -e "$1" ]; then said "$1"; return 1; fi
grep -q 'Permission denied\|Too many' "$T_W/error" && said "$1"
return 1
fi
set -- "$1" $T_F
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
T_E='\c'
if [ $s_t = link ]; then s_to=$(readlink -n -- "$s_path" 2>/dev/null; echo .); enc "${s_to%.}"; fi
T_F="$s_t $((s_mode & 4095)) $1 $2 $3 $4 $5 $6 $7 $8 $9 $s_may $s_o $s_g $T_E"
}
checksum() { s=$("$2sum" < "$1" 2>/dev/null) || s=; echo "${s%% *}"; }
answer_encoded() { printf '%s ok 0 %s\n' "$T_ID" "$1" >&3 2>/dev/null; }

do_stat() {
if ! facts "$1" "$2"; then [ -z "$T_FAILED" ] && answer_encoded ''; return; fi
[ -n "$3" ] && [ $s_t = file ] && T_F="$T_F $(checksum "$1" "$3")"
answer_encoded "$T_F"
}
do_read() {
r_size=$(LC_ALL=C stat -L -c %s -- "$1" 2> "$T_W/error") || { said "$1"; return; }
if [ -d "$1" ]; then oops 21 "$1" 'Is a directory'; return; fi
if [ ! -r "$1" ]; then oops 13 "$1" 'Permission denied'; return; fi
if [ -n "$2" ] && [ "$r_size" -gt "$2" ]; then oops 27 "$1" 'File too large'; return; fi
if [ ! -f "$1" ] || [ "$r_size" = 0 ]; then
# /proc and the like do not tell their size.
head -c "$((${2:-67108864} + 1))" -- "$1" > "$T_W/copy" 2> "$T_W/error" || { said "$1"; return; }
if [ -n "$2" ] && [ "$(size_of "$T_W/copy")" -gt "$2" ]; then oops 27 "$1" 'File too large'; return; fi
pieces "$T_W/copy"
rm -f "$T_W/copy"
else
pieces "$1"
fi
ok
}
walk_below() { # PREFIX LEVEL
set +f
for w_path in "$T_W_ROOT/$1"* "$T_W_ROOT/$1".[!.]* "$T_W_ROOT/$1"..?*; do
set -f
{ [ -e "$w_path" ] || [ -L "$w_path" ]; } || continue
T_FAILED=
facts "$w_path" "$T_W_FOLLOW" || facts "$w_path" 0 || continue
T_COUNT=$((T_COUNT + 1))
if [ "$T_COUNT" -gt "$T_W_LIMIT" ]; then return 1; fi
w_name=${w_path#"$T_W_ROOT/"}
enc "$w_name"
w_row="$T_E $T_F"
[ -n "$T_W_SUM" ] && [ $s_t = file ] && w_row="$w_row $(checksum "$w_path" "$T_W_SUM")"
printf '%s\n' "$w_row" >> "$T_W/rows"
if [ $s_t = directory ] && { [ -z "$T_W_DEPTH" ] || [ "$2" -lt "$T_W_DEPTH" ]; } && [ "$2" -lt 64 ]; then
walk_below "$w_name/" $(($2 + 1)) || return 1
fi
done
set -f
}
do_walk() {
T_W_ROOT=$1 T_W_DEPTH=$2 T_W_FOLLOW=$3 T_W_SUM=$4 T_W_LIMIT=$5 T_COUNT=0
if [ ! -e "$1" ]; then oops 2 "$1" 'No such file or directory'; return; fi
if [ ! -d "$1" ]; then oops 20 "$1" 'Not a directory'; return; fi
if [ ! -r "$1" ]; then oops 13 "$1" 'Permission denied'; return; fi
: > "$T_W/rows"
if ! walk_below '' 1; then set -f; oops 7 "$1" "more than $5 entries"; return; fi
pieces "$T_W/rows"
ok
}
do_glob() {
: > "$T_W/rows"
IFS=
set +f
for g_path in $1; do
if [ -e "$g_path" ] || [ -L "$g_path" ]; then printf '%s\0' "$g_path" >> "$T_W/rows"; fi
done
set -f
unset IFS
pieces "$T_W/rows"
ok
}
do_realpath() {
if [ -e "$1" ]; then T_D=$(readlink -f -- "$1"; echo .); T_D=${T_D%.}; ok "${T_D%"$nl"}"; else ok; fi
}
do_getent() {
if command -v getent > /dev/null; then
getent "$1" ${2:+"$2"} > "$T_W/rows" 2> "$T_W/error"
case $? in 0 | 2) ;; *) oops 22 "$1" "$(tail -n 1 "$T_W/error")"; return ;; esac
elif [ ! -r "/etc/$1" ]; then : > "$T_W/rows"
elif [ -z "$2" ]; then cat "/etc/$1" > "$T_W/rows"
else awk -F: -v k="$2" '$1 == k || $3 == k { print; exit }' "/etc/$1" > "$T_W/rows"
fi
pieces "$T_W/rows"
ok
}
