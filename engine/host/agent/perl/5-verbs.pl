# The verbs: from arguments to answers.

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
