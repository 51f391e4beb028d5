package main

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/miekg/dns"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/client-go/tools/clientcmd"
)

// zone is what the names of Services end with.
const zone = ".svc.cluster.local."

// ttl is how many seconds an answer may be kept.
const ttl = 5

// names answers for Services (their address, or those of their ready pods where
// they have none), for named ports (SRV), for ExternalName (CNAME), and for nodes.
// All other names do not exist.
type names struct {
	services corelisters.ServiceLister
	nodes    corelisters.NodeLister
	slices   discoverylisters.EndpointSliceLister
}

// serveDNS answers at addr, over UDP and TCP, until it fails.
func serveDNS(kubeconfig, addr string) error {
	client, err := connect(kubeconfig)
	if err != nil {
		return err
	}
	ctx := context.Background()
	factory := informers.NewSharedInformerFactory(client, 0)
	n := names{
		services: factory.Core().V1().Services().Lister(),
		nodes:    factory.Core().V1().Nodes().Lister(),
		slices:   factory.Discovery().V1().EndpointSlices().Lister(),
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	failed := make(chan error, 2)
	for _, network := range []string{"udp", "tcp"} {
		go func() {
			failed <- (&dns.Server{Addr: addr, Net: network, Handler: n}).ListenAndServe()
		}()
	}
	return fmt.Errorf("serving DNS at %s: %w", addr, <-failed)
}

func connect(kubeconfig string) (*kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(config)
}

// ServeDNS answers one question.
func (n names) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	reply := new(dns.Msg)
	reply.SetReply(question)
	reply.Authoritative = true
	asked := question.Question[0]
	name := strings.ToLower(asked.Name)
	records := n.node(name)
	if service, ok := strings.CutSuffix(name, zone); ok {
		records = n.service(strings.Split(service, "."))
	}
	if len(records) == 0 {
		reply.Rcode = dns.RcodeNameError
	}
	for _, record := range records {
		header := record.Header()
		if header.Rrtype == asked.Qtype || header.Rrtype == dns.TypeCNAME {
			header.Name, header.Class, header.Ttl = asked.Name, dns.ClassINET, ttl
			reply.Answer = append(reply.Answer, record)
		}
	}
	w.WriteMsg(reply)
}

func (n names) node(name string) (records []dns.RR) {
	node, err := n.nodes.Get(strings.TrimSuffix(name, "."))
	if err != nil {
		return nil
	}
	for _, a := range node.Status.Addresses {
		if a.Type == core.NodeInternalIP {
			records = append(records, address(a.Address))
		}
	}
	return records
}

// service answers for [SERVICE NAMESPACE] and [_PORT _PROTOCOL SERVICE NAMESPACE].
func (n names) service(labels []string) (records []dns.RR) {
	count := len(labels)
	if count != 2 && count != 4 {
		return nil
	}
	namespace, name := labels[count-1], labels[count-2]
	service, err := n.services.Services(namespace).Get(name)
	if err != nil {
		return nil
	}
	if count == 4 {
		for _, port := range service.Spec.Ports {
			if "_"+port.Name == labels[0] {
				records = append(records, &dns.SRV{Hdr: dns.RR_Header{Rrtype: dns.TypeSRV}, Weight: 1, Port: uint16(port.Port), Target: name + "." + namespace + zone})
			}
		}
		return records
	}
	switch {
	case service.Spec.Type == core.ServiceTypeExternalName:
		return []dns.RR{&dns.CNAME{Hdr: dns.RR_Header{Rrtype: dns.TypeCNAME}, Target: dns.Fqdn(service.Spec.ExternalName)}}
	case service.Spec.ClusterIP != core.ClusterIPNone:
		return []dns.RR{address(service.Spec.ClusterIP)}
	default:
		return n.pods(namespace, name)
	}
}

// pods are those of a headless Service that are ready.
func (n names) pods(namespace, service string) (records []dns.RR) {
	slices, err := n.slices.EndpointSlices(namespace).List(labels.SelectorFromSet(labels.Set{discovery.LabelServiceName: service}))
	if err != nil {
		return nil
	}
	for _, slice := range slices {
		for _, endpoint := range slice.Endpoints {
			if ready := endpoint.Conditions.Ready; (ready == nil || *ready) && len(endpoint.Addresses) > 0 {
				records = append(records, address(endpoint.Addresses[0]))
			}
		}
	}
	return records
}

func address(ip string) dns.RR {
	return &dns.A{Hdr: dns.RR_Header{Rrtype: dns.TypeA}, A: net.ParseIP(ip)}
}
