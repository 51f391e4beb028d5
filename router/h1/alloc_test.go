package h1_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

func TestAnswerHeader(t *testing.T) {
	ps := responding(t, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nA: 2\r\nContent-Length: 0\r\n\r\n")
	header := http.Header{"A": {"1"}}
	resp := roundTrip(t, sending{to(t, ps.addr), &relay.Exchange{Header: header}}, newRequest(t, "GET", nil))
	header["X"] = []string{"y"}
	if len(resp.Header["A"]) != 2 || resp.Header.Get("X") != "y" || resp.Header.Get("Link") != "" {
		t.Errorf("%v", resp.Header)
	}
}

// TestAllocations: the ceilings for a response of nine header lines and 1 KiB. A bound that
// is not reached costs no allocation.
func TestAllocations(t *testing.T) {
	addr := benchServer(t, 1024)
	t.Run("without limits", func(t *testing.T) { allocations(t, h1.Config{Addr: addr}) })
	t.Run("with limits", func(t *testing.T) {
		allocations(t, h1.Config{Addr: addr, MaxConns: 2, MaxWaiters: 2, MinIdle: 1, SessionIdleTimeout: time.Hour, MaxLifetime: time.Hour})
	})
}

func allocations(t *testing.T, config h1.Config) {
	transport := newTransport(t, config)
	buf := make([]byte, 4096)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	via := func(rt http.RoundTripper, req *http.Request) {
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = resp.Body.Read(buf)
		}
		resp.Body.Close()
	}
	do := func(req *http.Request) { via(transport, req) }
	get := newRequestWith(t, ctx, "GET", nil)
	get.Header.Set("L5d-Ctx-Trace", "x")
	into := &relay.Exchange{Header: http.Header{}, Times: new(relay.Times)}
	data := bytes.Repeat([]byte("x"), 500)
	post := newRequestWith(t, ctx, "POST", bytes.NewReader(data))
	streamed := newRequestWith(t, ctx, "POST", onlyReader{nil})
	streamed.ContentLength = 500
	r := bytes.NewReader(nil)

	// A garbage collection during the test costs some, so the ceilings have some room.
	for _, c := range []struct {
		name    string
		do      func()
		ceiling float64
	}{
		{"GET", func() { do(get) }, 7},
		{"GET into a map", func() { clear(into.Header); via(sending{transport, into}, get) }, 4},
		{"POST in memory", func() { post.Body, _ = post.GetBody(); do(post) }, 9},
		{"POST streamed", func() { r.Reset(data); streamed.Body = io.NopCloser(onlyReader{r}); do(streamed) }, 17},
	} {
		if got := testing.AllocsPerRun(200, c.do); got > c.ceiling {
			t.Errorf("%s: %v allocations, want at most %v", c.name, got, c.ceiling)
		} else {
			t.Logf("%s: %v allocations", c.name, got)
		}
	}
}
