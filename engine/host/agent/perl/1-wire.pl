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
