# The agent: serves Host's verbs over its stdin and stdout (docs/agent.md has the protocol).
# Only perl-base is needed. The controller puts `our($TOKEN,$NAME,$MARK,$LINGER)=(...)` before this text.
use strict;
use Fcntl;
use Socket;
use POSIX ();
use Config ();
our ($TOKEN, $NAME, $MARK, $LINGER);

# Numbers of the system calls that Perl has no function for; on other machines we do without.
my $arch = $Config::Config{archname};
my %sys =
  $arch =~ /^x86_64/ && $arch !~ /x32/ ? (tod => 96, fsync => 74, statx => 332, xattr => 188)
  : $arch =~ /^(aarch64|riscv64)/ ? (tod => 169, fsync => 82, statx => 291, xattr => 5)
  : $arch =~ /^arm/               ? (tod => 78, fsync => 118, statx => 397, xattr => 226)
  : $arch =~ /^i.86/              ? (tod => 78, fsync => 118, statx => 383, xattr => 226)
  :                                 ();
my $big = pack('L', 1) ne pack('V', 1);

my ($in, $out, $eof, $lost) = ('', '', 0, 0);
my ($rfd, $wfd) = (\*STDIN, \*STDOUT);
my $last = 0;               # id of the newest request that arrived whole
my %keep;                   # requests whose answers are kept until they are acknowledged
my (@kept, $kept_bytes);    # those answers
my $acked = 0;
my %kids;                   # running commands by pid
my @jobs;                   # answers that are made piece by piece
my %open;                   # files being written, by handle
my %swept;                  # folders already looked through for stale temporary files
my ($relay, $relay_id);     # socket to an older agent whose answers we fetch
my (%users, %groups);
my $until;                  # when lingering ends
$kept_bytes = 0;

sub mono { (POSIX::times())[0] / 100 }

sub now {
  my $t = pack('l!l!', 0, 0);
  return time . '.0' unless $sys{tod} && syscall($sys{tod}, $t, 0) == 0;
  return sprintf '%d.%06d', unpack('l!l!', $t);
}

sub enc {
  my $s = defined $_[0] ? $_[0] : '';
  return '\\c' if $s eq '';
  $s =~ s/([^A-Za-z0-9_.\/:=,\@%+~-])/sprintf '\\0%03o', ord $1/ge;
  return $s;
}

sub dec {
  my $s = $_[0];
  return '' if $s eq '\\c';
  $s =~ s/\\0([0-7]{3})/chr oct $1/ge;
  return $s;
}

sub answer {
  my ($id, $status, $body, @fields) = @_;
  my $frame = join(' ', $id, $status, length $body, map { enc($_) } @fields) . "\n" . $body;
  if ($keep{$id}) {
    push @kept, $frame;
    $kept_bytes += length $frame;
    delete $keep{$id} if $status ne 'data';
  }
  $out .= $frame unless $lost;
}

sub oops { my ($path, $n, $text) = @_; $n = $! + 0 unless defined $n; die [$n, $path, defined $text ? $text : ($! = $n, "$!")[1]] }

sub random { open(my $f, '<', '/dev/urandom') or return sprintf '%x%x', $$, time; sysread $f, my $b, 8; return unpack 'H*', $b }

# ---- what a path is ------------------------------------------------------------------------------------------

sub user  { my $id = $_[0]; $users{$id}  = getpwuid($id) unless exists $users{$id};  return $users{$id} }
sub group { my $id = $_[0]; $groups{$id} = getgrgid($id) unless exists $groups{$id}; return $groups{$id} }

sub times_of {
  my ($path, $follow) = @_;
  return unless $sys{statx} && !$big;
  my $buffer = "\0" x 256;
  return unless syscall($sys{statx}, -100, $path, $follow ? 0 : 0x100, 0x7ff, $buffer) == 0;
  return map { my ($s, $n) = unpack 'VxxxxV', substr $buffer, $_, 12; sprintf '%d.%09d', $s, $n } 112, 64, 96;
}

# The fields of one path, without its checksum; empty if there is no such path.
sub facts {
  my ($path, $follow) = @_;
  my @s = $follow ? stat $path : lstat $path;
  unless (@s) {
    return if $! == 2 || $! == 20;
    oops($path);
  }
  my $type = !$follow && -l _ ? 'link' : -f _ ? 'file' : -d _ ? 'directory' : -p _ ? 'fifo' : -S _ ? 'socket' : -b _ ? 'block' : 'character';
  my $may = (-r _ ? 'r' : '-') . (-w _ ? 'w' : '-') . (-x _ ? 'x' : '-');
  my @t = times_of($path, $follow);
  @t = @s[9, 8, 10] unless @t;
  return ($type, $s[2] & 07777, $s[4], $s[5], $s[7], @t, $s[1], $s[0], $s[3], $may, user($s[4]), group($s[5]),
    $type eq 'link' ? readlink $path : '');
}

sub sha1 {
  my ($d, $l) = ($_[0], length $_[0]);
  $d .= "\x80" . ("\0" x ((119 - $l % 64) % 64)) . pack 'N2', $l >> 29, ($l << 3) & 0xffffffff;
  my @h = (0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  my $m = 0xffffffff;
  for (my $o = 0; $o < length $d; $o += 64) {
    my @w = unpack 'N16', substr $d, $o, 64;
    my ($a, $b, $c, $e, $f) = @h;
    for my $i (0 .. 79) {
      if ($i > 15) { my $x = $w[$i - 3] ^ $w[$i - 8] ^ $w[$i - 14] ^ $w[$i - 16]; $w[$i] = (($x << 1) | ($x >> 31)) & $m }
      my $t = $i < 20 ? ($e ^ ($b & ($c ^ $e))) + 0x5a827999 : $i < 40 ? ($b ^ $c ^ $e) + 0x6ed9eba1
        : $i < 60 ? (($b & $c) | ($e & ($b | $c))) + 0x8f1bbcdc : ($b ^ $c ^ $e) + 0xca62c1d6;
      $t = sum(($a << 5) & $m | ($a >> 27), $t, $f, $w[$i]);
      ($f, $e, $c, $b, $a) = ($e, $c, (($b << 30) | ($b >> 2)) & $m, $a, $t);
    }
    my @n = ($a, $b, $c, $e, $f);
    $h[$_] = sum($h[$_], $n[$_]) for 0 .. 4;
  }
  return unpack 'H*', pack 'N5', @h;
}

# Sum modulo 2**32; a Perl with 32-bit integers adds as floating point, which is exact here.
sub sum { my $t = 0; $t += $_ for @_; return $t < 4294967296 ? $t : $t - 4294967296 * int($t / 4294967296) }

# Gives the hash of a file to a callback: small ones here, large ones by coreutils.
sub checksum {
  my ($path, $algorithm, $then) = @_;
  if ($algorithm eq 'sha1' && -s $path <= 32768) {
    my $text = '';
    if (sysopen my $f, $path, O_RDONLY | O_NONBLOCK) {
      while (sysread $f, $text, 65536, length $text) { }
      return $then->(sha1($text));
    }
    return $then->('');
  }
  spawn(["${algorithm}sum", '--', $path], then => sub { my ($code, $text) = @_; $then->($text =~ /^\\?([0-9a-f]{32,})/ ? $1 : '') });
}

sub checksum_now {
  my ($path, $algorithm) = @_;
  my $found;
  if ($algorithm ne 'sha1' || -s $path > 32768) {
    open(my $f, '-|', "${algorithm}sum", '--', $path) or return '';
    my $line = <$f>;
    close $f;
    return defined $line && $line =~ /^\\?([0-9a-f]{32,})/ ? $1 : '';
  }
  checksum($path, $algorithm, sub { $found = $_[0] });
  return $found;
}

# ---- commands ------------------------------------------------------------------------------------------------

# Starts a command in its own session. Options: id (whose answers carry its output) or then (called with code,
# stdout, stderr), input, cwd, umask, env, limit, timeout.
sub spawn {
  my ($argv, %o) = @_;
  my ($ir, $iw, $or, $ow, $er, $ew, $sr, $sw);
  pipe($or, $ow) && pipe($er, $ew) && pipe($sr, $sw) or oops($argv->[0]);
  my $input = defined $o{input} ? $o{input} : '';
  if ($input ne '') { pipe($ir, $iw) or oops($argv->[0]) }
  else              { open $ir, '<', '/dev/null' or oops('/dev/null') }
  my $start = now();
  my $pid = fork;
  oops($argv->[0]) unless defined $pid;
  if (!$pid) {
    POSIX::setsid();
    POSIX::dup2(fileno $ir, 0);
    POSIX::dup2(fileno $ow, 1);
    POSIX::dup2(fileno $ew, 2);
    $SIG{$_} = 'DEFAULT' for qw(PIPE CHLD HUP INT TERM);
    umask $o{umask} if defined $o{umask};
    if (!defined $o{cwd} || chdir $o{cwd}) {
      for (@{ $o{env} || [] }) { my ($k, $v) = split /=/, $_, 2; $ENV{$k} = $v }
      exec { $argv->[0] } @$argv;
      syswrite $sw, pack 'NA*', $! + 0, $argv->[0];
    }
    else { syswrite $sw, pack 'NA*', $! + 0, $o{cwd} }
    POSIX::_exit(127);
  }
  my $k = $kids{$pid} = { %o, pid => $pid, start => $start, dropped => 0, kept => [0, 0, 0], text => ['', '', ''], fail => '' };
  $k->{deadline} = mono() + $o{timeout} if $o{timeout};
  $k->{limit} = 67108864 unless defined $o{limit};
  @$k{qw(fh1 fh2 fhs)} = ($or, $er, $sr);
  fcntl $_, F_SETFL, O_NONBLOCK for $or, $er, $sr;
  if ($iw) { fcntl $iw, F_SETFL, O_NONBLOCK; $k->{fhi} = $iw; $k->{input} = $input }
}

sub take {
  my ($k, $n) = @_;
  my $got = sysread $k->{"fh$n"}, my $text, 65536;
  return if !defined $got && ($!{EAGAIN} || $! == 11 || $! == 4);
  if (!$got) { close delete $k->{"fh$n"}; return }
  my $room = $k->{limit} - $k->{kept}[$n];
  if ($got > $room) { $k->{dropped} += $got - $room; $text = substr $text, 0, $room }
  $k->{kept}[$n] += length $text;
  return $got if $text eq '';
  if ($k->{then}) { $k->{text}[$n] .= $text }
  else            { answer($k->{id}, 'data', $text, $n) }
  return $got;
}

# Everything in the command's session and process group gets the signal.
sub kill_all {
  my ($signal, $sid) = @_;
  kill $signal, -$sid;
  opendir my $d, '/proc' or return;
  for (grep /^\d+$/, readdir $d) {
    open my $f, '<', "/proc/$_/stat" or next;
    my $line = <$f>;
    kill $signal, $_ if defined $line && $line =~ /.*\) \S \d+ \d+ (\d+)/ && $1 == $sid;
  }
}

sub finish {
  my $k = $_[0];
  delete $kids{ $k->{pid} };
  close $k->{$_} for grep { $k->{$_} } qw(fh1 fh2 fhs fhi);
  my $signal = $k->{exit} & 127;
  my $code = $signal ? 128 + $signal : $k->{exit} >> 8;
  if ($k->{then}) { eval { $k->{then}->($code, @{ $k->{text} }[1, 2]); 1 } or failed($k->{id}, $@) }
  elsif ($k->{fail} ne '') { my ($n, $path) = unpack 'NA*', $k->{fail}; $! = $n; answer($k->{id}, 'err', '', $n, $path, "$!") }
  else { answer($k->{id}, 'ok', '', $code, $signal, $k->{dropped}, $k->{late} ? 1 : 0, $k->{start}, $k->{end}) }
}

sub reap {
  for my $k (values %kids) {
    next if defined $k->{exit} || waitpid($k->{pid}, 1) != $k->{pid};
    $k->{exit} = $?;
    $k->{end} = now();
    # A daemon may hold the pipes open: take what is there, wait a little, then answer.
    $k->{grace} = mono() + 0.25;
  }
}

# ---- writing -------------------------------------------------------------------------------------------------

sub sync_file {
  my $f = $_[0];
  if ($sys{fsync}) { return syscall($sys{fsync}, fileno $f) == 0 }
  require IO::Handle;
  return IO::Handle::sync($f);
}

sub folder { my $p = $_[0]; return $p =~ m{^(.*)/[^/]*$}s ? ($1 eq '' ? '/' : $1) : '.' }

sub sync_folder { if (sysopen my $f, folder($_[0]), O_RDONLY) { sync_file($f) } }

sub boot { open my $f, '<', '/proc/sys/kernel/random/boot_id' or return '0'; my $id = <$f>; return substr $id, 0, 8 }

# A name beside the path; it says which process of which boot made it, so that a stale one is known as such.
sub beside {
  my $d = folder($_[0]);
  $d = '' if $d eq '/';
  return "$d/.tsplay-" . join '-', boot(), $$, random();
}

sub sweep {
  my $d = folder($_[0]);
  return if $swept{$d}++;
  opendir my $h, $d or return;
  for (readdir $h) {
    next unless /^\.tsplay-([0-9a-f]+)-(\d+)-[0-9a-f]+$/;
    my $age = time - (lstat "$d/$_")[9];
    next unless -f _ || -l _;
    unlink "$d/$_" if $1 eq boot() ? !kill(0, $2) && $! == 3 && $age > 60 : $age > 86400;
  }
}

sub uid_of { my $n = $_[0]; return -1 if $n eq ''; return $n if $n =~ /^\d+$/; my $id = getpwnam $n; oops($n, 0, "there is no user '$n'") unless defined $id; return $id }
sub gid_of { my $n = $_[0]; return -1 if $n eq ''; return $n if $n =~ /^\d+$/; my $id = getgrnam $n; oops($n, 0, "there is no group '$n'") unless defined $id; return $id }

# Extended attributes (ACLs and SELinux labels among them) of a file that is about to be replaced.
sub keep_attributes {
  my ($old, $f) = @_;
  my $base = $sys{xattr} or return;
  my $names = "\0" x 4096;
  my $n = syscall($base + 6, $old, $names, 4096);
  return if $n <= 0;
  for my $name (split /\0/, substr $names, 0, $n) {
    next if $name =~ /^security\.(capability|ima|evm)$/;
    my $value = "\0" x 65536;
    my $key = "$name\0";
    my $size = syscall($base + 3, $old, $key, $value, 65536);
    next if $size < 0;
    syscall($base + 2, fileno $f, $key, $value, $size, 0);
  }
}

# Opens a temporary file beside the path, with owner and mode set before it has content.
sub begin {
  my ($path, $owner, $group, $mode, $in_place) = @_;
  my ($uid, $gid) = (uid_of($owner), gid_of($group));
  my $w = { path => $path, mode => $mode };
  if ($in_place) {
    sysopen $w->{fh}, $path, O_WRONLY | O_CREAT | O_TRUNC, $mode eq '' ? 0666 : $mode & 0777 or oops($path);
    $w->{temp} = $path;
  }
  else {
    sweep($path);
    my @old = lstat $path;
    @old = () unless @old && -f _;
    oops($path, 21) if -d $path && !-l $path;
    $w->{temp} = beside($path);
    sysopen $w->{fh}, $w->{temp}, O_WRONLY | O_CREAT | O_EXCL, 0600 or oops($path);
    if (@old) {
      # Kept from the old file as far as we may; explicit wishes below must succeed.
      chown $old[4], $old[5], $w->{fh} or chown -1, $old[5], $w->{fh} if $old[4] != $> || $old[5] != (split ' ', $))[0];
      keep_attributes($path, $w->{fh});
      $w->{mode} = $old[2] & 07777 if $mode eq '';
    }
    elsif ($mode eq '') { $w->{mode} = 0666 & ~umask }
  }
  if (!(($uid == -1 && $gid == -1) || chown $uid, $gid, $w->{fh})) { my $n = $! + 0; drop($w); oops($path, $n) }
  if ($w->{mode} ne '' && !chmod $w->{mode}, $w->{fh}) { my $n = $! + 0; drop($w); oops($path, $n) }
  $w->{in_place} = $in_place;
  return $w;
}

sub drop { my $w = $_[0]; close $w->{fh} if $w->{fh}; unlink $w->{temp} unless $w->{temp} eq $w->{path} }

sub put {
  my ($w, $text) = @_;
  my $o = 0;
  while ($o < length $text) {
    my $n = syswrite $w->{fh}, $text, length($text) - $o, $o;
    next if !defined $n && $! == 4;
    if (!$n) { my $e = $! + 0; drop($w); oops($w->{path}, $e) }
    $o += $n;
  }
}

# Content is complete: on the disk, and of the length it should have.
sub seal {
  my ($w, $size) = @_;
  my $bad = sync_file($w->{fh}) ? undef : $! + 0;
  my $got = (stat $w->{fh})[7];
  chmod $w->{mode}, $w->{fh} if $w->{mode} ne '' && $w->{mode} & 06000;
  close $w->{fh} or $bad = $! + 0;
  delete $w->{fh};
  if (defined $bad && $bad != 22) { drop($w); oops($w->{path}, $bad) }
  if ($size ne '' && $got != $size) { drop($w); oops($w->{path}, 5, "only $got of $size bytes were written") }
}

sub commit {
  my $w = $_[0];
  return if $w->{in_place};
  if (!rename $w->{temp}, $w->{path}) { my $n = $! + 0; drop($w); oops($w->{path}, $n) }
  sync_folder($w->{path});
}

sub set_attributes {
  my ($path, $owner, $group, $mode, $atime, $mtime, $follow) = @_;
  my ($uid, $gid) = (uid_of($owner), gid_of($group));
  my @s = $follow ? stat $path : lstat $path;
  @s or oops($path);
  my $link = !$follow && -l _;
  if ($uid != -1 || $gid != -1) { ($link ? POSIX::lchown($uid, $gid, $path) : chown $uid, $gid, $path) or oops($path) }
  if ($mode ne '' && !$link) { chmod $mode, $path or oops($path) }
  return if $atime eq '' && $mtime eq '';
  my @t = map { $_->[0] eq '' ? $s[$_->[1]] : $_->[0] eq 'now' ? time : $_->[0] } [$atime, 8], [$mtime, 9];
  if ($link) { system('touch', '-h', '-a', '-d', "\@$t[0]", '--', $path); system('touch', '-h', '-m', '-d', "\@$t[1]", '--', $path) }
  else { ($atime eq 'now' && $mtime eq 'now' ? utime undef, undef, $path : utime $t[0], $t[1], $path) or oops($path) }
}

# ---- verbs ---------------------------------------------------------------------------------------------------

my %reads = map { $_ => 1 } qw(stat read walk glob realpath getent ack resume feed);
my %verbs = (
  stat => sub {
    my ($id, undef, $path, $follow, $algorithm) = @_;
    my @f = facts($path, $follow);
    return answer($id, 'ok', '', @f) unless @f && $f[0] eq 'file' && $algorithm ne '';
    checksum($path, $algorithm, sub { answer($id, 'ok', '', @f, $_[0]) });
  },
  read => sub {
    my ($id, undef, $path, $limit) = @_;
    sysopen my $f, $path, O_RDONLY | O_NONBLOCK or oops($path);
    oops($path, 21) if -d $f;
    oops($path, 27) if $limit ne '' && -s _ > $limit;
    my $n = 0;
    push @jobs, sub {
      my $got = sysread $f, my $text, 65536;
      if (!defined $got) { return 1 if $! == 4; oops($path) }
      if ($got) {
        $n += $got;
        oops($path, 27) if $limit ne '' && $n > $limit;
        return answer($id, 'data', $text), 1;
      }
      return answer($id, 'ok', ''), 0;
    }, $id;
  },
  walk => sub {
    my ($id, undef, $root, $depth, $follow, $algorithm, $limit) = @_;
    my (@todo, %seen, $rows, $count);
    ($rows, $count) = ('', 0);
    opendir my $first, $root or oops($root);
    @todo = ([$first, '', 1]);
    push @jobs, sub {
      while (@todo) {
        my ($h, $prefix, $level) = @{ pop @todo };
        for my $name (readdir $h) {
          next if $name eq '.' || $name eq '..';
          my $path = "$root/$prefix$name";
          my @f = eval { facts($path, $follow) };
          @f = eval { facts($path, 0) } unless @f;
          next unless @f;
          oops($root, 7, "more than $limit entries") if ++$count > $limit;
          push @f, checksum_now($path, $algorithm) if $f[0] eq 'file' && $algorithm ne '';
          $rows .= join(' ', map { enc($_) } "$prefix$name", @f) . "\n";
          if ($f[0] eq 'directory' && ($depth eq '' || $level < $depth) && !$seen{"$f[9]:$f[8]"}++) {
            opendir my $below, $path or next;
            push @todo, [$below, "$prefix$name/", $level + 1];
          }
        }
        closedir $h;
        next if length $rows < 32768;
        answer($id, 'data', $rows);
        $rows = '';
        return 1;
      }
      return answer($id, 'ok', $rows), 0;
    }, $id;
  },
  glob => sub {
    my ($id, undef, $pattern) = @_;
    require File::Glob;
    answer($id, 'ok', join '', map { "$_\0" } File::Glob::bsd_glob($pattern, File::Glob::GLOB_BRACE() | File::Glob::GLOB_TILDE()));
  },
  realpath => sub {
    my ($id, undef, $path) = @_;
    require Cwd;
    my $real = -e $path ? Cwd::realpath($path) : undef;
    answer($id, 'ok', '', defined $real ? $real : ());
  },
  getent => sub {
    my ($id, undef, $database, $key) = @_;
    if ($database eq 'passwd' && $key ne '') {
      my @e = $key =~ /^\d+$/ ? getpwuid $key : getpwnam $key;
      return answer($id, 'ok', @e ? join(':', $e[0], 'x', @e[2, 3, 6, 7, 8]) . "\n" : '');
    }
    if ($database eq 'group' && $key ne '') {
      my @e = $key =~ /^\d+$/ ? getgrgid $key : getgrnam $key;
      return answer($id, 'ok', @e ? join(':', $e[0], 'x', $e[2], join ',', split ' ', $e[3]) . "\n" : '');
    }
    spawn(['getent', $database, $key eq '' ? () : $key], id => $id, then => sub {
      my ($code, $text, $error) = @_;
      oops($database, 22, $error =~ /^(.*)/ ? $1 : 'getent failed') if $code != 0 && $code != 2;
      answer($id, 'ok', $text);
    });
  },
  write => sub {
    my ($id, $body, $path, $owner, $group, $mode, $in_place, $sum) = @_;
    oops($path, 5, 'the content did not arrive as it was sent') if $sum ne '' && sha1($body) ne $sum;
    my $w = begin($path, $owner, $group, $mode, $in_place);
    put($w, $body);
    seal($w, length $body);
    commit($w);
    answer($id, 'ok', '');
  },
  begin => sub { my ($id, undef, $handle, @a) = @_; my $w = $open{$handle} = begin(@a); answer($id, 'ok', '', $w->{temp}) },
  put => sub {
    my ($id, $body, $handle) = @_;
    my $w = $open{$handle} or oops($handle, 9);
    eval { put($w, $body); 1 } or do { delete $open{$handle}; die $@ };
    answer($id, 'ok', '');
  },
  seal => sub {
    my ($id, undef, $handle, $size, $sum, $commit) = @_;
    my $w = $open{$handle} or oops($handle, 9);
    delete $open{$handle} if $commit;
    eval { seal($w, $size); 1 } or do { delete $open{$handle}; die $@ };
    checksum($w->{temp}, 'sha1', sub {
      if ($_[0] eq $sum || $_[0] eq '') { commit($w) if $commit; return answer($id, 'ok', '', $w->{temp}) }
      delete $open{$handle};
      drop($w);
      answer($id, 'err', '', 5, $w->{path}, 'the content did not arrive as it was sent');
    });
  },
  commit => sub { my ($id, undef, $handle) = @_; my $w = delete $open{$handle} or oops($handle, 9); commit($w); answer($id, 'ok', '') },
  discard => sub { my ($id, undef, $handle) = @_; my $w = delete $open{$handle}; drop($w) if $w; answer($id, 'ok', '') },
  copy => sub {
    my ($id, undef, $source, $path, @a) = @_;
    sysopen my $f, $source, O_RDONLY | O_NONBLOCK or oops($source);
    oops($source, 21) if -d $f;
    my $w = begin($path, @a);
    push @jobs, sub {
      my $got = sysread $f, my $text, 65536;
      if (!defined $got) { my $n = $! + 0; drop($w); oops($source, $n) }
      if ($got) { put($w, $text); return 1 }
      seal($w, '');
      commit($w);
      return answer($id, 'ok', ''), 0;
    }, $id;
  },
  rename => sub {
    my ($id, undef, $from, $to) = @_;
    rename $from, $to or oops($from);
    sync_folder($to);
    answer($id, 'ok', '');
  },
  remove => sub {
    my ($id, undef, $path, $recursive) = @_;
    if (!lstat $path) { return answer($id, 'ok', '') if $! == 2 || $! == 20; oops($path) }
    if (!-d _) { unlink $path or $! == 2 or oops($path); return answer($id, 'ok', '') }
    oops($path, 21) unless $recursive;
    return answer($id, 'ok', '') if rmdir $path;
    oops($path) unless $! == 39 || $! == 17;
    # rm walks by descriptors, so nobody can put a link in its way.
    spawn(['rm', '-rf', '--', $path], id => $id, then => sub {
      my ($code, undef, $error) = @_;
      return answer($id, 'ok', '') if $code == 0;
      my ($text) = $error =~ /^(?:rm: )?(.*)/;
      oops($path, $text =~ /Permission denied/ ? 13 : $text =~ /not permitted/ ? 1 : $text =~ /Read-only/ ? 30 : $text =~ /busy/ ? 16 : 5, $text);
    });
  },
  mkdir => sub {
    my ($id, undef, $path, $owner, $group, $mode) = @_;
    if (!mkdir $path, $mode eq '' ? 0777 : $mode & 0700) { my $n = $! + 0; oops($path, $n) unless $n == 17 && -d $path }
    set_attributes($path, $owner, $group, $mode, '', '', 1);
    answer($id, 'ok', '');
  },
  link => sub {
    my ($id, undef, $kind, $target, $path) = @_;
    oops($path, 21) if -d $path && !-l $path;
    sweep($path);
    my $temp = beside($path);
    ($kind eq 'hard' ? link $target, $temp : symlink $target, $temp) or oops($path);
    if (!rename $temp, $path) { my $n = $! + 0; unlink $temp; oops($path, $n) }
    unlink $temp if $kind eq 'hard';
    sync_folder($path);
    answer($id, 'ok', '');
  },
  set => sub { my ($id, undef, @a) = @_; set_attributes(@a); answer($id, 'ok', '') },
  temporary => sub {
    my ($id, undef, $type, $where, $prefix, $suffix) = @_;
    my @where = $where ne '' ? $where : ($ENV{TMPDIR} ? $ENV{TMPDIR} : (), '/tmp', '/var/tmp', '/dev/shm');
    for my $d (@where) {
      my $path = "$d/$prefix" . random() . $suffix;
      return answer($id, 'ok', '', $path) if $type eq 'directory' ? mkdir $path, 0700 : sysopen my $f, $path, O_WRONLY | O_CREAT | O_EXCL, 0600;
    }
    oops($where[0]);
  },
  run => sub {
    my ($id, $body, $read, $limit, $timeout, $umask, $cwd, $env, @a) = @_;
    my @env = splice @a, 0, $env;
    spawn(\@a, id => $id, input => $body, limit => $limit eq '' ? undef : $limit, timeout => $timeout eq '' ? 0 : $timeout,
      umask => $umask eq '' ? undef : $umask, cwd => $cwd eq '' ? undef : $cwd, env => \@env);
  },
  kill => sub {
    my ($id, undef, $which) = @_;
    for (values %kids) { if (defined $_->{id} && $_->{id} == $which) { $_->{deadline} = mono() } }
    answer($id, 'ok', '');
  },
  ack => sub { ack($_[2]) },
  resume => sub {
    my ($id, undef, $name, $token, $got) = @_;
    socket($relay, PF_UNIX, SOCK_STREAM, 0) && connect($relay, pack_sockaddr_un("\0$name")) or do { undef $relay; oops($name) };
    $relay_id = $id;
    syswrite $relay, "$token $got\n";
    fcntl $relay, F_SETFL, O_NONBLOCK;
  },
  feed => sub { my ($id, $body) = @_; if ($relay) { fcntl $relay, F_SETFL, 0; syswrite $relay, $body; fcntl $relay, F_SETFL, O_NONBLOCK } },
  bye => sub { leave() },
);

sub ack {
  my $n = $_[0];
  while ($acked < $n && @kept) { $kept_bytes -= length shift @kept; $acked++ }
}

sub leave {
  for my $k (values %kids) { kill_all(15, $k->{pid}) }
  drop($_) for values %open;
  exit 0;
}

sub failed {
  my ($id, $e) = @_;
  if (!ref $e) { my $text = "$e"; $text =~ s/\n.*//s; $e = [0, '', "agent: $text"] }
  answer($id, 'err', '', @$e);
}

# Takes whole requests from the input buffer.
sub requests {
  while ((my $end = index $in, "\n") >= 0) {
    my ($id, $verb, $size, @a) = split / /, substr $in, 0, $end;
    last if length $in < $end + 1 + $size;
    substr $in, 0, $end + 1, '';
    my $body = substr $in, 0, $size, '';
    @a = map { dec($_) } @a;
    $last = $id if $id > $last;
    $keep{$id} = 1 unless $reads{$verb} || $verb eq 'run' && $a[0];
    my $serve = $verbs{$verb};
    eval { $serve ? $serve->($id, $body, @a) : oops($verb, 38); 1 } or failed($id, $@);
  }
}

# The link is gone. What still runs or was not acknowledged is kept for the next agent, for a bounded time.
sub link_lost {
  return if $lost;
  ($lost, $out, $in, $eof) = (1, '', '', 1);
  for my $k (values %kids) { if (defined $k->{id} && !$keep{ $k->{id} }) { kill_all(9, $k->{pid}) } }
  drop($_) for values %open;
  %open = ();
  leave() unless @kept || %keep;
  $until = mono() + $LINGER;
}

# ---- the loop ------------------------------------------------------------------------------------------------

pipe my $wake_r, my $wake_w;
fcntl $_, F_SETFL, O_NONBLOCK for $wake_r, $wake_w;
$SIG{CHLD} = sub { syswrite $wake_w, 'x' };
$SIG{$_} = 'IGNORE' for qw(PIPE HUP);
my ($listener, $guest);
if (socket $listener, PF_UNIX, SOCK_STREAM, 0) { (bind $listener, pack_sockaddr_un("\0$NAME")) && listen $listener, 2 or undef $listener }
{ my $s = select STDOUT; $| = 1; select $s }
my $me = getpwuid $>;
syswrite STDOUT, join(' ', $MARK, 'perl', $>, enc(defined $me ? $me : $>), $$) . "\n";
fcntl STDOUT, F_SETFL, O_NONBLOCK;

while (1) {
  my ($r, $w) = ('', '');
  my $room = length $out < 131072 && $kept_bytes < 1048576;
  my $now = mono();
  my $wait = @jobs && $room ? 0 : undef;
  my $by = sub { my $t = $_[0] - $now; $t = 0 if $t < 0; $wait = $t if !defined $wait || $t < $wait };
  vec($r, fileno $rfd, 1) = 1 unless $eof || length $out > 2097152;
  vec($r, fileno $wake_r, 1) = 1;
  vec($r, fileno $listener, 1) = 1 if $listener;
  vec($r, fileno $guest, 1) = 1 if $guest;
  vec($r, fileno $relay, 1) = 1 if $relay && $room;
  vec($w, fileno $wfd, 1) = 1 if $out ne '' && !$lost;
  for my $k (values %kids) {
    for (qw(fh1 fh2)) { vec($r, fileno $k->{$_}, 1) = 1 if $k->{$_} && ($room || $k->{then}) }
    vec($r, fileno $k->{fhs}, 1) = 1 if $k->{fhs};
    vec($w, fileno $k->{fhi}, 1) = 1 if $k->{fhi};
    $by->($k->{deadline}) if $k->{deadline};
    $by->($k->{grace}) if $k->{grace} && $room;
    $by->($now) if defined $k->{exit} && !$k->{fh1} && !$k->{fh2} && !$k->{fhs};
  }
  if ($lost) { leave() if $now > $until || !@kept && !%keep; $by->($until) }
  my $found = select $r, $w, undef, $wait;
  if ($found < 0) { ($r, $w) = ('', '') }
  %users = %groups = ();
  if (vec $r, fileno $wake_r, 1) { sysread $wake_r, my $x, 4096 }
  if (!$lost && $out ne '' && vec $w, fileno $wfd, 1) {
    my $n = syswrite $wfd, $out, 65536;
    if (defined $n) { substr $out, 0, $n, '' }
    elsif ($! != 11 && $! != 4) { link_lost() }
  }
  for my $k (values %kids) {
    if ($k->{fhs} && vec $r, fileno $k->{fhs}, 1) {
      my $n = sysread $k->{fhs}, $k->{fail}, 4096, length $k->{fail};
      close delete $k->{fhs} if defined $n && !$n;
    }
    for (1, 2) { take($k, $_) if $k->{"fh$_"} && vec $r, fileno $k->{"fh$_"}, 1 }
    if ($k->{fhi} && vec $w, fileno $k->{fhi}, 1) {
      my $n = syswrite $k->{fhi}, $k->{input}, 65536;
      if (defined $n) { substr $k->{input}, 0, $n, '' }
      close delete $k->{fhi} if $k->{input} eq '' || !defined $n && $! != 11 && $! != 4;
    }
  }
  reap();
  $now = mono();
  for my $k (values %kids) {
    if ($k->{deadline} && $now >= $k->{deadline} && !defined $k->{exit}) {
      kill_all($k->{late} ? 9 : 15, $k->{pid});
      $k->{late} = 1;
      $k->{deadline} = $now + 2;
    }
    next unless defined $k->{exit};
    if ($k->{late} && $k->{deadline}) { kill_all(9, $k->{pid}); delete $k->{deadline} }
    next if $k->{fhs} && $now < $k->{grace};
    if (!$k->{fh1} && !$k->{fh2}) { finish($k) }
    elsif ($now >= $k->{grace} && $room) {
      my $more = 0;
      for (1, 2) { if ($k->{"fh$_"}) { $more += take($k, $_) || 0 } }
      $more ? ($k->{grace} = $now + 0.05) : finish($k);
    }
  }
  if ($room) {
    for (1 .. @jobs / 2) {
      my ($job, $id) = splice @jobs, 0, 2;
      my $more = eval { ($job->())[-1] };
      if ($@) { failed($id, $@) }
      elsif ($more) { push @jobs, $job, $id }
    }
  }
  if ($relay && vec $r, fileno $relay, 1) {
    my $n = sysread $relay, my $text, 65536;
    if ($n) { answer($relay_id, 'data', $text) }
    elsif (defined $n || $! != 11) { answer($relay_id, 'ok', ''); undef $relay }
  }
  if ($listener && vec $r, fileno $listener, 1) {
    if (accept my $c, $listener) {
      # Only the same user (or root) may take over, and only with the token.
      my ($pid, $uid) = unpack 'iII', getsockopt $c, SOL_SOCKET, SO_PEERCRED;
      if ($uid == $> || $uid == 0) { $guest = $c }
    }
  }
  elsif ($guest && vec $r, fileno $guest, 1) {
    my $n = sysread $guest, my $text, 256;
    if ($n && $text =~ s/^(\S+) (\d+)\n// && $1 eq $TOKEN) {
      ack($2);
      ($rfd, $wfd, $lost, $eof, $in) = ($guest, $guest, 0, 0, $text);
      fcntl $wfd, F_SETFL, O_NONBLOCK;
      $out = "0 resumed 0 $last\n" . join '', @kept;
    }
    undef $guest;
  }
  if (!$eof && vec $r, fileno $rfd, 1) {
    my $n = sysread $rfd, $in, 65536, length $in;
    if ($n) { requests() }
    elsif (defined $n || ($! != 11 && $! != 4)) { link_lost() }
  }
}
