package h2_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/internal/h2wire"
	"github.com/meshhop/meshhop/proxy/internal/h2"
)

// TestReset: a client that resets its request ends its context, and the cause has the code.
func TestReset(t *testing.T) {
	cause := make(chan error)
	begun := make(chan struct{})
	addr, s := start(t, h2.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		<-r.Context().Done()
		cause <- context.Cause(r.Context())
	})})
	p := newPeer(t, addr).begin()
	p.send(p.request(1, get, "/", true))
	<-begun
	p.send(h2wire.AppendReset(nil, 1, h2wire.Cancel))
	var reset *h2wire.ResetError
	if err := <-cause; !errors.As(err, &reset) || reset.Code != h2wire.Cancel || reset.Local || !errors.Is(err, context.Canceled) {
		t.Errorf("the cause is %v", err)
	}
	if got := s.Stats().Resets; got != 1 {
		t.Errorf("%d resets", got)
	}
	p.send(p.request(3, post, "/", false))
	<-begun
	p.nc.Close()
	if err := <-cause; !errors.Is(err, context.Canceled) {
		t.Errorf("the cause is %v", err)
	}
}

// TestAbort: it ends the contexts of requests, and their responses are written.
func TestAbort(t *testing.T) {
	begun := make(chan struct{})
	addr, s := start(t, h2.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			close(begun)
		}
		<-r.Context().Done()
		_, _ = w.Write([]byte(context.Cause(r.Context()).Error()))
	})})
	p := newPeer(t, addr).begin()
	p.send(p.request(1, get, "/wait", true))
	<-begun
	s.Abort(errors.New("enough"))
	p.until(1, "DATA enough END")
	p.send(p.request(3, get, "/", true))
	p.until(3, "DATA enough END")
}

// TestDrain: a connection is told that it ends, serves what comes until the peer can know,
// is told which request was the last, and ends after that.
func TestDrain(t *testing.T) {
	wait, release := block()
	begun := make(chan struct{}, 3)
	addr, s := start(t, h2.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		wait()
		_, _ = w.Write([]byte("done"))
	})})
	p := newPeer(t, addr).begin()
	p.send(p.request(1, get, "/", true))
	<-begun
	s.Drain()
	s.Drain() // once is enough
	p.until(0, "PING")
	p.send(p.request(3, get, "/", true)) // it has not seen the GOAWAY yet
	<-begun
	p.send(h2wire.AppendPing(nil, true, p.last))
	for len(p.goaway) < 2 {
		p.next()
	}
	p.send(p.request(5, get, "/", true)) // that is ignored
	p.send(h2wire.AppendWindowUpdate(nil, 5, 1))
	p.sync("ignored5")
	release()
	p.until(0, "closed")
	if p.goaway[0] != h2wire.MaxStream || p.goaway[1] != 3 || len(p.goaway) != 2 {
		t.Errorf("GOAWAY %v", p.goaway)
	}
	if !p.has(1, "DATA done END") || !p.has(3, "DATA done END") || p.lines[5] != nil {
		t.Errorf("%v", p.lines)
	}
	p = newPeer(t, addr).begin() // one that comes later
	p.until(0, "PING")
	p.send(h2wire.AppendPing(nil, true, p.last))
	p.until(0, "closed")
}

// TestDrainWithoutAnswer: a peer that answers no PING does not hold a drain up.
func TestDrainWithoutAnswer(t *testing.T) {
	addr, s := start(t, h2.Config{Handler: http.HandlerFunc(various)})
	p := newPeer(t, addr).begin()
	p.sync("begunall")
	s.Drain()
	p.until(0, "closed")
}

// TestMaxStreams: streams above the limit are refused, and served again later.
func TestMaxStreams(t *testing.T) {
	next := make(chan struct{})
	addr, s := start(t, h2.Config{MaxConcurrentStreams: 2, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-next })})
	p := newPeer(t, addr).begin()
	for _, id := range []uint32{1, 3, 5} {
		p.send(p.request(id, get, "/", true))
	}
	p.until(5, "RST REFUSED_STREAM")
	next <- struct{}{}
	for !p.has(1, "200 END") && !p.has(3, "200 END") {
		p.next()
	}
	p.send(p.request(7, get, "/", true))
	next <- struct{}{}
	next <- struct{}{}
	p.until(7, "200 END")
	if got := s.Stats().RefusedStreams; got != 1 {
		t.Errorf("%d refused", got)
	}
}

// TestRefuse: Config.Refuse answers what is refused, and hears of what is malformed.
func TestRefuse(t *testing.T) {
	heard := make(chan string, 3)
	addr, s := start(t, h2.Config{Handler: http.HandlerFunc(various), MaxHeaderBytes: 300,
		Refuse: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte("no"))
			heard <- r.Method + " " + http.StatusText(status) + ": " + reason.Error()
		}})
	p := newPeer(t, addr).begin()
	p.send(p.request(1, get, "/hello", true, "te: gzip"))
	if got := <-heard; got != "GET Bad Request: malformed request: te \"gzip\" (PROTOCOL_ERROR)" {
		t.Error(got)
	}
	p.send(p.request(3, get, "/%%", true))
	if got := <-heard; got != `GET Bad Request: :path: parse "/%%": invalid URL escape "%%"` {
		t.Error(got)
	}
	p.send(p.request(5, get, "/", true, "a: b", "c: d", "e: f", "g: h"))
	if got := <-heard; got != "GET Request Header Fields Too Large: header fields of 310 bytes" {
		t.Error(got)
	}
	p.until(1, "RST PROTOCOL_ERROR")
	p.until(3, "400")
	p.until(5, "DATA no END")
	if got := s.Stats(); got.Refused != 3 || got.Malformed != 1 || got.Requests != 0 {
		t.Errorf("%+v", got)
	}
}

// TestPanic: a handler that panics resets its stream and no other.
func TestPanic(t *testing.T) {
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic("on purpose")
		}
	})})
	p := newPeer(t, addr).begin()
	p.send(p.request(1, get, "/panic", true))
	p.until(1, "RST INTERNAL_ERROR")
	p.send(p.request(3, get, "/", true))
	p.until(3, "200 END")
}
