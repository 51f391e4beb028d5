package router

import (
	"context"
	"errors"
	"net/http"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/trace"
)

// Local is the context of one request that came in its headers, already parsed. It
// is passed to the router together with the request.
type Local struct {
	// Dtab is the request's own dtab; its entries win over the router's.
	Dtab resolve.Dtab
	// DtabText is Dtab in its canonical form, sent on as l5d-ctx-dtab.
	DtabText string
	// Overrides bounds what Dtab may do. Nil: no bound. Requests share the
	// bindings of their names only if they have the same *Overrides.
	Overrides *Overrides
	// Deadline is the client's l5d-ctx-deadline, if it is not zero: the response
	// must begin before it. What is left of it is sent on.
	Deadline ctxhdr.Deadline
	// Timeout is the server's limit for the start of the response
	// (servers[].timeoutMs). Default: no limit.
	Timeout time.Duration
	// ServerSpan is the hop's own server span, in which the router records where
	// the request went. Nil: there is none. The router does not touch a span that
	// is only in the request's context, because it belongs to somebody else.
	ServerSpan oteltrace.Span
	// MaxContextBytes bounds what the router writes of l5d-dst-service,
	// l5d-dst-client and l5d-dst-residual beside DtabText: those that do not
	// fit are left out, in this order, and counted. Default 8 KiB.
	MaxContextBytes int
	// Header is how the header that is sent on differs from the request's,
	// besides the headers that the router writes itself. Nil: it does not differ.
	Header relay.HeaderEdit
	// AnswerHeader, if it is not nil, is an empty map that may become the
	// response's Header. It then holds the fields that came, also if RoundTrip
	// fails.
	AnswerHeader http.Header
	// Passage gets the request's name before it is looked up, and can refuse the
	// request. Nil: every request passes.
	Passage Passage
	// Informer gets each 1xx response except 101. Nil: they are ignored.
	Informer relay.InterimResponder
}

// A Passage decides whether a request goes on after it was identified. It is called
// once, before the header is sent on for the first time, with the name and the
// request's own dtab in its canonical form. If it returns an error the request
// fails, and that error is the cause of an [*Error] of kind [Looped].
type Passage interface {
	Named(name resolve.Path, dtab string) error
}

type localKey struct{}

// NewContext returns a context that carries local to [Router.RoundTrip].
func NewContext(ctx context.Context, local *Local) context.Context {
	return context.WithValue(ctx, localKey{}, local)
}

// pass returns an error if Passage refuses a request with that name.
func (l *Local) pass(name resolve.Path) error {
	if l.Passage == nil {
		return nil
	}
	if err := l.Passage.Named(name, l.DtabText); err != nil {
		return &Error{Kind: Looped, Dst: name, Err: err}
	}
	return nil
}

// localFrom makes the Local of a request that did not come through proxy.Handler.
// It uses the request's own context headers and, for names that it lacks, those that
// [ctxhdr.Middleware] remembered, which are added to its headers. If ctx has no
// span, the returned context continues the trace of the headers.
func (r *Router) localFrom(ctx context.Context, h http.Header) (context.Context, *Local, error) {
	if merged := ctxhdr.FromContext(ctx); merged != nil {
		ctxhdr.Forward(merged, h)
		ctxhdr.Forward(h, merged)
	}
	if !trace.FromContext(ctx).IsValid() {
		if caller, ok := trace.L5d().Extract(h); ok {
			ctx = trace.ContextWithRemote(ctx, caller)
		}
	}
	local := &Local{}
	local.Deadline, _ = ctxhdr.Deadlines(h)
	if err := r.ReadDtab(local, wire.Dtabs(h)); err != nil {
		return ctx, nil, err
	}
	return ctx, local, nil
}

// SetDtab sets Dtab and DtabText together.
func (l *Local) SetDtab(dtab resolve.Dtab) {
	l.Dtab, l.DtabText = dtab, ""
	if len(dtab) > 0 {
		l.DtabText = dtab.String()
	}
}

// ParseLocalDtab parses dtab header values, each a whole dtab of its own, and
// joins them in order. The error is the first value's that does not parse.
// Together they are held to the limits of one dtab.
func ParseLocalDtab(values []string) (resolve.Dtab, error) {
	var dtab resolve.Dtab
	var size int
	for _, value := range values {
		more, err := resolve.ParseDtab(value)
		if err != nil {
			return nil, err
		}
		size += len(value)
		if dtab = append(dtab, more...); len(dtab) > resolve.MaxDentries || size > resolve.MaxDtabTextLen {
			return nil, errLongDtab
		}
	}
	return dtab, nil
}

var errLongDtab = errors.New("the request's dtabs together exceed the limit")

// LocalOf is what [NewContext] put into the context; nil if nothing.
func LocalOf(ctx context.Context) *Local {
	local, _ := ctx.Value(localKey{}).(*Local)
	return local
}

// interim is where 1xx responses go; nil: nowhere.
func (l *Local) interim() relay.InterimResponder { return l.Informer }
