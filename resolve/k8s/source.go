package k8s

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s/internal/api"
)

const (
	// slicesAgain is when EndpointSlices are tried again that were forbidden
	// or unknown.
	slicesAgain = 10 * time.Minute
	// maxForbidden bounds the namespaces that this is known of.
	maxForbidden = 1000
	// serviceLabel is on the EndpointSlices of a Service.
	serviceLabel = "kubernetes.io/service-name"
)

// of names what is looked up: a Service, and the label that it must have, if any,
// as "key=value".
type of struct{ namespace, service, label string }

func (o of) String() string {
	s := o.namespace + "/" + o.service
	if o.label != "" {
		s += ":" + o.label
	}
	return s
}

// backing is what stands behind a Service.
func (c *Client) backing(o of) *resolve.Activity[backing] {
	return api.Shared(c.api, o, func(ctx context.Context, set func(resolve.State[backing])) {
		f := &follower{c: c, of: o, set: set, report: &api.Report{}}
		f.run(ctx)
	})
}

// service is a Service itself: nothing or one object.
func (c *Client) service(o of) *resolve.Activity[api.Snapshot[*service]] {
	return api.Watch[*service](c.api, serviceQuery(o))
}

func serviceQuery(o of) api.Query {
	return api.Query{Resource: api.Services(), Namespace: o.namespace, Name: o.service, Labels: o.label}
}

// follower follows the EndpointSlices of a Service, or its Endpoints.
type follower struct {
	c      *Client
	of     of
	set    func(resolve.State[backing])
	report *api.Report
	known  bool
}

func (f *follower) run(ctx context.Context) {
	for ctx.Err() == nil {
		if until := f.c.forbiddenUntil(f.of.namespace); !until.IsZero() {
			f.endpoints(ctx)
			continue
		}
		err := f.slices(ctx)
		if ctx.Err() == nil {
			f.c.forbid(f.of.namespace, err)
		}
	}
}

// slices returns when it must not be asked for them.
func (f *follower) slices(ctx context.Context) error {
	labels := serviceLabel + "=" + f.of.service
	if f.of.label != "" {
		labels += "," + f.of.label
	}
	return api.Follow(ctx, f.c.api, api.Query{Resource: api.EndpointSlices(), Namespace: f.of.namespace, Labels: labels}, api.Follower[*slice]{
		Report:  f.report,
		Changed: func(all []*slice) { f.publish(ofSlices(all), len(all)) },
		Trouble: func(err error) bool {
			f.trouble(err)
			code := api.CodeOf(err)
			return code == http.StatusForbidden || code == http.StatusNotFound
		},
	})
}

// endpoints returns when it is time to try EndpointSlices again.
func (f *follower) endpoints(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var look *time.Timer
	// Not all names of a namespace at the same moment: the first one finds out.
	wait := func() time.Duration {
		return time.Until(f.c.forbiddenUntil(f.of.namespace)) + rand.N(slicesAgain/10)
	}
	armed := make(chan struct{})
	look = time.AfterFunc(wait(), func() {
		<-armed
		if f.c.forbiddenUntil(f.of.namespace).IsZero() {
			cancel()
			return
		}
		look.Reset(wait())
	})
	close(armed)
	defer look.Stop()
	_ = api.Follow(ctx, f.c.api, api.Query{Resource: api.Endpointses(), Namespace: f.of.namespace, Name: f.of.service, Labels: f.of.label}, api.Follower[*endpointsObject]{
		Report:  f.report,
		Changed: func(all []*endpointsObject) { f.publish(ofEndpoints(all), len(all)) },
		Trouble: func(err error) bool {
			f.trouble(err)
			return false
		},
	})
}

func (f *follower) publish(groups []group, objects int) {
	if objects == 0 && !f.known {
		f.c.api.Warn("k8s ns " + f.of.namespace + " service " + f.of.service + " endpoints resource does not exist, assuming it has yet to be created")
	}
	f.known = true
	f.set(resolve.State[backing]{Status: resolve.OK, Value: backing{groups, f.report}})
}

func (f *follower) trouble(err error) {
	if !f.known {
		f.set(resolve.State[backing]{Status: resolve.Pending, Err: err})
	}
}

// forbiddenUntil is until when the EndpointSlices of a namespace are not asked
// for, zero if they are.
func (c *Client) forbiddenUntil(namespace string) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	until := c.forbidden[namespace]
	if !until.After(time.Now()) {
		return time.Time{}
	}
	return until
}

// forbid remembers that the server has no EndpointSlices of a namespace for us.
func (c *Client) forbid(namespace string, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	_, again := c.forbidden[namespace]
	if !again && len(c.forbidden) >= maxForbidden {
		for old, until := range c.forbidden {
			if !until.After(now) {
				delete(c.forbidden, old)
			}
		}
		if len(c.forbidden) >= maxForbidden {
			clear(c.forbidden)
		}
	}
	c.forbidden[namespace] = now.Add(slicesAgain)
	if !again {
		c.api.Warn("reading Endpoints in place of the EndpointSlices of namespace " + namespace + ": " + why.Error())
	}
}
