package config

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
	"github.com/meshhop/meshhop/router"
)

// ingressIdentifier is io.l5d.ingress.
func ingressIdentifier(d *Decoder) (Part[router.Identifier], error) {
	access := kubernetesAccess(d, "host", "port")
	c := k8s.IngressesConfig{Namespace: d.Text("namespace", "")}
	rules := router.IngressConfig{
		Class:                 d.Text("ingressClassAnnotation", "linkerd"),
		RequireClass:          d.Bool("requireClass", false),
		IgnoreDefaultBackends: d.Bool("ignoreDefaultBackends", false),
	}
	return func(o BuildOptions) (router.Identifier, error) {
		c := c
		var err error
		if c.Client, err = o.kubernetes(access); err != nil {
			return nil, err
		}
		return newIngresses(c, rules, o)
	}, nil
}

// ingresses is an identifier that follows the Ingresses of a cluster.
type ingresses struct {
	*k8s.Ingresses
	rules router.IngressConfig
	warn  func(skipped string)

	now   atomic.Pointer[rulesNow]
	known chan struct{} // closed when there is one
	once  sync.Once
	told  map[string]bool // the skipped rules that were logged already
}

// rulesNow are the current rules, and those that are skipped because they are invalid.
type rulesNow struct {
	*router.IngressIdentifier
	skipped []string
}

// ingressWait bounds how long a request waits for the API server's first response. It is
// as long as a request waits for its name to be bound.
const ingressWait = defaultBindingTimeout

func newIngresses(c k8s.IngressesConfig, rules router.IngressConfig, o BuildOptions) (router.Identifier, error) {
	i := &ingresses{rules: rules, known: make(chan struct{}), warn: func(string) {}}
	if o.ErrorLog != nil {
		i.warn = func(skipped string) { o.ErrorLog.Warn("a rule of an Ingress is skipped", "rule", skipped) }
	}
	c.Changed = i.take
	var err error
	if i.Ingresses, err = k8s.FollowIngresses(c); err != nil {
		return nil, err
	}
	return i, nil
}

// take makes the rules of the Ingresses that the cluster has now.
func (i *ingresses) take(all []k8s.Ingress) {
	var list []router.Ingress
	var skipped []string
	for _, one := range all {
		list = append(list, routerIngress(one))
		for _, s := range one.Skipped {
			skipped = append(skipped, "ingress "+one.Namespace+"/"+one.Name+", "+s)
		}
	}
	made := router.NewIngressIdentifier(list, i.rules)
	told := map[string]bool{}
	skipped = append(skipped, made.Skipped()...)
	for _, s := range skipped {
		if !i.told[s] && !told[s] {
			i.warn(s)
		}
		told[s] = true
	}
	i.told = told
	i.now.Store(&rulesNow{made, skipped})
	i.once.Do(func() { close(i.known) })
}

// routerIngress converts an Ingress to that of package router.
func routerIngress(from k8s.Ingress) router.Ingress {
	to := router.Ingress{Namespace: from.Namespace, Name: from.Name, Class: from.Class, Created: from.Created}
	for _, r := range from.Rules {
		rule := router.IngressRule{Host: r.Host, Path: r.Path, Backend: router.IngressBackend(r.Backend)}
		switch r.PathType {
		case router.PathExact.String():
			rule.Type = router.PathExact
		case router.PathPrefix.String():
			rule.Type = router.PathPrefix
		}
		to.Rules = append(to.Rules, rule)
	}
	if from.Default != nil {
		b := router.IngressBackend(*from.Default)
		to.Default = &b
	}
	return to
}

// String is the identifier's name in explanations.
func (*ingresses) String() string { return "io.l5d.ingress" }

// State returns the rules in the order in which they are tried, and the state of the
// watch, as a value for package encoding/json.
func (i *ingresses) State() any {
	now := i.now.Load()
	if now == nil {
		return i.Ingresses.State(nil)
	}
	type rule struct {
		Ingress  string `json:"ingress"`
		Host     string `json:"host,omitempty"`
		Path     string `json:"path,omitempty"`
		PathType string `json:"pathType"`
		Name     string `json:"name"`
	}
	rules := []rule{}
	routes, fallback := now.Routes()
	for _, r := range routes {
		rules = append(rules, rule{r.Ingress, r.Host, r.Path, r.Type.String(), r.Name.String()})
	}
	value := map[string]any{"rules": rules}
	if !fallback.IsEmpty() {
		value["default"] = fallback.String()
	}
	if len(now.skipped) > 0 {
		value["skipped"] = now.skipped
	}
	return i.Ingresses.State(value)
}

// Identify implements [router.Identifier]. It waits for the API server's first response.
func (i *ingresses) Identify(r *http.Request) (resolve.Path, error) {
	if now := i.now.Load(); now != nil {
		return now.Identify(r)
	}
	ctx, cancel := context.WithTimeout(r.Context(), ingressWait)
	defer cancel()
	select {
	case <-i.known:
		return i.now.Load().Identify(r)
	case <-ctx.Done():
		err := errors.New("the Ingresses are not known yet")
		if why := i.Err(); why != nil {
			err = fmt.Errorf("%w: %w", err, why)
		}
		return resolve.Path{}, err
	}
}
