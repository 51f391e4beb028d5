// Package ingress has the identifier io.l5d.ingress, which names requests by the Ingresses
// of a Kubernetes cluster:
//
//	client, err := k8s.NewClient(k8s.ClientConfig{Access: k8s.Access{InCluster: true}})
//	identifier, err := ingress.New(ingress.Config{Client: client})
//	r, err := router.New(router.Config{Identifier: identifier, Interpreter: interpreter})
package ingress

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/ingresses"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// Config configures an [Identifier].
type Config struct {
	// Client asks the API server, and is closed by whoever made it. Required.
	Client *k8s.Client
	// Namespace is where the Ingresses are. Default: everywhere.
	Namespace string
	// Class is the class of the Ingresses that count. Default: linkerd.
	Class string
	// RequireClass has Ingresses without a class ignored. Default: they count.
	RequireClass bool
	// IgnoreDefaultBackends has the default backends of Ingresses ignored. Default: the
	// first one names a request that no rule of any Ingress matches.
	IgnoreDefaultBackends bool
	// ErrorLog is told once of each rule that is skipped, and why. Default: nobody is.
	ErrorLog *slog.Logger
}

// An Identifier names a request /namespace/port/service after the rule that matches its
// Host and its path; only when no rule of any Ingress does, after the first default
// backend (io.l5d.ingress, IngressCache.scala). The Host counts without its port and
// without regard to case; "*.example.org" is for one label more, as in Kubernetes.
//
// Of several rules that match, one with the request's host goes before one with a
// wildcard, and that before one for any host; among these Exact before Prefix, of
// which the longest counts, before patterns in the order given. Of equal ones that
// of the older Ingress counts. Where there are only patterns all rules are tried in
// the order given, as in Linkerd. A pattern is the path of a rule of another type: a
// regular expression (RE2) for the whole path, of at most 4096 bytes; empty, it is for
// any path.
//
// A rule whose path is no regular expression is skipped. One with a group matches like
// any other, where in Linkerd it matches nothing. A Host with more than one colon is an
// error.
type Identifier struct {
	config Config
	watch  ingresses.Watch
	now    atomic.Pointer[rules]
	known  chan struct{} // closed when there are some
	once   sync.Once
	told   map[string]bool // the skipped rules that were logged already
}

// firstWait bounds how long a request waits for the API server's first response. It is
// as long as a request waits for its name to be bound.
const firstWait = 10 * time.Second

// New returns an identifier that follows the Ingresses until Close. The server may still
// be down.
func New(c Config) (*Identifier, error) {
	if c.Client == nil {
		return nil, errors.New("ingress: Config.Client is required")
	}
	if c.Class == "" {
		c.Class = "linkerd"
	}
	if c.ErrorLog == nil {
		c.ErrorLog = slog.New(slog.DiscardHandler)
	}
	i := &Identifier{config: c, known: make(chan struct{})}
	var err error
	if i.watch, err = c.Client.FollowIngresses(ingresses.Config{Namespace: c.Namespace, Changed: i.take}); err != nil {
		return nil, err
	}
	return i, nil
}

// Close stops following the Ingresses. The identifier keeps those that it has.
func (i *Identifier) Close() error { return i.watch.Close() }

// take makes the rules of the Ingresses that the cluster has now.
func (i *Identifier) take(all []ingresses.Ingress) {
	made := newRules(all, i.config)
	told := map[string]bool{}
	for _, s := range made.skipped {
		if !i.told[s] && !told[s] {
			i.config.ErrorLog.Warn("a rule of an Ingress is skipped", "rule", s)
		}
		told[s] = true
	}
	i.told = told
	i.now.Store(made)
	i.once.Do(func() { close(i.known) })
}

// String is what explanations call the identifier.
func (*Identifier) String() string { return "io.l5d.ingress" }

// State returns the rules in the order in which they are tried, and the state of the
// watch, as a value for package encoding/json.
func (i *Identifier) State() any {
	now := i.now.Load()
	if now == nil {
		return i.watch.State(nil)
	}
	type shown struct {
		Ingress  string `json:"ingress"`
		Host     string `json:"host,omitempty"`
		Path     string `json:"path,omitempty"`
		PathType string `json:"pathType"`
		Name     string `json:"name"`
	}
	rules := []shown{}
	for _, r := range now.all {
		rules = append(rules, shown{r.owner, r.Host, r.Path, r.PathType, r.name.String()})
	}
	value := map[string]any{"rules": rules}
	if now.hasFallback {
		value["default"] = now.fallback.String()
	}
	if len(now.skipped) > 0 {
		value["skipped"] = now.skipped
	}
	return i.watch.State(value)
}

// Identify implements router.Identifier. It waits for the API server's first response.
func (i *Identifier) Identify(r *http.Request) (resolve.Path, error) {
	if now := i.now.Load(); now != nil {
		return now.identify(r)
	}
	ctx, cancel := context.WithTimeout(r.Context(), firstWait)
	defer cancel()
	select {
	case <-i.known:
		return i.now.Load().identify(r)
	case <-ctx.Done():
		err := errors.New("the Ingresses are not known yet")
		if why := i.watch.Err(); why != nil {
			err = fmt.Errorf("%w: %w", err, why)
		}
		return resolve.Path{}, err
	}
}
