package router

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/relay"
)

// ending is an exchange whose outcome goes to the fake stage.
func ending(t *testing.T) *alone {
	s := newAlone(t)
	s.Router.stages = s.below
	return s
}

// TestOutcomeIsDelivered: what became of a request goes to the stages once, when the
// response is the caller's and its body has ended, whichever comes first.
func TestOutcomeIsDelivered(t *testing.T) {
	s := ending(t)
	a := s.begin(0)
	s.x.class = Success
	resp := s.x.accept(responseOf(200))
	if s.below.want(t); resp.Request != s.x.asked {
		t.Error("the response is of another request")
	}
	a.end(endBroke, errFake)
	if o := s.below.outcomes[0]; o.Err != errFake || o.Class != Success {
		t.Errorf("%+v", o)
	}
	s.below.want(t, "broke")
	a.end(endAnswered, nil)
	s.below.want(t)

	a = s.begin(0)
	a.end(endLeft, errFake)
	a.end(endAnswered, nil) // the first counts
	s.below.want(t)
	s.x.accept(responseOf(200))
	s.below.want(t, "left")

	s.x.attempt = nil // a stage of the program's own made the response
	s.x.accept(responseOf(200))
	s.below.want(t, "answered")
}

// TestFailureIsDelivered: so does what became of one that has no response, with the
// error that the caller gets.
func TestFailureIsDelivered(t *testing.T) {
	s := ending(t)
	s.x.class = Failure
	if err := s.x.fail(errFake); err != errFake || s.below.outcomes[0] != (Outcome{Class: Failure, Err: errFake}) {
		t.Errorf("%v, %+v", err, s.below.outcomes)
	}
	s.below.want(t, "unrouted")
	s.begin(0).fail(endUnsent, &Error{})
	s.below.want(t)
	s.x.class = RetryableFailure
	s.x.fail(errFake)
	if o := s.below.outcomes[0]; o.Err != errFake || o.Class != RetryableFailure {
		t.Errorf("%+v", o)
	}
	s.below.want(t, "unsent")
}

// TestRoundTripClosesTheBody: unless a stage has taken it over.
func TestRoundTripClosesTheBody(t *testing.T) {
	for _, taken := range []bool{false, true} {
		s, body := ending(t), &closings{}
		s.below.does = func(x *exchange) (*http.Response, error) { x.body.taken = taken; return nil, errFake }
		s.x.asked.Body = body
		if _, err := s.RoundTrip(s.x.asked); err != errFake || (body.n == 0) != taken {
			t.Errorf("%v, taken over: %v, closed %d times", err, taken, body.n)
		}
		s.below.want(t, "do", "unrouted")
	}
}

// closings is a body that counts how often it was closed.
type closings struct {
	io.Reader
	n int
}

func (c *closings) Close() error { c.n++; return nil }

// copying is a body that copies itself.
type copying struct {
	closings
	response, writer error
}

func (c *copying) CopyTo(io.Writer) (n int64, response, writer error) {
	return 3, c.response, c.writer
}

// duplex is a connection as the body of a 101 response.
type duplex struct{ closings }

func (d *duplex) Write(p []byte) (int, error) { return len(p), nil }

// TestResponseBody: an attempt has ended when the body of its response has, in
// whichever way that is.
func TestResponseBody(t *testing.T) {
	read := func(resp *http.Response) error { _, err := resp.Body.Read(make([]byte, 9)); return err }
	write := func(resp *http.Response) error {
		n, err := resp.Body.(io.WriterTo).WriteTo(io.Discard)
		if n != 3 {
			t.Errorf("%d bytes were copied", n)
		}
		return err
	}
	broken := func() io.ReadCloser { return &closings{Reader: brokenReader{}} }
	for _, row := range []struct {
		name string
		body io.ReadCloser
		left bool
		do   func(*http.Response) error
		want []string
		err  error // what the caller gets
		says error // what the stages get
	}{
		{name: "a part was read", body: &closings{Reader: strings.NewReader("abc")}, do: read},
		{"it was read to its end", &closings{Reader: strings.NewReader("")}, false, read, []string{"answered"}, io.EOF, nil},
		{"it broke off", broken(), false, read, []string{"broke"}, errFake, errFake},
		{"it broke off because the client left", broken(), true, read, []string{"left"}, errFake, errFake},
		{"it was closed", broken(), false, func(resp *http.Response) error { return resp.Body.Close() }, []string{"answered"}, nil, nil},
		{"it was copied", &copying{}, false, write, []string{"answered"}, nil, nil},
		{"it broke off when it was copied", &copying{response: errFake}, false, write, []string{"broke"}, errFake, errFake},
		{"the client left when it was copied", &copying{response: errFake}, true, write, []string{"left"}, errFake, errFake},
		{"the writer failed", &copying{writer: errFake}, false, write, []string{"left"}, errFake, nil},
		{"the writer failed and the client left", &copying{writer: errFake}, true, write, []string{"left"}, errFake, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := ending(t)
			a, resp := s.begin(0), responseOf(200)
			if resp.Body = row.body; row.left {
				a.ctx = cancelled()
			}
			a.follow(resp)
			s.x.accept(resp)
			err := row.do(resp)
			if !errors.Is(err, row.err) || row.err == nil && err != nil {
				t.Errorf("%v, want %v", err, row.err)
			}
			failed := (*relay.WriteError)(nil)
			if errors.As(err, &failed) != strings.HasPrefix(row.name, "the writer") {
				t.Errorf("%T says who failed", err)
			}
			if len(s.below.outcomes) == 1 && s.below.outcomes[0].Err != row.says {
				t.Errorf("the stages got %v, want %v", s.below.outcomes[0].Err, row.says)
			}
			s.below.want(t, row.want...)
			resp.Body.Close()
			if b, ok := row.body.(*closings); ok && b.n == 0 {
				t.Error("the body of the transport was not closed")
			}
		})
	}
}

// TestNoResponseBody: a response without a body has ended at once.
func TestNoResponseBody(t *testing.T) {
	for _, body := range []io.ReadCloser{nil, http.NoBody} {
		s := ending(t)
		resp := responseOf(204)
		resp.Body = body
		s.begin(0).follow(resp)
		if s.x.accept(resp); resp.Body != http.NoBody {
			t.Errorf("the body is %T", resp.Body)
		}
		s.below.want(t, "answered")
	}
}

// TestUpgradedBody: a tunnel stays one, in both directions.
func TestUpgradedBody(t *testing.T) {
	s := ending(t)
	resp := responseOf(101)
	resp.Body = &duplex{closings{Reader: strings.NewReader("abc")}}
	s.begin(0).follow(resp)
	s.x.accept(resp)
	if n, err := resp.Body.(io.Writer).Write([]byte("ab")); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if err := resp.Body.(*upgradedBody).CloseWrite(); err != http.ErrNotSupported {
		t.Error(err)
	}
	half := responseOf(101)
	half.Body = &halfDuplex{}
	s.x.newAttempt(s.client.set.Endpoints()[0]).follow(half)
	if err := half.Body.(*upgradedBody).CloseWrite(); err != errFake {
		t.Error(err)
	}
	if s.below.want(t); resp.Body.Close() != nil {
		t.Error("it cannot be closed")
	}
	s.below.want(t, "answered")
}

// halfDuplex is a connection that can close one direction.
type halfDuplex struct{ duplex }

func (h *halfDuplex) CloseWrite() error { return errFake }

var _ relay.Body = (*copying)(nil)
