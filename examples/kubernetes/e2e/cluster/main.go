// Command cluster is a whole Kubernetes in one program: its first argument says
// which part of it this process is, the other arguments are that part's own.
//
//	cluster etcd | kube-apiserver | kube-controller-manager | kube-scheduler [flag]...
//	cluster kubelet | kube-proxy [flag]...
//	cluster dns KUBECONFIG ADDR
//	cluster load-balancer KUBECONFIG NODE
//
// The first six are Kubernetes's and etcd's own. The last two stand in for what a
// cloud adds: DNS for Services and nodes, and addresses for Services of type
// LoadBalancer.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: cluster PART [argument]...")
		os.Exit(2)
	}
	part, args := os.Args[1], os.Args[2:]
	// The parts read their flags from os.Args.
	os.Args = os.Args[1:]
	var command *cobra.Command
	switch part {
	case "etcd":
		etcdmain.Main(os.Args)
		return
	case "kube-apiserver":
		command = apiserver.NewAPIServerCommand()
	case "kube-controller-manager":
		command = controllers.NewControllerManagerCommand()
	case "kube-scheduler":
		command = scheduler.NewSchedulerCommand()
	case "kubelet":
		command = kubelet.NewKubeletCommand(context.Background())
	case "kube-proxy":
		command = proxy.NewProxyCommand()
	case "dns":
		own(serveDNS, args)
		return
	case "load-balancer":
		own(balanceLoad, args)
		return
	default:
		fmt.Fprintf(os.Stderr, "cluster: there is no part %q\n", part)
		os.Exit(2)
	}
	os.Exit(cli.Run(command))
}

// own runs a part of our own, which takes the same two arguments.
func own(run func(kubeconfig, arg string) error, args []string) {
	if len(args) != 2 {
		fmt.Fprintln(os.Stderr, "cluster: want KUBECONFIG and one more argument")
		os.Exit(2)
	}
	if err := run(args[0], args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}
