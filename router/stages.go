package router

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/resolve"
)

// Stages are stages of the program's own, such as a rate limiter, an authorizer or a
// mirror, among those of the router. What belongs to one endpoint is a transport: see
// Config.NewTransport.
type Stages struct {
	// Service returns the stages that each request for a service goes through, once, from
	// above: when it has its name, and before its deadline, its retries and the look-up of
	// what the name means. It is called when a service comes into use. Nil: none.
	Service func(name resolve.Path) []Stage

	// Client returns the stages that each try at a replica set goes through, from above:
	// after each retry, and before the requeues and the choice of an endpoint. It is
	// called when a replica set comes into use. Nil: none.
	Client func(id resolve.Path) []Stage
}

// A Stage handles requests on their way to an endpoint. Many goroutines call it at once.
// Package stagetest tests whether one keeps this contract.
type Stage interface {
	// Handle handles one request, usually by calling next.RoundTrip, at most once and
	// before it returns; a second call fails. It may respond by itself (see [NewResponse]),
	// or fail: an error that is not an [*Error] becomes the cause of one.
	//
	// The contract is that of [http.RoundTripper]: r is not changed, but a changed copy of
	// it may be passed on, with another context or header for example; the fields that
	// the router writes itself are added later. A stage that returns another response than
	// that of next closes the body of the latter. A stage of a service may replace the body. In a
	// stage of a client Body is nil, because the router keeps the body for sending it
	// again.
	Handle(r *http.Request, next http.RoundTripper) (*http.Response, error)
}

// A Finisher is a [Stage] that wants to know what became of the requests that it passed
// on.
type Finisher interface {
	Stage
	// Done is called once for each request that Handle passed on, as it passed it on, at
	// the end of the body of the response, or when it is known that there is none.
	Done(r *http.Request, o Outcome)
}

// NewResponse returns a response that a [Stage] can give by itself, of plain text.
func NewResponse(r *http.Request, status int, text string) *http.Response {
	return &http.Response{
		Status:     strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode: status,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header: http.Header{
			"Content-Type":   {"text/plain; charset=utf-8"},
			"Content-Length": {strconv.Itoa(len(text))},
		},
		ContentLength: int64(len(text)),
		Body:          io.NopCloser(strings.NewReader(text)),
		Request:       r,
	}
}

// programStage is a stage of the program's own.
type programStage struct {
	own    Stage
	number int  // among those of its service or client
	client bool // it is one of a client
	below  stage
}

// stagesOf puts stages of the program's own above a stage.
func stagesOf(own []Stage, client bool, below stage) stage {
	for i := len(own) - 1; i >= 0; i-- {
		below = &programStage{own[i], i, client, below}
	}
	return below
}

// index is the number of the stage among those of one request.
func (s *programStage) index(x *exchange) int {
	if s.client {
		return x.service.own + s.number
	}
	return s.number
}

func (s *programStage) do(x *exchange) (*http.Response, error) {
	out, ctx := x.out, x.ctx
	p := &passing{s: s, x: x}
	r := out.WithContext(ctx)
	if s.client {
		r.Body, r.GetBody = nil, nil
	}
	resp, err := s.own.Handle(r, p)
	x.out, x.ctx = out, ctx
	if err == nil && resp == nil {
		err = errNoResponse
	}
	if err != nil {
		if p.resp != nil {
			p.resp.Body.Close()
		}
		return nil, s.error(x, err)
	}
	if resp != p.resp {
		s.adopt(x, resp)
	}
	if !p.called && !s.client {
		closeBody(out)
		x.body.taken = true
	}
	return resp, nil
}

func (s *programStage) done(x *exchange, o Outcome) {
	r := x.passed(s.index(x))
	if r == nil {
		return // it did not go further than this
	}
	x.stages[s.index(x)] = nil
	s.below.done(x, o)
	if f, ok := s.own.(Finisher); ok {
		f.Done(r, o)
	}
}

// adopt makes a response of the program's own one that the router can pass on.
func (s *programStage) adopt(x *exchange, resp *http.Response) {
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if x.class = x.service.policy.classify(x.out, resp, nil); x.class == Undecided {
		x.class = Unclassified.orByHead(resp, nil)
	}
	resp.Header[wire.SuccessClassName] = []string{x.class.header()}
}

func (s *programStage) error(x *exchange, err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return &Error{Kind: stageFailed, Dst: x.service.name, Err: err}
}

var (
	errNoResponse = errors.New("the stage returned neither a response nor an error")
	errTwice      = errors.New("the stage passed a request on twice")
	errNoURL      = errors.New("the stage passed on a request without a URL")
)

// passing is the next stage, for one call of Handle.
type passing struct {
	s      *programStage
	x      *exchange
	called bool
	resp   *http.Response // of the stages below
}

func (p *passing) RoundTrip(r *http.Request) (*http.Response, error) {
	x := p.x
	switch {
	case p.called:
		return nil, errTwice
	case r == nil || r.URL == nil:
		return nil, errNoURL
	}
	p.called = true
	sent := r
	if p.s.client {
		sent = r.WithContext(r.Context())
		from := x.out
		sent.Body, sent.GetBody, sent.ContentLength = from.Body, from.GetBody, from.ContentLength
		sent.TransferEncoding, sent.Trailer = from.TransferEncoding, from.Trailer
	}
	x.out, x.ctx = sent, sent.Context()
	x.pass(p.s.index(x), r)
	resp, err := p.s.below.do(x)
	p.resp = resp
	return resp, err
}

var _ http.RoundTripper = (*passing)(nil)

// pass notes what a stage of the program's own passed on.
func (x *exchange) pass(number int, r *http.Request) {
	for len(x.stages) <= number {
		x.stages = append(x.stages, nil)
	}
	x.stages[number] = r
}

// passed is what a stage passed on; nil: nothing.
func (x *exchange) passed(number int) *http.Request {
	if number >= len(x.stages) {
		return nil
	}
	return x.stages[number]
}
