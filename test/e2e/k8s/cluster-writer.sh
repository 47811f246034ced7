# A client that writes every 50 ms, to the host's own etcd member and through the API's load balancer, until it is told
# to stop. Closes with `NAME writes failed gap` for both; gap: longest time between two successes, in seconds.
# Its words are which of the two clients write: etcd, api.
set -u
cd "$(mktemp -d)"
rm -f /run/writer.stop
pki=/etc/kubernetes/pki
export ETCDCTL_API=3 KUBECONFIG=/etc/kubernetes/admin.conf
kubectl create configmap writer --from-literal=n=0 > /dev/null 2>&1
sed -n 's/.*client-certificate-data: //p' $KUBECONFIG | base64 -d > client.crt
sed -n 's/.*client-key-data: //p' $KUBECONFIG | base64 -d > client.key
server=$(sed -n 's/.*server: //p' $KUBECONFIG)

to_etcd() {
  etcdctl --command-timeout=2s --endpoints=https://127.0.0.1:2379 --cacert=$pki/etcd/ca.crt \
    --cert=$pki/etcd/healthcheck-client.crt --key=$pki/etcd/healthcheck-client.key put /writer "$1"
}
to_api() {
  curl -sf -m 2 --cacert $pki/ca.crt --cert client.crt --key client.key -X PATCH -H 'Content-Type: application/merge-patch+json' \
    -d "{\"data\":{\"n\":\"$1\"}}" "$server/api/v1/namespaces/default/configmaps/writer"
}
client() {
  local n=0 begin
  while [ ! -e /run/writer.stop ]; do
    n=$((n + 1))
    begin=$(date +%s%N)
    if "to_$1" $n > /dev/null 2>> "$1.errors"; then echo "$(date +%s%N) ok"; else echo "$(date +%s%N) failed"; fi
    left=$((50000000 - $(date +%s%N) + begin))
    [ $left -le 0 ] || sleep "0.$(printf %09d $left)"
  done > "$1.log"
}
for one; do client "$one" & done
echo begun
wait
for one; do
  awk -v name=$one '{ n++ } $2 == "failed" { bad++ } $2 == "ok" { if (last && $1 - last > gap) gap = $1 - last; last = $1 }
    END { printf "%s %d %d %.3f\n", name, n, bad, gap / 1e9 }' $one.log
done
