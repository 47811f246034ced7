# Running commands, each in a session of its own.

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
