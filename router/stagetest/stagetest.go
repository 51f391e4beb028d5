// Package stagetest tests whether a stage of a program's own keeps the contract of
// [router.Stage]:
//
//	func TestLimiter(t *testing.T) {
//		stagetest.Run(t, func() router.Stage { return newLimiter(10) })
//	}
package stagetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// Run tests the stages that newStage makes, each as one of a service and as one of a
// client, in a router in front of fake endpoints. A stage may pass requests on, respond
// by itself or fail. It must leave the request as it was, give every request a response
// or an error, close what it does not return, end when the context of the request does,
// and bear many requests at once (test with -race).
func Run(t *testing.T, newStage func() router.Stage) {
	for _, c := range []struct {
		of     string
		stages func(s []router.Stage) router.Stages
	}{
		{"service", func(s []router.Stage) router.Stages {
			return router.Stages{Service: func(resolve.Path) []router.Stage { return s }}
		}},
		{"client", func(s []router.Stage) router.Stages {
			return router.Stages{Client: func(resolve.Path) []router.Stage { return s }}
		}},
	} {
		t.Run(c.of, func(t *testing.T) {
			begin := func(t *testing.T) *bed { return newBed(t, c.stages([]router.Stage{newStage()})) }
			t.Run("responds", func(t *testing.T) { responds(begin(t)) })
			t.Run("leaves the request as it was", func(t *testing.T) { leavesTheRequest(begin(t)) })
			t.Run("bears failures", func(t *testing.T) { bearsFailures(begin(t)) })
			t.Run("ends with the context", func(t *testing.T) { endsWithTheContext(begin(t)) })
			t.Run("bears many requests", func(t *testing.T) { bearsMany(begin(t)) })
		})
	}
}

// bed is a router with the stage, in front of one endpoint.
type bed struct {
	*testing.T
	*router.Router
	endpoint endpoint
}

// endpoint is a transport of which a test says what it does.
type endpoint struct {
	mode   atomic.Int32
	bodies sync.Map // of responses that are not closed: *body
}

const (
	echoes = iota
	breaks
	silent
)

func newBed(t *testing.T, stages router.Stages) *bed {
	names := new(resolvetest.Namer)
	names.Bind("/web", "10.0.0.1:80")
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}}})
	if err != nil {
		t.Fatal(err)
	}
	b := &bed{T: t}
	b.Router, err = router.New(router.Config{
		Dtab:         resolve.MustDtab("/svc => /#/fake"),
		Interpreter:  in,
		NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return &b.endpoint },
		Stages:       stages,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.settled()
		b.Close()
	})
	return b
}

var errBroken = errors.New("the endpoint broke the connection")

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	var text []byte
	if r.Body != nil {
		defer r.Body.Close()
		text, _ = io.ReadAll(r.Body)
	}
	switch e.mode.Load() {
	case breaks:
		return nil, errBroken
	case silent:
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	b := &body{Reader: bytes.NewReader(text), of: e}
	e.bodies.Store(b, true)
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, ContentLength: int64(len(text)), Body: b, Request: r,
	}, nil
}

type body struct {
	io.Reader
	of *endpoint
}

func (b *body) Close() error {
	b.of.bodies.Delete(b)
	return nil
}

// asked is a request's body that notes whether it was closed.
type asked struct {
	io.Reader
	closed atomic.Bool
}

func (a *asked) Close() error {
	a.closed.Store(true)
	return nil
}

func (b *bed) request(ctx context.Context, method, text string) *http.Request {
	b.Helper()
	r, err := http.NewRequestWithContext(ctx, method, "http://web/path?x=y", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("X-Of-The-Caller", "1")
	if text != "" {
		r.Body, r.ContentLength = &asked{Reader: strings.NewReader(text)}, int64(len(text))
	}
	return r
}

// ask sends a request and reads its response, of which there may be none.
func (b *bed) ask(r *http.Request) {
	b.Helper()
	resp, err := b.RoundTrip(r)
	switch {
	case err != nil:
		return
	case resp.StatusCode < 200 || resp.StatusCode > 999:
		b.Errorf("%s: the response has status %d", r.Method, resp.StatusCode)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		b.Errorf("%s: the body of the response breaks off: %v", r.Method, err)
	}
	resp.Body.Close()
}

// settled reports what the stage has left open.
func (b *bed) settled() {
	b.Helper()
	if n := b.Stats().Pending; n != 0 {
		b.Errorf("%d requests have not ended: a response that was not returned was not closed", n)
	}
	b.endpoint.bodies.Range(func(any, any) bool {
		b.Error("the body of a response was not closed")
		return false
	})
}

func responds(b *bed) {
	for _, method := range []string{"GET", "HEAD", "POST", "DELETE"} {
		text := ""
		if method == "POST" {
			text = "the body"
		}
		b.ask(b.request(b.Context(), method, text))
	}
}

func leavesTheRequest(b *bed) {
	for _, text := range []string{"", "the body"} {
		r := b.request(b.Context(), "POST", text)
		header, target, host := r.Header.Clone(), r.URL.String(), r.Host
		b.ask(r)
		if !maps.EqualFunc(header, r.Header, slices.Equal) || r.URL.String() != target || r.Host != host {
			b.Errorf("the request was changed: %s %s %v", r.Host, r.URL, r.Header)
		}
		if a, ok := r.Body.(*asked); ok && !a.closed.Load() {
			b.Error("the body of the request was not closed")
		}
	}
}

func bearsFailures(b *bed) {
	b.endpoint.mode.Store(breaks)
	for range 3 {
		b.ask(b.request(b.Context(), "GET", ""))
	}
	b.endpoint.mode.Store(echoes)
	b.ask(b.request(b.Context(), "GET", ""))
}

// patience is how long a stage may take for what it should do at once.
const patience = 30 * time.Second

func endsWithTheContext(b *bed) {
	b.endpoint.mode.Store(silent)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.ask(b.request(ctx, "GET", ""))
	}()
	cancel()
	select {
	case <-ended:
	case <-time.After(patience):
		b.Fatal("the stage goes on though the context of the request has ended")
	}
}

func bearsMany(b *bed) {
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for range 8 {
				b.ask(b.request(b.Context(), "POST", "the body"))
			}
		})
	}
	all.Wait()
}
