package router

import (
	"net/http"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
)

// A ServicePolicy says how the requests of one service are tried (service in a
// Linkerd configuration). Zero fields mean the defaults given.
type ServicePolicy struct {
	// Classifier says which attempts failed, and which of those may be made
	// again. Default: [GRPCNeverRetryable] for gRPC calls, known by the content type of
	// the request, [WholeStream] of [NonRetryable5XX] for other requests by HTTP/2, and
	// [NonRetryable5XX] for all others.
	Classifier Classifier

	// Budget bounds the retries of the service (retries.budget). At each replica
	// set it also bounds the retries of all services with the same Budget
	// together.
	Budget Budget

	// Backoff is how long to wait before a retry (retries.backoff). Default:
	// not at all.
	Backoff balance.Backoff

	// MaxRetries is how often one request may be sent again, whether the
	// classifier asks for it or a replica refused the request unread. Trying
	// another replica because a connection failed is not counted as a retry.
	// Default 5; negative: never. Linkerd has no such bound and sends a request
	// 101 times.
	MaxRetries int

	// TotalTimeout bounds the time from when the request is identified until its
	// response begins, including all retries (totalTimeoutMs). Default: no limit.
	TotalTimeout time.Duration

	// ReplayBytes is how much of a request's body is kept for sending it
	// again. A request with a longer body is sent again only while nothing of
	// the body was read. Default 64 KiB; negative: nothing is kept.
	ReplayBytes int

	// HoldTime and HoldBytes bound what is held back of a response whose end says whether
	// the request is sent again (classificationTimeoutMs and retryBufferSize.responseBytes).
	// Nothing is held back, whatever they are, if the request cannot be sent again, if a
	// [StreamClassifier] does not call the response retryable, or if it turns out to be one
	// of many messages. Default 100 ms and 16383; negative: nothing is held back.
	HoldTime  time.Duration
	HoldBytes int
}

// A ClientPolicy says how the replicas of one set are reached (client in a
// Linkerd configuration). Zero fields mean the defaults given.
type ClientPolicy struct {
	// RequeueBudget bounds requeues: how often requests are sent again that no
	// replica has seen or that one refused unread (requeueBudget).
	RequeueBudget Budget

	// AttemptTimeout bounds the time from the pick of a replica until its
	// response begins (requestAttemptTimeoutMs). Default: no limit.
	AttemptTimeout time.Duration

	// Transport limits the connections to each replica (hostConnectionPool
	// and clientSession), and says whether they are secure. Default: Config.Transport;
	// with nothing but TLS and HTTP/2, all else of that.
	// Its Protocol is that of Config.Transport, too, if it names none.
	Transport TransportConfig

	// ForwardClientCert tells the replicas which certificate the client has shown, in
	// x-forwarded-client-cert (forwardClientCert). A proxy.Handler removes such a header
	// that came, in any case.
	ForwardClientCert bool

	// Balancer chooses among the replicas, within a class of equal weight.
	// Default: Config.Balancer.
	Balancer balance.Balancer

	// FailureAccrual, FailureBackoff and Probation are those of
	// [balance.SetConfig]: by default a replica that fails five times in a row
	// is left alone for a while and then probed. What the caller is to blame
	// for does not count as a failure: a deadline of its own, its leaving, a
	// body that breaks off.
	FailureAccrual balance.Accrual
	FailureBackoff balance.Backoff
	Probation      bool
}

const (
	defaultMaxRetries  = 5
	defaultReplayBytes = 64 << 10
	defaultHoldTime    = 100 * time.Millisecond
	defaultHoldBytes   = 16383
)

func (p ServicePolicy) withDefaults() ServicePolicy {
	if p.Classifier == nil {
		p.Classifier = newByProtocol()
	}
	p.Budget = p.Budget.withDefaults()
	if p.Backoff == nil {
		p.Backoff = balance.ConstantBackoff(0)
	}
	if p.MaxRetries == 0 {
		p.MaxRetries = defaultMaxRetries
	}
	if p.ReplayBytes == 0 {
		p.ReplayBytes = defaultReplayBytes
	}
	if p.HoldTime == 0 {
		p.HoldTime = defaultHoldTime
	}
	if p.HoldBytes == 0 {
		p.HoldBytes = defaultHoldBytes
	}
	return p
}

// servicePolicy is what the configuration says about a name.
func (r *Router) servicePolicy(name resolve.Path) ServicePolicy {
	if r.config.Services == nil {
		return ServicePolicy{}.withDefaults()
	}
	return r.config.Services(name).withDefaults()
}

// newSet is the set that keeps the replicas as the policy says.
func (p ClientPolicy) newSet(transport func(resolve.Address) http.RoundTripper) *balance.Set {
	set, err := balance.NewSet(balance.SetConfig{
		NewTransport: transport,
		Balancer:     p.Balancer,
		Accrual:      p.FailureAccrual,
		Backoff:      p.FailureBackoff,
		Probation:    p.Probation,
	})
	if err != nil {
		panic("router: " + err.Error()) // without a transport, which there is
	}
	return set
}

// clientPolicy is what the configuration says about a replica set.
func (r *Router) clientPolicy(id resolve.Path) ClientPolicy {
	var p ClientPolicy
	if r.config.Clients != nil {
		p = r.config.Clients(id)
	}
	if p.Transport.limits() == (TransportConfig{}) {
		p.Transport = r.config.Transport.over(p.Transport)
	} else if p.Transport.Protocol == DefaultProtocol {
		p.Transport.Protocol = r.config.Transport.Protocol
	}
	if p.Balancer == nil {
		p.Balancer = r.config.Balancer
	}
	p.Balancer = balance.Weighted(p.Balancer)
	return p
}
