package router

import (
	"reflect"
	"slices"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/router/balance"
)

// A proxy may use the memory of a request again if nobody has kept anything of it. What is
// written outside of this module may keep the requests that it gets, as net/http allows. So a
// request is lent only if all who got it are known here not to: the identifier, the
// classifier, the balancer, the propagator and the tracer, the transport, and no stage of the
// program's own. (Of propagators that is known of the one alone that needs no header to write to:
// see attempt.lent.) Whoever adds a thing that gets requests adds it here: a test lists the fields
// of the configuration.

// lends reports whether what all requests of the router go through keeps nothing of them.
func (c *Config) lends() bool {
	return c.Stages.Service == nil && c.Stages.Client == nil && isOurs(reflect.ValueOf(c.Identifier)) && (*hopspan.Hop)(c.Hop).Ours()
}

// lends reports whether the classifier of a service keeps nothing of its requests.
func (p *ServicePolicy) lends() bool { return isOurs(reflect.ValueOf(p.Classifier)) }

// lends reports whether the balancer of a replica set keeps nothing of its requests.
func (p *ClientPolicy) lends() bool { return isOurs(reflect.ValueOf(p.Balancer)) }

// isOurs reports whether a value is of one of the types of these packages, and has nothing in
// it of which that is not known. A type that embeds one of them is of its own package.
func isOurs(v reflect.Value) bool {
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) {
		v = v.Elem()
	}
	if !v.IsValid() || !slices.Contains(ours(), v.Type().PkgPath()) {
		return false
	}
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			if !isOurs(v.Index(i)) {
				return false
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.Interface && !isOurs(f) || f.Kind() == reflect.Func && !f.IsNil() {
				return false
			}
		}
	}
	return true
}

// ours are the packages that have identifiers, classifiers and balancers.
func ours() []string {
	return []string{packageOf(Router{}), packageOf(Router{}) + "/ingress", packageOf(balance.P2C{})}
}

func packageOf(v any) string { return reflect.TypeOf(v).PkgPath() }

// GiveBack implements [inbound.Request].Lent.
func (x *exchange) GiveBack() {
	r, room := x.router, x.first.exchange.Room
	if room != nil {
		room.Reset()
	}
	*x = exchange{}
	if raced {
		return // the race detector finds who still has it
	}
	x.first.exchange.Room = room
	r.exchanges.Put(x)
}

// isLent reports whether nobody has kept anything of a request that has a response. A request
// that was sent more than once, or that had a timer, may still be known to a goroutine.
func (x *exchange) isLent() bool {
	a := x.attempt
	return a == &x.first && a.lent && a.alarm == nil && x.sends <= 1 && x.folded == nil &&
		x.router.lends && x.service.lends && x.client.lends
}
