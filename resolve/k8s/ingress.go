package k8s

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s/internal/api"
)

// Ingress has the fields of an Ingress that say where requests go.
type Ingress struct {
	Namespace, Name string
	// Class is spec.ingressClassName, or the annotation
	// kubernetes.io/ingress.class if that is not there. Empty: neither is.
	Class   string
	Created time.Time
	Rules   []IngressRule // one for each path
	// Default is the backend of requests that no rule matches; nil: there is none.
	Default *IngressBackend
	// Skipped says which rules have no service, and why.
	Skipped []string
}

// IngressRule is one path of a rule.
type IngressRule struct {
	Host, Path string
	PathType   string // "Exact", "Prefix", "ImplementationSpecific", or "" where the server has no such field
	Backend    IngressBackend
}

// IngressBackend is a Service, and its port by name or number.
type IngressBackend struct{ Service, Port string }

// IngressesConfig of [Ingresses].
type IngressesConfig struct {
	// Client asks the API server, and is closed by whoever made it. Required.
	Client *Client
	// Namespace is where they are. Default: everywhere.
	Namespace string
	// Changed gets all Ingresses, sorted by namespace and name: once they are known,
	// and after each change. It is never called concurrently. Required.
	Changed func([]Ingress)
}

// Ingresses follows the Ingresses of networking.k8s.io/v1 or, if the server has none
// (404), those of extensions/v1beta1, as before Kubernetes 1.19; it then tries the first
// again every ten minutes. An outage of the API changes nothing.
type Ingresses struct {
	c    IngressesConfig
	stop func()
	done chan struct{}

	report *api.Report

	mu    sync.Mutex
	known bool
	err   error // why they are not known yet
}

// FollowIngresses watches until Close. The server may still be down.
func FollowIngresses(c IngressesConfig) (*Ingresses, error) {
	switch {
	case c.Client == nil || c.Changed == nil:
		return nil, errors.New("k8s: Ingresses need a Client and Changed")
	case c.Namespace != "" && !api.IsLabel(c.Namespace):
		return nil, fmt.Errorf("k8s: %q is not a valid namespace", c.Namespace)
	}
	w := &Ingresses{c: c, report: &api.Report{}, done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	ctx, leave, ok := c.Client.api.Enter(ctx)
	if !ok {
		cancel()
		return nil, errors.New("k8s: the client is closed")
	}
	go func() {
		defer close(w.done)
		defer leave()
		w.run(ctx)
	}()
	return w, nil
}

// Close stops watching, and waits until Changed is no longer called. Changed must not
// call it.
func (w *Ingresses) Close() error {
	w.stop()
	<-w.done
	return nil
}

// Err says why the Ingresses are not known yet. It is nil if they are, or if nothing is
// wrong.
func (w *Ingresses) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// State is the caller's value, made of what Changed got last, and what happened to the
// watch, in the form of [Namer.State].
func (w *Ingresses) State(value any) any {
	w.mu.Lock()
	s := resolve.State[struct{}]{Err: w.err}
	if w.known {
		s.Status = resolve.OK
	}
	w.mu.Unlock()
	return stateOf(s, func(struct{}) (*api.Report, any) { return w.report, value })
}

// run asks for one version and, where the server has not got it, the other one.
func (w *Ingresses) run(ctx context.Context) {
	for ctx.Err() == nil {
		if w.follow(ctx, api.Ingresses()); ctx.Err() != nil {
			return
		}
		w.c.Client.api.Warn("reading Ingresses of extensions/v1beta1: the server has none of networking.k8s.io/v1")
		old, again := context.WithTimeout(ctx, slicesAgain+rand.N(slicesAgain/10))
		w.follow(old, api.OldIngresses())
		if old.Err() == nil { // it has neither, as when it has just been started
			select {
			case <-time.After(time.Second + rand.N(4*time.Second)):
			case <-ctx.Done():
			}
		}
		again()
	}
}

// follow returns when ctx ends or the server has no such resource.
func (w *Ingresses) follow(ctx context.Context, r api.Resource) {
	_ = api.Follow(ctx, w.c.Client.api, api.Query{Resource: r, Namespace: w.c.Namespace}, api.Follower[*ingress]{
		Report: w.report,
		Changed: func(all []*ingress) {
			w.mu.Lock()
			w.known, w.err = true, nil
			w.mu.Unlock()
			out := make([]Ingress, len(all))
			for i, one := range all {
				out[i] = one.plain()
			}
			w.c.Changed(out)
		},
		Trouble: func(err error) bool {
			w.mu.Lock()
			if !w.known {
				w.err = err
			}
			w.mu.Unlock()
			return api.CodeOf(err) == http.StatusNotFound
		},
	})
}

// ingress is an Ingress of either version: each has fields that the other has not.
type ingress struct {
	Meta struct {
		api.Meta
		Created     time.Time `json:"creationTimestamp"`
		Annotations struct {
			Class string `json:"kubernetes.io/ingress.class"`
		} `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Class   string          `json:"ingressClassName"`
		Default *ingressBackend `json:"defaultBackend"`
		Backend *ingressBackend `json:"backend"` // v1beta1
		Rules   []struct {
			Host string `json:"host"`
			HTTP *struct {
				Paths []struct {
					Path     string         `json:"path"`
					PathType string         `json:"pathType"`
					Backend  ingressBackend `json:"backend"`
				} `json:"paths"`
			} `json:"http"`
		} `json:"rules"`
	} `json:"spec"`
}

type ingressBackend struct {
	Service *struct {
		Name string `json:"name"`
		Port struct {
			Name   string `json:"name"`
			Number int    `json:"number"`
		} `json:"port"`
	} `json:"service"`
	Name string     `json:"serviceName"` // v1beta1
	Port numberText `json:"servicePort"` // v1beta1
}

// numberText is a number or a text.
type numberText string

// UnmarshalJSON implements [json.Unmarshaler].
func (n *numberText) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		*n = numberText(text)
		return nil
	}
	var number int
	err := json.Unmarshal(data, &number)
	*n = numberText(strconv.Itoa(number))
	return err
}

func (i *ingress) Metadata() api.Meta { return i.Meta.Meta }

// plain is the Ingress without its version.
func (i *ingress) plain() Ingress {
	out := Ingress{Namespace: i.Meta.Namespace, Name: i.Meta.Name, Class: i.Spec.Class, Created: i.Meta.Created}
	if out.Class == "" {
		out.Class = i.Meta.Annotations.Class
	}
	fallback := i.Spec.Default
	if fallback == nil {
		fallback = i.Spec.Backend
	}
	if fallback != nil {
		if b, ok := fallback.plain(); ok {
			out.Default = &b
		} else {
			out.Skipped = append(out.Skipped, "the default backend is no Service")
		}
	}
	for _, r := range i.Spec.Rules {
		if r.HTTP == nil {
			continue
		}
		for _, p := range r.HTTP.Paths {
			b, ok := p.Backend.plain()
			if !ok {
				out.Skipped = append(out.Skipped, fmt.Sprintf("host %q, path %q: the backend is no Service", r.Host, p.Path))
				continue
			}
			out.Rules = append(out.Rules, IngressRule{Host: r.Host, Path: p.Path, PathType: p.PathType, Backend: b})
		}
	}
	return out
}

// plain is a Service with a port; ok is false for another resource.
func (b ingressBackend) plain() (out IngressBackend, ok bool) {
	out = IngressBackend{b.Name, string(b.Port)}
	if b.Service != nil {
		out = IngressBackend{b.Service.Name, b.Service.Port.Name}
		if out.Port == "" && b.Service.Port.Number > 0 {
			out.Port = strconv.Itoa(b.Service.Port.Number)
		}
	}
	return out, out.Service != "" && out.Port != ""
}
