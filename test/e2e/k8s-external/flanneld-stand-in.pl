#!/usr/bin/perl
# A stand-in for flanneld, whose release cannot be had where tests run. It keeps to what flannel's pages say of flanneld with settings
# in etcd: flags as FLANNELD_* variables, settings below the prefix, a lease of a day for a /24 of this host, ranges of others as routes
# (the backend host-gw, whatever the settings say), subnet.env, and word to systemd when that is written.

use strict;
use warnings;
use IO::Socket::UNIX;
use Socket qw(inet_aton inet_ntoa);

my ($prefix, $address, $file) = @ENV{qw(FLANNELD_ETCD_PREFIX FLANNELD_IFACE FLANNELD_SUBNET_FILE)};
$ENV{ETCDCTL_API} = 3;
for my $name (qw(ENDPOINTS CACERT CERT KEY)) {
    my $theirs = {CACERT => 'CAFILE', CERT => 'CERTFILE', KEY => 'KEYFILE'}->{$name} // $name;
    $ENV{"ETCDCTL_$name"} = $ENV{"FLANNELD_ETCD_$theirs"} // die "FLANNELD_ETCD_$theirs is not set\n";
}

sub etcdctl {
    open(my $said, '-|', '/usr/bin/etcdctl', @_) or die "etcdctl: $!\n";
    local $/;
    my $text = <$said>;
    close $said or die "etcdctl @_ failed\n";
    return $text;
}

# Ranges by the address of the host that has them.
sub taken {
    my @lines = split /\n/, etcdctl('get', '--prefix', "$prefix/subnets/");
    my %of;
    while (my ($key, $value) = splice @lines, 0, 2) {
        my ($first, $length) = $key =~ m{/([0-9.]+)-([0-9]+)$} or next;
        my ($public) = $value =~ /"PublicIP":"([0-9.]+)"/ or next;
        $of{$public} = "$first/$length";
    }
    return \%of;
}

my $settings = etcdctl('get', '--print-value-only', "$prefix/config");
die "no settings at $prefix/config\n" if $settings eq '';
my ($network, $base) = $settings =~ m{"Network": *"(([0-9.]+)/[0-9]+)"} or die "no Network in $settings\n";

# The real one takes any range that is free; here it is the one with the last number of the address.
my ($number) = $address =~ /([0-9]+)$/;
my $range = inet_ntoa(pack 'N', unpack('N', inet_aton($base)) + $number * 256) . '/24';
unless (exists taken()->{$address}) {
    my ($lease) = etcdctl('lease', 'grant', 86400) =~ /lease (\S+)/;
    etcdctl('put', "--lease=$lease", "$prefix/subnets/" . $range =~ s{/}{-}r, qq({"PublicIP":"$address","BackendType":"host-gw"}));
}

mkdir '/run/flannel';
open(my $env, '>', "$file.new") or die "$file: $!\n";
my $own = $range =~ s{0/}{1/}r;
print $env "FLANNEL_NETWORK=$network\nFLANNEL_SUBNET=$own\nFLANNEL_MTU=1400\nFLANNEL_IPMASQ=true\n";
close $env;
rename "$file.new", $file;

my $word = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $ENV{NOTIFY_SOCKET} =~ s/^@/\0/r) or die "systemd: $!\n";
$word->send('READY=1');

while (1) {
    my $of = taken();
    for my $other (grep { $_ ne $address } keys %$of) {
        system('ip', 'route', 'replace', $of->{$other}, 'via', $other);
    }
    system('iptables -w -C FORWARD -s ' . "$network -j ACCEPT 2> /dev/null || iptables -w -I FORWARD -s $network -j ACCEPT");
    sleep 2;
}
