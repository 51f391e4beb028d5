package router

import (
	"errors"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/trace"
)

// Config says what a [Router] does. Only Interpreter is required.
type Config struct {
	// Label names the router in spans, metrics and messages. Default "http".
	Label string

	// Prefix is put in front of every name that the identifier makes
	// (dstPrefix in a Linkerd configuration). Default: /svc. As in Linkerd, the
	// prefix cannot be empty.
	Prefix resolve.Path

	// Dtab is the base dtab; a request's own entries come after it and so
	// win over it, and it wins over the dtab of the Interpreter.
	// Default empty.
	Dtab resolve.Dtab

	// DtabPlaces says where each entry of Dtab was written, such as
	// "linkerd.yaml:12:5", for explanations. Default: nobody knows.
	DtabPlaces []string

	// Interpreter says what names mean. Required. One that has a dtab of its own, which
	// may change and stands before the one that it is given, has a method
	// Base() *resolve.Activity[resolve.Dtab], as [resolve.DefaultInterpreter] has; the
	// router shows that dtab in spans and messages. Base may return nil: there is none.
	Interpreter resolve.Interpreter

	// Identifier gives a request its name. Default: [HeaderToken]("Host").
	Identifier Identifier

	// Hop makes the router's spans and carries trace context. Default: ids
	// are made and propagated in l5d-ctx-trace and nothing is recorded.
	Hop *trace.Hop

	// Balancer chooses among the replicas of a set, within a class of equal
	// weight. Default: [balance.P2C].
	Balancer balance.Balancer

	// NewTransport makes the client for one endpoint, with the limits of its
	// set. It is called when the endpoint appears; when the endpoint is gone
	// for good the router calls the transport's CloseIdleConnections method,
	// if it has one. The transport must send to address whatever host the
	// request's URL names. A transport that calls one of those here for it
	// should pass the request's context on, in which that one finds where
	// 1xx responses and the times of the span go. Default: [EndpointTransport], which is
	// [H1Transport] unless config.Protocol says otherwise; the other one here is
	// [HTTPTransport]. It is not asked for an address that
	// is a status: the router answers for that itself.
	NewTransport func(address resolve.Address, config TransportConfig) http.RoundTripper

	// Transport limits the connections to each endpoint, where the
	// ClientPolicy of its set does not. Default: the zero value.
	Transport TransportConfig

	// Services says how the requests of a service are tried, by its name. It
	// is asked when a request has the name that nobody had lately. Default:
	// the zero ServicePolicy for all.
	Services func(name resolve.Path) ServicePolicy

	// Clients says how the replicas of a set are reached, by its bound id. It
	// is asked when the set comes into use. Default: the zero ClientPolicy
	// for all.
	Clients func(id resolve.Path) ClientPolicy

	// Stages are stages of the program's own. Default: none.
	Stages Stages

	// Listeners are where the process listens: where no dtab that a request
	// brought may lead, be it by an address, by the name of a host or by a
	// namer's answer. That is refused with a [Forbidden] error. Addresses that a
	// transformer made or chose are not meant, nor what the router's own dtab
	// leads to. Default: the router knows of none.
	Listeners *Listeners

	// BindingTimeout bounds the wait for a name whose meaning is not known
	// yet. Default 10 s.
	BindingTimeout time.Duration

	// Cache bounds what the router remembers about names.
	Cache CacheConfig
}

// CacheConfig bounds the two caches of a [Router] (bindingCache in a Linkerd
// configuration). Names come from strangers' headers: both caches are bounded
// and what is not used expires.
type CacheConfig struct {
	// Paths is how many names, each with the request's own dtab, are kept
	// bound. Default 1000.
	Paths int
	// Clients is how many replica sets are kept connected. Default 1000.
	Clients int
	// IdleTTL is how long a name or a replica set that no request uses is
	// kept, up to a fifth longer. Default 10 minutes. The addresses of a replica
	// set are followed for about a minute of that, and again from the next request
	// on, which waits at most a second, or half of the time that it has, to hear
	// where the replicas are now and then goes where they were.
	IdleTTL time.Duration
}

const (
	defaultLabel          = "http"
	defaultConnectTimeout = time.Second
	defaultMaxIdle        = 1024
	defaultIdleTimeout    = 90 * time.Second
	defaultBindingTimeout = 10 * time.Second
	defaultCacheSize      = 1000
	defaultIdleTTL        = 10 * time.Minute
)

func (c Config) withDefaults() (Config, error) {
	if c.Interpreter == nil {
		return c, configError("Interpreter", "is required")
	}
	if c.Cache.Paths < 0 || c.Cache.Clients < 0 || c.Cache.IdleTTL < 0 {
		return c, configError("Cache", "has a negative limit")
	}
	if field, reason := c.Transport.fault(); field != "" {
		return c, configError("Transport."+field, reason)
	}
	if c.Label == "" {
		c.Label = defaultLabel
	}
	if c.Prefix.IsEmpty() {
		c.Prefix = resolve.MustPath("/svc")
	}
	if c.Identifier == nil {
		c.Identifier = HeaderToken("Host")
	}
	if c.Balancer == nil {
		c.Balancer = balance.P2C{}
	}
	if c.BindingTimeout <= 0 {
		c.BindingTimeout = defaultBindingTimeout
	}
	if c.Cache.Paths == 0 {
		c.Cache.Paths = defaultCacheSize
	}
	if c.Cache.Clients == 0 {
		c.Cache.Clients = defaultCacheSize
	}
	if c.Cache.IdleTTL == 0 {
		c.Cache.IdleTTL = defaultIdleTTL
	}
	if c.NewTransport == nil {
		c.NewTransport = EndpointTransport
	}
	if c.Hop == nil {
		c.Hop = trace.NewHop(trace.HopConfig{})
	}
	return c, nil
}

// configError says which field of a configuration cannot be used, and why.
func configError(field, reason string) error {
	return errors.New("router: Config." + field + " " + reason)
}
