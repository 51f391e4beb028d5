#!/usr/bin/env bash
# cgroup.sh NODE PID: moves the process into a cgroup of the node's own, so that two
# kubelets do not share one tree. bed.go removes it.
set -euo pipefail
name=meshhop-bed-$1 pid=$2
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	mkdir -p "/sys/fs/cgroup/$name"
	echo "$pid" >"/sys/fs/cgroup/$name/cgroup.procs"
	exit
fi
for hierarchy in /sys/fs/cgroup/*/; do
	[ -e "$hierarchy/cgroup.procs" ] || continue
	mkdir -p "$hierarchy/$name"
	if [ -e "$hierarchy/$name/cpuset.cpus" ]; then
		cat "$hierarchy/cpuset.cpus" >"$hierarchy/$name/cpuset.cpus"
		cat "$hierarchy/cpuset.mems" >"$hierarchy/$name/cpuset.mems"
	fi
	echo "$pid" >"$hierarchy/$name/cgroup.procs"
done
