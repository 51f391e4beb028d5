package router

import (
	"context"
	"errors"
	"net/http"
	"net/textproto"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/h1"
	"github.com/meshhop/meshhop/trace"
)

// Local is what one request brings with it into the router beside itself:
// the context that came in its headers, already parsed.
type Local struct {
	// Dtab is the request's own dtab; its entries win over the router's.
	Dtab resolve.Dtab
	// DtabText is Dtab in its canonical form, sent on as l5d-ctx-dtab.
	DtabText string
	// Overrides says what Dtab may do. Nil: everything. It is shared by requests
	// that are to share what their names mean.
	Overrides *Overrides
	// Deadline is what the caller's l5d-ctx-deadline said, if it is not zero:
	// the answer has to begin before. What is left of it is sent on.
	Deadline ctxhdr.Deadline
	// Timeout is how long the server gives the answer to begin
	// (servers[].timeoutMs). Default: for ever.
	Timeout time.Duration
	// ServerSpan is the hop's own server span; the router tells it where the
	// request went. Nil where there is none: a span that is merely in the
	// request's context is somebody else's and is not touched.
	ServerSpan oteltrace.Span
	// MaxContextBytes bounds what the router writes of l5d-dst-service,
	// l5d-dst-client and l5d-dst-residual beside DtabText: those that do not
	// fit are left out, in this order, and counted. Default 8 KiB.
	MaxContextBytes int
	// Header is how the header that is sent on differs from the request's, but
	// for the headers that the router writes itself. Nil: in nothing.
	Header h1.HeaderEdit
	// AnswerHeader, if it is not nil, is an empty map that may become the
	// answer's Header. It then has what came, also where RoundTrip fails.
	AnswerHeader http.Header
	// Passage is told the request's name before that is looked up, and can
	// refuse it. Nil: every request passes.
	Passage Passage
	// Informer is told of each 1xx answer except 101. Nil: they are ignored.
	Informer Informer
}

// A Passage decides whether a request goes on that has got its name. It is asked
// once, before the header is sent on for the first time, with the name and the
// request's own dtab in its canonical form. With an error the request ends: as the
// cause of an [*Error] of kind [Looped].
type Passage interface {
	Named(name resolve.Path, dtab string) error
}

// An Informer passes 1xx answers on to the caller. An error ends the attempt.
type Informer interface {
	Inform(code int, header textproto.MIMEHeader) error
}

type localKey struct{}

// NewContext returns a context that carries local to [Router.RoundTrip].
func NewContext(ctx context.Context, local *Local) context.Context {
	return context.WithValue(ctx, localKey{}, local)
}

// pass asks whether a request with that name goes on.
func (l *Local) pass(name resolve.Path) error {
	if l.Passage == nil {
		return nil
	}
	if err := l.Passage.Named(name, l.DtabText); err != nil {
		return &Error{Kind: Looped, Dst: name, Err: err}
	}
	return nil
}

// localFrom is what a request brings that no proxy of ours received: what its
// own context headers say and, where it has none of a name, those which
// [ctxhdr.Middleware] remembered. The latter are added to its headers. The
// trace continues in the returned context if there was no span in ctx.
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
	if err := r.ReadDtab(local, ctxhdr.DtabTexts(h)); err != nil {
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
