package router

import (
	"context"
	"net/textproto"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/resolve"
)

// Local is what one request brings with it into the router beside itself:
// the context that came in its headers, already parsed.
type Local struct {
	// Dtab is the request's own dtab; its entries win over the router's.
	Dtab resolve.Dtab
	// DtabText is Dtab in its canonical form, sent on as l5d-ctx-dtab.
	DtabText string
	// Deadline is sent on as l5d-ctx-deadline unless it is zero.
	Deadline ctxhdr.Deadline
	// ServerSpan is the hop's own server span; the router tells it where the
	// request went. Nil where there is none: a span that is merely in the
	// request's context is somebody else's and is not touched.
	ServerSpan oteltrace.Span
	// Owned says that the request, its URL and its header map were made for the
	// router, which may then change them instead of copying.
	Owned bool
	// Informational is called for each 1xx answer except 101. Nil: ignored.
	Informational func(code int, header textproto.MIMEHeader) error
}

type localKey struct{}

// NewContext returns a context that carries local to [Router.RoundTrip].
func NewContext(ctx context.Context, local *Local) context.Context {
	return context.WithValue(ctx, localKey{}, local)
}

// localOf is what came with the request; for a request that no proxy of ours
// received it is what [ctxhdr.Middleware] remembered.
func (r *Router) localOf(ctx context.Context) (*Local, error) {
	if local, ok := ctx.Value(localKey{}).(*Local); ok {
		return local, nil
	}
	local := &Local{}
	remembered := ctxhdr.FromContext(ctx)
	if remembered == nil {
		return local, nil
	}
	local.Deadline, _ = ctxhdr.Deadlines(remembered)
	dtab, err := ParseLocalDtab(ctxhdr.DtabTexts(remembered))
	if err != nil {
		return nil, &Error{Kind: InvalidDtab, Err: err}
	}
	local.SetDtab(dtab)
	return local, nil
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
func ParseLocalDtab(values []string) (resolve.Dtab, error) {
	var dtab resolve.Dtab
	for _, value := range values {
		more, err := resolve.ParseDtab(value)
		if err != nil {
			return nil, err
		}
		dtab = dtab.Append(more...)
	}
	return dtab, nil
}

// LocalOf is what [NewContext] put into the context; nil if nothing.
func LocalOf(ctx context.Context) *Local {
	local, _ := ctx.Value(localKey{}).(*Local)
	return local
}
