#!/usr/bin/env bash
# node.sh NAME IP PODS PROGRAM DIR: one node, in namespaces of its own: containerd,
# kubelet and kube-proxy. PODS are the first three numbers of its pods' addresses.
set -euo pipefail
name=$1 ip=$2 pods=$3 program=$4 dir=$5
pki=$dir/pki own=$dir/$name

hostname "$name"
mount --make-rprivate /
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
	# Mounted anew, the hierarchies begin at this node's cgroup.
	mount -t tmpfs cgroup /sys/fs/cgroup
	while read -r controller hierarchy _; do
		case $controller/$hierarchy in '#'* | */0) continue ;; esac
		mkdir "/sys/fs/cgroup/$controller"
		mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" 2>/dev/null || rmdir "/sys/fs/cgroup/$controller"
	done </proc/cgroups
	mkdir /sys/fs/cgroup/systemd
	mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd || rmdir /sys/fs/cgroup/systemd
fi
mkdir -p "$own"/{kubelet,containerd,cni,log,net.d,certs.d/docker.io}
for state in kubelet containerd cni; do
	mkdir -p "/var/lib/$state"
	mount --bind "$own/$state" "/var/lib/$state"
done
mount --bind "$own/log" /var/log
mount -t tmpfs tmpfs /run
[ -L /var/run ] || mount --bind /run /var/run
mkdir -p /run/containerd /run/netns /etc/cni/net.d
mount --bind "$own/net.d" /etc/cni/net.d
mount --make-rshared /
printf '127.0.0.1 localhost\n%s %s\n' "$ip" "$name" >"$own/hosts"
mount --bind "$own/hosts" /etc/hosts
ip link set lo up
sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 net.ipv4.conf.all.rp_filter=0 || true

# isDefaultGateway makes the route; one more in ipam would collide with it.
cat >"$own/net.d/10-bed.conflist" <<END
{"cniVersion": "0.4.0", "name": "bed", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isDefaultGateway": true, "hairpinMode": true, "ipMasq": false,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pods.0/24"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}]}
END
# restrict_oom_score_adj: without CAP_SYS_RESOURCE, as within many CI containers,
# runc cannot make anything less likely to be killed.
cat >"$own/containerd.toml" <<END
version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/bed/pause:1"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$own/certs.d"
END
cat >"$own/certs.d/docker.io/hosts.toml" <<END
server = "http://172.30.0.1:5000"
[host."http://172.30.0.1:5000"]
  capabilities = ["pull", "resolve"]
END
containerd -c "$own/containerd.toml" >"$dir/log/$name.containerd" 2>&1 &
until ctr version >/dev/null 2>&1; do sleep 0.1; done

cat >"$own/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: cgroupfs
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
failSwapOn: false
failCgroupV1: false
oomScoreAdj: 0
clusterDomain: cluster.local
clusterDNS: [10.96.0.10]
authentication: {anonymous: {enabled: false}, x509: {clientCAFile: $pki/ca.crt}, webhook: {enabled: true}}
authorization: {mode: Webhook}
evictionHard: {memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%"}
imageGCHighThresholdPercent: 100
nodeStatusUpdateFrequency: 2s
syncFrequency: 10s
serializeImagePulls: false
podLogsDir: /var/log/pods
END
"$program" kubelet --config="$own/kubelet.yaml" --kubeconfig="$pki/$name.kubeconfig" --hostname-override="$name" \
	--node-ip="$ip" --root-dir=/var/lib/kubelet --cert-dir="$own/certs" >"$dir/log/$name.kubelet" 2>&1 &
cat >"$own/proxy.yaml" <<END
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $pki/proxy.kubeconfig}
hostnameOverride: $name
mode: iptables
clusterCIDR: 10.196.0.0/16
conntrack: {maxPerCore: 0, min: 0}
END
"$program" kube-proxy --config="$own/proxy.yaml" >"$dir/log/$name.proxy" 2>&1 &
wait
