# Writing files atomically, and setting owner, mode and times.

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
