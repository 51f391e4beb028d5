package explain

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// Config says what an [Explainer] knows of. One of Routers and Servers is
// required.
type Config struct {
	// Routers are those of the hop.
	Routers []*router.Router
	// Servers are the hop's; a request comes in at the first one of its router,
	// or at one with the default settings where a router has none. Routers that
	// have a server need not be in Routers.
	Servers []*proxy.Handler
	// Timeout is how long namers have to answer. Default 2 s.
	Timeout time.Duration
	// Live says that requests run through the routers.
	Live bool
}

const defaultTimeout = 2 * time.Second

// maxSize bounds a report, roughly in bytes of JSON: a short question can have
// a very long answer.
const maxSize = 8 << 20

// A TooLongError says that there is too much to say. A name whose explanation
// is so long is also of no use to requests.
type TooLongError struct{}

func (e *TooLongError) Error() string { return "the explanation is too long to be shown" }

// An Explainer answers questions about a hop. Make one with [New]; it is safe
// for concurrent use and has nothing to close.
type Explainer struct {
	handlers []*hophandler.Handler // one for each router
	served   []bool                // whether that is a server of the hop
	timeout  time.Duration
	live     bool
}

// New returns an Explainer that follows config.
func New(config Config) (*Explainer, error) {
	servers := make([]*hophandler.Handler, len(config.Servers))
	for i, h := range config.Servers {
		servers[i] = (*hophandler.Handler)(h)
	}
	x := &Explainer{timeout: config.Timeout, live: config.Live}
	if x.timeout <= 0 {
		x.timeout = defaultTimeout
	}
	for _, r := range config.Routers {
		i := slices.IndexFunc(servers, func(h *hophandler.Handler) bool { return h.Router() == r })
		if i >= 0 {
			x.handlers, x.served = append(x.handlers, servers[i]), append(x.served, true)
			continue
		}
		h, err := proxy.New(proxy.Config{Router: r})
		if err != nil {
			return nil, fmt.Errorf("explain: %w", err)
		}
		x.handlers, x.served = append(x.handlers, (*hophandler.Handler)(h)), append(x.served, false)
	}
	for _, h := range servers {
		if !slices.ContainsFunc(x.handlers, func(known *hophandler.Handler) bool { return known.Router() == h.Router() }) {
			x.handlers, x.served = append(x.handlers, h), append(x.served, true)
		}
	}
	if len(x.handlers) == 0 {
		return nil, errors.New("explain: Config has no router")
	}
	return x, nil
}

// Explain answers a question. It waits until all is known that plays a part,
// within the timeout. An error is a [*QuestionError] or a [*TooLongError].
func (x *Explainer) Explain(ctx context.Context, q Question) (*Report, error) {
	i, err := x.find(q.Router)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, x.timeout)
	defer cancel()
	in, err := q.request(ctx)
	if err != nil {
		return nil, err
	}
	h := x.handlers[i]
	report := x.begin(i, in)
	var explanation *routerview.Explanation
	if q.URL != "" {
		report.Request = requestOf(in)
		explanation = h.Explain(in)
	} else {
		name, err := q.name()
		if err != nil {
			return nil, err
		}
		explanation = x.named(ctx, h, name, in.Header)
	}
	return x.filled(report, h, in, explanation)
}

// Outgoing explains a request that has come to the first server. It also returns what the
// router says, and the header as it would be sent on.
func (x *Explainer) Outgoing(in *http.Request) (*Report, *routerview.Explanation, http.Header, error) {
	ctx, cancel := context.WithTimeout(in.Context(), x.timeout)
	defer cancel()
	in = in.WithContext(ctx)
	report := x.begin(0, in)
	report.Request = requestOf(in)
	explanation, header := x.handlers[0].ExplainOutgoing(in)
	report, err := x.filled(report, x.handlers[0], in, explanation)
	return report, explanation, header, err
}

func requestOf(in *http.Request) *Request {
	return &Request{Method: in.Method, Target: in.RequestURI, Version: in.Proto, Host: in.Host}
}

// begin is a report that has what is known before there is an explanation.
func (x *Explainer) begin(i int, in *http.Request) *Report {
	h := x.handlers[i]
	report := &Report{Router: h.Router().Label(), Live: x.live}
	if x.served[i] {
		report.Server = h.ServiceName()
	}
	if h.IgnoresDtabs() && wire.Dtabs(in.Header) != nil {
		report.DtabIgnored, report.DtabIgnoredBy = true, "overrides"
		if h.ClearsContext() {
			report.DtabIgnoredBy = "clearContext"
		}
	}
	return report
}

func (x *Explainer) filled(report *Report, h *hophandler.Handler, in *http.Request, e *routerview.Explanation) (*Report, error) {
	if tooLong(e) {
		return nil, &TooLongError{}
	}
	d := &describer{handler: h, in: in, now: time.Now(), live: x.live, entries: map[*resolve.Dentry]*Entry{}, open: map[string]bool{}}
	d.fill(report, e)
	return report, nil
}

// find is the router that is asked.
func (x *Explainer) find(label string) (int, error) {
	if label == "" {
		return 0, nil
	}
	var labels []string
	for i, h := range x.handlers {
		if h.Router().Label() == label {
			return i, nil
		}
		labels = append(labels, h.Router().Label())
	}
	return 0, &QuestionError{"there is no router " + brief(label) + "; there are: " + strings.Join(labels, ", ")}
}

// named explains a name, with the dtab that a request with these headers would
// bring.
func (x *Explainer) named(ctx context.Context, h *hophandler.Handler, name resolve.Path, header http.Header) *routerview.Explanation {
	var local resolve.Dtab
	if !h.IgnoresDtabs() {
		var err error
		if local, err = inbound.ParseDtab(wire.Dtabs(header)); err != nil {
			return &routerview.Explanation{Err: &router.Error{Kind: router.InvalidDtab, Err: err}}
		}
	}
	return h.ExplainName(ctx, name, local)
}

func tooLong(e *routerview.Explanation) bool {
	const address = 64
	size := len(e.Dtab.String())
	if e.Delegation != nil {
		size += e.Delegation.Size() + len(e.Delegation.Base.String())
	}
	for _, t := range e.Targets {
		size += address * (1 + len(t.Replicas.Value.Addresses))
	}
	return size > maxSize
}
