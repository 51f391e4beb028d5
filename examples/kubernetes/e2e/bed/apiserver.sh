#!/usr/bin/env bash
# apiserver.sh PROGRAM DIR: starts the API server in the background, and writes its
# process id, as the bed sees it, to DIR/apiserver.pid. A test that ends it starts it
# again with this.
set -euo pipefail
program=$1 pki=$2/pki
"$program" kube-apiserver --etcd-servers=http://127.0.0.1:2379 --etcd-compaction-interval=0 \
	--bind-address=0.0.0.0 --advertise-address=172.30.0.1 --secure-port=6443 --service-cluster-ip-range=10.96.0.0/16 \
	--tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
	--client-ca-file="$pki/ca.crt" --token-auth-file="$pki/tokens.csv" \
	--service-account-key-file="$pki/sa.key" --service-account-signing-key-file="$pki/sa.key" \
	--service-account-issuer=https://kubernetes.default.svc.cluster.local \
	--kubelet-client-certificate="$pki/kubelet-client.crt" --kubelet-client-key="$pki/kubelet-client.key" \
	--kubelet-preferred-address-types=InternalIP \
	--authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
	--enable-priority-and-fairness=false --profiling=false >>"$2/log/apiserver" 2>&1 &
echo $! >"$2/apiserver.pid"
