# Verbs that change files.

id_of() { # DATABASE NAME: sets T_D to the id
case $2 in *[!0-9]*) ;; *) T_D=$2; return ;; esac
if command -v getent > /dev/null; then T_D=$(getent "$1" "$2" | cut -d: -f3)
else T_D=$(awk -F: -v k="$2" '$1 == k { print $3; exit }' "/etc/$1"); fi
if [ -z "$T_D" ]; then
if [ "$1" = passwd ]; then oops 0 "$2" "there is no user '$2'"; else oops 0 "$2" "there is no group '$2'"; fi
return 1
fi
}
own() { # PATH OWNER GROUP MODE SHOWN-PATH
if [ -n "$2" ]; then id_of passwd "$2" || return 1; try "$5" chown -h "$T_D" "$1" || return 1; fi
if [ -n "$3" ]; then id_of group "$3" || return 1; try "$5" chgrp -h "$T_D" "$1" || return 1; fi
if [ -n "$4" ] && [ ! -L "$1" ]; then try "$5" chmod "$(printf %o "$4")" "$1" || return 1; fi
}
folder_of() { case $1 in /*/*) T_D=${1%/*} ;; /*) T_D=/ ;; *) T_D=. ;; esac; }
beside() { folder_of "$1"; T_D=${T_D%/}/.tsplay-$T_BOOT-$$-$(random); }
sync_path() { fsync "$1" 2>/dev/null || sync "$1" 2>/dev/null || sync; }
begin() { # PATH OWNER GROUP MODE IN-PLACE: sets T_TEMP
if [ -n "$5" ]; then
T_TEMP=$1
( : > "$1" ) 2> "$T_W/error" || { said "$1"; return 1; }
else
if [ -d "$1" ] && [ ! -L "$1" ]; then oops 21 "$1" 'Is a directory'; return 1; fi
beside "$1"
T_TEMP=$T_D
( umask 077; set -C; : > "$T_TEMP" ) 2> "$T_W/error" || { said "$1"; return 1; }
if [ -f "$1" ] && [ ! -L "$1" ]; then
chown "$(stat -c %u:%g -- "$1")" "$T_TEMP" 2>/dev/null
chmod "$(stat -c %a -- "$1")" "$T_TEMP" 2>/dev/null
elif [ -z "$4" ]; then chmod "$(printf %o $((0666 & ~$(umask))))" "$T_TEMP"
fi
fi
own "$T_TEMP" "$2" "$3" "$4" "$1" && return 0
[ -n "$5" ] || rm -f "$T_TEMP"
return 1
}
append() { # TEMP PATH
cat "$T_W/body" 2> "$T_W/error" >> "$1" && return 0
[ "$1" = "$2" ] || rm -f "$1"
said "$2"
}
commit() { # TEMP PATH
[ "$1" = "$2" ] && return 0
sync_path "$1"
try "$2" mv -fT "$1" "$2" || { rm -f "$1"; return 1; }
folder_of "$2"
sync_path "$T_D"
}
whole() { # TEMP PATH SUM
[ -z "$3" ] && return 0
s=$(checksum "$1" sha1)
[ "$s" = "$3" ] || [ -z "$s" ] && return 0
[ "$1" = "$2" ] || rm -f "$1"
oops 5 "$2" 'the content did not arrive as it was sent'
}
do_write() { begin "$1" "$2" "$3" "$4" "$5" && append "$T_TEMP" "$1" && whole "$T_TEMP" "$1" "$6" && commit "$T_TEMP" "$1" && ok; }
do_begin() {
begin "$2" "$3" "$4" "$5" "$6" || return
printf %s "$2" > "$T_W/h.$1.path"
printf %s "$T_TEMP" > "$T_W/h.$1.temp"
ok "$T_TEMP"
}
handle() { # HANDLE: sets T_H_PATH and T_TEMP
if [ ! -e "$T_W/h.$1.temp" ]; then oops 9 "$1" 'Bad file descriptor'; return 1; fi
T_H_PATH=$(cat "$T_W/h.$1.path"; echo .) T_TEMP=$(cat "$T_W/h.$1.temp"; echo .)
T_H_PATH=${T_H_PATH%.} T_TEMP=${T_TEMP%.}
}
forget() { rm -f "$T_W/h.$1.temp" "$T_W/h.$1.path"; }
do_put() { handle "$1" || return; append "$T_TEMP" "$T_H_PATH" && ok || forget "$1"; }
do_seal() {
handle "$1" || return
b_size=$(size_of "$T_TEMP")
if [ "$b_size" != "$2" ]; then
forget "$1"
[ "$T_TEMP" = "$T_H_PATH" ] || rm -f "$T_TEMP"
oops 5 "$T_H_PATH" "only $b_size of $2 bytes were written"
return
fi
whole "$T_TEMP" "$T_H_PATH" "$3" || { forget "$1"; return; }
if [ -n "$4" ]; then forget "$1"; commit "$T_TEMP" "$T_H_PATH" || return; fi
ok "$T_TEMP"
}
do_commit() { handle "$1" || return; forget "$1"; commit "$T_TEMP" "$T_H_PATH" && ok; }
do_discard() {
if [ -e "$T_W/h.$1.temp" ]; then handle "$1"; forget "$1"; [ "$T_TEMP" = "$T_H_PATH" ] || rm -f "$T_TEMP"; fi
ok
}
do_copy() {
if [ -d "$1" ]; then oops 21 "$1" 'Is a directory'; return; fi
if [ ! -e "$1" ]; then oops 2 "$1" 'No such file or directory'; return; fi
begin "$2" "$3" "$4" "$5" "$6" || return
if ! cat -- "$1" 2> "$T_W/error" > "$T_TEMP"; then [ "$T_TEMP" = "$2" ] || rm -f "$T_TEMP"; said "$1"; return; fi
commit "$T_TEMP" "$2" && ok
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
if [ "$1" = hard ]; then try "$3" ln "$2" "$T_D" || return; else try "$3" ln -s "$2" "$T_D" || return; fi
T_TEMP=$T_D
try "$3" mv -fT "$T_TEMP" "$3" || { rm -f "$T_TEMP"; return; }
rm -f "$T_TEMP"
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
T_D=$m_place/$3$(random)$4
if [ "$1" = directory ]; then (umask 077; mkdir "$T_D") 2> "$T_W/error" && { ok "$T_D"; return; }
else (umask 077; set -C; : > "$T_D") 2> "$T_W/error" && { ok "$T_D"; return; }
fi
[ -n "$2" ] && break
done
said "${2:-/tmp}"
}
