package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// balanceLoad gives each Service of type LoadBalancer an address of 172.30.1.0/24
// that is routed to the node; kube-proxy there does the rest. It looks once a
// second, which is quick enough for people, and for scripts that wait.
func balanceLoad(kubeconfig, node string) error {
	client, err := connect(kubeconfig)
	if err != nil {
		return err
	}
	for {
		if err := giveAddresses(client, node); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		time.Sleep(time.Second)
	}
}

func giveAddresses(client *kubernetes.Clientset, node string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	services, err := client.CoreV1().Services("").List(ctx, meta.ListOptions{})
	if err != nil {
		return err
	}
	for _, service := range services.Items {
		if service.Spec.Type != core.ServiceTypeLoadBalancer || len(service.Status.LoadBalancer.Ingress) > 0 {
			continue
		}
		// The same Service gets the same address again.
		hash := fnv.New32a()
		fmt.Fprint(hash, service.Namespace, "/", service.Name)
		ip := fmt.Sprintf("172.30.1.%d", hash.Sum32()%250+1)
		if out, err := exec.CommandContext(ctx, "ip", "route", "replace", ip, "via", node).CombinedOutput(); err != nil {
			return fmt.Errorf("a route for %s: %w: %s", ip, err, out)
		}
		service.Status.LoadBalancer.Ingress = []core.LoadBalancerIngress{{IP: ip}}
		if _, err := client.CoreV1().Services(service.Namespace).UpdateStatus(ctx, &service, meta.UpdateOptions{}); err != nil {
			return err
		}
	}
	return nil
}
