package h1_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy/h1"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
)

const (
	wait      = "GET /wait HTTP/1.1\r\nHost: web\r\n\r\n"
	lastWait  = "GET /wait HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"
	waitLarge = "POST /wait HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n"
)

// waiting is a handler whose requests wait for the end of their contexts, or until they are
// released.
type waiting struct {
	arrived chan *http.Request
	release chan struct{}
	cause   chan error // of the end of a context
}

func newWaiting() *waiting {
	return &waiting{make(chan *http.Request), make(chan struct{}), make(chan error, 1)}
}

func (h *waiting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/wait" {
		return
	}
	h.arrived <- r
	_, err := io.Copy(io.Discard, r.Body)
	select {
	case <-r.Context().Done():
		if r.Context().Err() != context.Canceled {
			panic(r.Context().Err())
		}
		h.cause <- errors.Join(context.Cause(r.Context()), err)
	case <-h.release:
	}
	_, _ = io.WriteString(w, "released")
}

func TestResetIsLeaving(t *testing.T) {
	h := newWaiting()
	addr := start(t, h1.New(h1.Config{Handler: h}))
	// The second with another request that has been read, the fourth with one that has not.
	for i, sent := range []string{wait, wait + wait, lastWait, wait} {
		c := dial(t, addr)
		c.send(sent)
		<-h.arrived
		if i == 3 {
			c.send(wait)
		}
		c.reset()
		if err := <-h.cause; !errors.Is(err, context.Canceled) || err.Error() != "the client has left" {
			t.Errorf("the cause is %v", err)
		}
	}
}

// TestEndIsNotLeaving: the end of what a client sends is not the end of its request, which
// was read whole.
func TestEndIsNotLeaving(t *testing.T) {
	h := newWaiting()
	addr := start(t, h1.New(h1.Config{Handler: h}))
	c := dial(t, addr)
	c.send(wait)
	r := <-h.arrived
	c.finish()
	select {
	case err := <-h.cause:
		t.Fatalf("the context has ended: %v", err)
	case <-time.After(50 * time.Millisecond): // longer than the end of a client that leaves takes to be seen
	}
	h.release <- struct{}{}
	if resp, body := c.response("GET"); resp.StatusCode != 200 || body != "released" {
		t.Errorf("%s %q", resp.Status, body)
	}
	c.wantEnd()
	<-r.Context().Done()
	if err := context.Cause(r.Context()); err != context.Canceled {
		t.Errorf("after the handler the cause is %v", err)
	}
}

// TestResetAfterEnd: a client that has ended its side can still leave.
func TestResetAfterEnd(t *testing.T) {
	h := newWaiting()
	addr := start(t, h1.New(h1.Config{Handler: h}))
	c := dial(t, addr)
	c.send(wait)
	r := <-h.arrived
	done := r.Context().Done()
	c.finish()
	select {
	case <-done:
		t.Fatal("the context has ended")
	case <-time.After(50 * time.Millisecond):
	}
	c.reset()
	<-h.cause
}

// TestEndThatIsLeaving: with "Connection: close", and within a body, the end of what a
// client sends is the end of its request.
func TestEndThatIsLeaving(t *testing.T) {
	h := newWaiting()
	addr := start(t, h1.New(h1.Config{Handler: h}))
	for sent, want := range map[string]string{
		lastWait:          "the client has left",
		waitLarge + "123": "the client has left\nunexpected EOF",
	} {
		c := dial(t, addr)
		c.send(sent)
		<-h.arrived
		c.finish()
		if err := <-h.cause; err.Error() != want {
			t.Errorf("%q: the cause is %q", sent, err)
		}
		if resp, _ := c.response("GET"); !resp.Close {
			t.Errorf("%q: the connection is kept", sent)
		}
	}
}

// TestEndIsBounded: a client that has ended its side is waited for only so long. It is the
// same for a connection in memory, which can only be watched by reading it.
func TestEndIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newWaiting()
		network := servetest.NewNetwork()
		s := h1.New(h1.Config{Handler: h})
		served := make(chan error, 1)
		go func() { served <- s.Serve(network) }()
		near, _ := network.Dial()
		if _, err := io.WriteString(near, wait); err != nil {
			t.Fatal(err)
		}
		<-h.arrived
		began := time.Now()
		if err := near.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		go io.Copy(io.Discard, near)
		<-h.cause
		if took := time.Since(began); took < 30*time.Second || took > 31*time.Second {
			t.Errorf("it was waited for %v", took)
		}
		near.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
}

// TestEndIsBoundedOnSockets is the same for a connection that can be peeked at.
func TestEndIsBoundedOnSockets(t *testing.T) {
	h := newWaiting()
	s := h1.New(h1.Config{Handler: h})
	s.SetMaxHalfClosed(20 * time.Millisecond)
	c := dial(t, start(t, s))
	c.send(wait)
	<-h.arrived
	c.finish()
	if err := <-h.cause; err.Error() != "the client has left" {
		t.Errorf("the cause is %v", err)
	}
	if _, body := c.response("GET"); body != "released" {
		t.Errorf("got %q", body)
	}
	c.wantEnd()
}

// TestAbort: the server ends the contexts of all requests, and their responses are written.
func TestAbort(t *testing.T) {
	h := newWaiting()
	s := h1.New(h1.Config{Handler: h})
	c := dial(t, start(t, s))
	c.send(wait + wait)
	<-h.arrived
	why := errors.New("why")
	s.Abort(why)
	for i := range 2 { // the second begins with a context that has ended
		if i > 0 {
			<-h.arrived
		}
		if err := <-h.cause; !errors.Is(err, why) {
			t.Errorf("the cause is %v", err)
		}
		if _, body := c.response("GET"); body != "released" {
			t.Errorf("got %q", body)
		}
	}
}

// TestContextValues: the context has the local address, and those derived from it end with
// it, also through other contexts.
func TestContextValues(t *testing.T) {
	h := newWaiting()
	addr := start(t, h1.New(h1.Config{Handler: h}))
	c := dial(t, addr)
	c.send(wait)
	r := <-h.arrived
	if got := r.Context().Value(http.LocalAddrContextKey); got.(interface{ String() string }).String() != addr {
		t.Errorf("the local address is %v", got)
	}
	type key struct{}
	child, cancel := context.WithTimeout(context.WithValue(r.Context(), key{}, 1), time.Hour)
	defer cancel()
	if child.Value(key{}) != 1 || r.Context().Err() != nil || context.Cause(r.Context()) != nil {
		t.Error("the context is wrong")
	}
	h.release <- struct{}{}
	<-child.Done()
	if child.Err() != context.Canceled || context.Cause(child) != context.Canceled {
		t.Errorf("%v, %v", child.Err(), context.Cause(child))
	}
}

// TestContextAskedLate: somebody may ask for the end of a context, and its cause, for the
// first time when it has ended.
func TestContextAskedLate(t *testing.T) {
	requests := make(chan *http.Request, 4)
	s := h1.New(h1.Config{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { requests <- r })})
	c := dial(t, start(t, s))
	why := errors.New("why")
	for _, want := range []error{context.Canceled, why} {
		c.send(get + get)
		c.response("GET")
		c.response("GET") // and so the first request is over
		ctx := (<-requests).Context()
		if cause := context.Cause(ctx); cause != want || ctx.Err() != context.Canceled {
			t.Errorf("%v, %v", cause, ctx.Err())
		}
		<-ctx.Done()
		<-requests
		s.Abort(why)
	}
}
