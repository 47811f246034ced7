# Requests, the end of the link, and the loop that waits for everything at once.

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
    # perl runs handlers between its operations: one for a child that ends just before the select waits for its return.
    $by->($now + 0.25) unless defined $k->{exit};
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
