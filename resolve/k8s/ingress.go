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

	"github.com/meshhop/meshhop/internal/ingresses"
	"github.com/meshhop/meshhop/internal/k8sname"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s/internal/api"
)

// watchedIngresses follows the Ingresses of networking.k8s.io/v1 or, if the server has
// none (404), those of extensions/v1beta1, as before Kubernetes 1.19; it then tries the
// first again every ten minutes. An outage of the API changes nothing.
type watchedIngresses struct {
	c    ingresses.Config
	api  *api.Client
	stop func()
	done chan struct{}

	report *api.Report

	mu    sync.Mutex
	known bool
	err   error // why they are not known yet
}

// FollowIngresses is for package router/ingress: it watches until Close. The server may
// still be down.
func (c *Client) FollowIngresses(config ingresses.Config) (ingresses.Watch, error) {
	if config.Namespace != "" && !k8sname.IsLabel(config.Namespace) {
		return nil, fmt.Errorf("k8s: %q is not a valid namespace", config.Namespace)
	}
	w := &watchedIngresses{c: config, api: c.api, report: &api.Report{}, done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	ctx, leave, ok := c.api.Enter(ctx)
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

// Close implements [ingresses.Watch].
func (w *watchedIngresses) Close() error {
	w.stop()
	<-w.done
	return nil
}

// Err implements [ingresses.Watch].
func (w *watchedIngresses) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// State implements [ingresses.Watch].
func (w *watchedIngresses) State(value any) any {
	w.mu.Lock()
	s := resolve.State[struct{}]{Err: w.err}
	if w.known {
		s.Status = resolve.OK
	}
	w.mu.Unlock()
	return stateOf(s, func(struct{}) (*api.Report, any) { return w.report, value })
}

// run asks for one version and, where the server has not got it, the other one.
func (w *watchedIngresses) run(ctx context.Context) {
	for ctx.Err() == nil {
		if w.follow(ctx, api.Ingresses()); ctx.Err() != nil {
			return
		}
		w.api.Warn("reading Ingresses of extensions/v1beta1: the server has none of networking.k8s.io/v1")
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
func (w *watchedIngresses) follow(ctx context.Context, r api.Resource) {
	_ = api.Follow(ctx, w.api, api.Query{Resource: r, Namespace: w.c.Namespace}, api.Follower[*ingress]{
		Report: w.report,
		Changed: func(all []*ingress) {
			w.mu.Lock()
			w.known, w.err = true, nil
			w.mu.Unlock()
			out := make([]ingresses.Ingress, len(all))
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
func (i *ingress) plain() ingresses.Ingress {
	out := ingresses.Ingress{Namespace: i.Meta.Namespace, Name: i.Meta.Name, Class: i.Spec.Class, Created: i.Meta.Created}
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
			out.Rules = append(out.Rules, ingresses.Rule{Host: r.Host, Path: p.Path, PathType: p.PathType, Backend: b})
		}
	}
	return out
}

// plain is a Service with a port; ok is false for another resource.
func (b ingressBackend) plain() (out ingresses.Backend, ok bool) {
	out = ingresses.Backend{Service: b.Name, Port: string(b.Port)}
	if b.Service != nil {
		out = ingresses.Backend{Service: b.Service.Name, Port: b.Service.Port.Name}
		if out.Port == "" && b.Service.Port.Number > 0 {
			out.Port = strconv.Itoa(b.Service.Port.Number)
		}
	}
	return out, out.Service != "" && out.Port != ""
}
