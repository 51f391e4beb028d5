package k8s

import (
	"fmt"
	"strconv"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s/internal/api"
)

// State is what is known of the names that are in use, as a value to be shown as
// JSON. It has the form of Linkerd's page (EndpointsNamer.scala): endpoints and
// portMappings, and in them for each Service, as "default/hello" or
// "default/hello:version=v1", its state and its watch. An External has services
// in place of both. Objects themselves, which may hold secrets, are not shown.
func (n *Namer) State() any {
	n.mu.Lock()
	all := make([]used, 0, len(n.used))
	for u := range n.used {
		all = append(all, u)
	}
	n.mu.Unlock()
	endpoints, mappings := map[string]watchState{}, map[string]watchState{}
	for _, u := range all {
		if n.hosts == nil {
			if s, ok := api.Peek[backing](n.client.api, u.of); ok {
				endpoints[u.of.String()] = stateOf(s, func(b backing) (*api.Report, any) { return b.report, endpointsValue(u.of, b) })
			}
		}
		if n.hosts != nil || u.number {
			if s, ok := api.PeekWatch[*service](n.client.api, serviceQuery(u.of)); ok {
				mappings[u.of.String()] = stateOf(s, func(s api.Snapshot[*service]) (*api.Report, any) {
					if n.hosts != nil {
						return s.Report, balancersValue(s.Items)
					}
					return s.Report, mappingValue(s.Items)
				})
			}
		}
	}
	if n.hosts != nil {
		return map[string]any{"services": mappings}
	}
	return map[string]any{"endpoints": endpoints, "portMappings": mappings}
}

// watchState is one Service.
type watchState struct {
	State runState     `json:"state"`
	Watch watchHistory `json:"watch"`
}

type runState struct {
	Running       bool   `json:"running"`
	LastStartedAt string `json:"lastStartedAt,omitempty"`
	LastUpdatedAt string `json:"lastUpdatedAt,omitempty"`
	Value         any    `json:"value,omitempty"`
}

type watchHistory struct {
	Resource          string `json:"resource,omitempty"`
	Request           string `json:"request,omitempty"`
	LastRequestAt     string `json:"lastRequestAt,omitempty"`
	LastResponseAt    string `json:"lastResponseAt,omitempty"`
	LastStreamStartAt string `json:"lastStreamStartAt,omitempty"`
	LastStreamDataAt  string `json:"lastStreamDataAt,omitempty"`
	LastStreamEndAt   string `json:"lastStreamEndAt,omitempty"`
	Streaming         bool   `json:"streaming"`
	ResourceVersion   string `json:"resourceVersion,omitempty"`
	LastError         string `json:"lastError,omitempty"`
	LastErrorAt       string `json:"lastErrorAt,omitempty"`
}

// stateOf shows a watch. While nothing is known there is no report, but the last
// error.
func stateOf[T any](s resolve.State[T], view func(T) (*api.Report, any)) watchState {
	out := watchState{State: runState{Running: true}}
	if s.Status != resolve.OK {
		if s.Err != nil {
			out.Watch.LastError, out.Watch.LastErrorAt = s.Err.Error(), stamp(s.Since)
		}
		return out
	}
	report, value := view(s.Value)
	h := report.Now()
	out.State.LastStartedAt, out.State.LastUpdatedAt, out.State.Value = stamp(h.StartedAt), stamp(h.UpdatedAt), value
	out.Watch = watchHistory{
		Resource: h.Query.Plural, Request: h.Request, LastRequestAt: stamp(h.RequestAt), LastResponseAt: stamp(h.ResponseAt),
		LastStreamStartAt: stamp(h.StreamStartAt), LastStreamDataAt: stamp(h.StreamDataAt), LastStreamEndAt: stamp(h.StreamEndAt),
		Streaming: h.Streaming, ResourceVersion: h.Version, LastError: h.LastError, LastErrorAt: stamp(h.LastErrorAt),
	}
	return out
}

// endpointState is one endpoint, with its port if it has one, else with its ports.
type endpointState struct {
	IP       string            `json:"ip"`
	NodeName string            `json:"nodeName,omitempty"`
	Port     uint16            `json:"port,omitempty"`
	Ports    map[string]uint16 `json:"ports,omitempty"`
}

func endpointsValue(o of, b backing) any {
	all, ports := []endpointState{}, map[string]uint16{}
	for _, g := range b.groups {
		own := map[string]uint16{}
		for _, p := range g.ports {
			own[p.name], ports[p.name] = p.number, p.number
		}
		for _, e := range g.ready {
			s := endpointState{IP: e.ip.String(), NodeName: e.node}
			if len(g.ports) == 1 {
				s.Port = g.ports[0].number
			} else {
				s.Ports = own
			}
			all = append(all, s)
		}
	}
	return map[string]any{"nsName": o.namespace, "serviceName": o.service, "endpoints": all, "ports": ports}
}

// mappingValue is service port to target port.
func mappingValue(found []*service) any {
	out := map[string]string{}
	for _, s := range found {
		for _, p := range s.Spec.Ports {
			if isTCP(p.Protocol) {
				out[strconv.Itoa(p.Port)] = p.target()
			}
		}
	}
	return out
}

// target is a port's targetPort, a number or a name.
func (p servicePort) target() string {
	if p.TargetPort == nil {
		return strconv.Itoa(p.Port)
	}
	return fmt.Sprint(p.TargetPort)
}

func balancersValue(found []*service) any {
	ports, at := map[string]int{}, []string{}
	for _, s := range found {
		for _, p := range s.Spec.Ports {
			if isTCP(p.Protocol) {
				ports[p.Name] = p.Port
			}
		}
		for _, i := range s.Status.LoadBalancer.Ingress {
			if i.IP != "" {
				at = append(at, i.IP)
			} else if i.Hostname != "" {
				at = append(at, i.Hostname)
			}
		}
	}
	return map[string]any{"loadBalancers": at, "ports": ports}
}

// stamp is a time in Linkerd's form, "" if it never came.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 -0700")
}
