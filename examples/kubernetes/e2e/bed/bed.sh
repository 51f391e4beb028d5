#!/usr/bin/env bash
# bed.sh PROGRAM DIR: a control plane and two nodes of Kubernetes.
#
# It runs as the first process of net, mount and pid namespaces of its own; all that
# it starts ends with it. The network is 172.30.0.0/24: .1 is the control plane, .11
# and .12 are the nodes, with the pods 10.196.1.0/24 and 10.196.2.0/24. DIR/ready
# appears when nodes are ready and pods can be made.
set -euo pipefail
program=$1 dir=$2
here=$dir/scripts pki=$dir/pki log=$dir/log
control=172.30.0.1

mount --make-rprivate /
mount -t proc proc /proc
# Names are looked up in the cluster, as a reader's machine might be set up to do.
echo "nameserver $control" >"$dir/resolv.conf"
mount --bind "$dir/resolv.conf" "$(readlink -f /etc/resolv.conf)"
ip link set lo up
ip link add br0 type bridge
ip addr add "$control/24" dev br0
ip link set br0 up
# What a kernel does not have cannot get in the way.
sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=0 || true

"$program" etcd --name bed --data-dir "$dir/etcd" --unsafe-no-fsync --log-level warn \
	--listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
	--listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
	--initial-cluster bed=http://127.0.0.1:2380 >"$log/etcd" 2>&1 &
bash "$here/apiserver.sh" "$program" "$dir"
"$program" kube-controller-manager --kubeconfig="$pki/controller-manager.kubeconfig" --leader-elect=false \
	--use-service-account-credentials=true --service-account-private-key-file="$pki/sa.key" --root-ca-file="$pki/ca.crt" \
	--cluster-cidr=10.196.0.0/16 --allocate-node-cidrs=false --profiling=false --bind-address=127.0.0.1 >"$log/controllers" 2>&1 &
"$program" kube-scheduler --kubeconfig="$pki/scheduler.kubeconfig" --leader-elect=false \
	--profiling=false --bind-address=127.0.0.1 >"$log/scheduler" 2>&1 &

# node NUMBER starts a node. Its end of the cable is made here and moved there once
# the node has its namespaces.
node() {
	local name=node$1 ip=172.30.0.1$1 pods=10.196.$1 other=$((3 - $1)) cable=to-node$1 child
	ip link add "$cable" type veth peer name "$cable-end"
	ip link set "$cable" master br0 up
	(
		bash "$here/cgroup.sh" "$name" "$BASHPID"
		exec unshare --cgroup --net --mount --uts --ipc --pid --fork --kill-child --mount-proc bash -euc "
			until ip link show '$cable-end' >/dev/null 2>&1; do sleep 0.05; done
			ip link set '$cable-end' name eth0
			ip addr add '$ip/24' dev eth0
			ip link set eth0 up
			ip route add default via '$control'
			ip route add '10.196.$other.0/24' via '172.30.0.1$other'
			# A load balancer's address that kube-proxy does not know yet: without
			# this a first packet would be lost, and the next ones follow it.
			ip route add unreachable 172.30.1.0/24
			exec bash '$here/node.sh' '$name' '$ip' '$pods' '$program' '$dir'"
	) >"$log/$name" 2>&1 &
	child=$!
	ip route add "$pods.0/24" via "$ip"
	until [ "$(readlink "/proc/$child/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do
		kill -0 "$child"
		sleep 0.05
	done
	ip link set "$cable-end" netns "$child"
}
node 1
node 2

admin() { kubectl --kubeconfig "$pki/admin.kubeconfig" "$@"; }
until admin get --raw /readyz >/dev/null 2>&1; do sleep 0.2; done
admin apply -f "$here/base.yaml" >/dev/null
"$program" dns "$pki/admin.kubeconfig" "$control:53" >"$log/dns" 2>&1 &
"$program" load-balancer "$pki/admin.kubeconfig" 172.30.0.11 >"$log/load-balancer" 2>&1 &
until [ "$(admin get nodes --no-headers 2>/dev/null | grep -c ' Ready')" = 2 ]; do sleep 0.2; done
# A bare Pod cannot be made before the controllers have made its service account.
until admin get serviceaccount default >/dev/null 2>&1; do sleep 0.1; done
touch "$dir/ready"
wait
