# What a path is: its fields, its hash.

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
