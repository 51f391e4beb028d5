package ctxhdr_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
)

// A service in the middle: whatever context its callers send reaches the
// services that it calls.
func Example() {
	world := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "world, in context %s", r.Header.Get("l5d-ctx-thing"))
	}))
	defer world.Close()

	client := &http.Client{Transport: ctxhdr.Transport(nil)}
	hello := httptest.NewServer(ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req, _ := http.NewRequestWithContext(r.Context(), "GET", world.URL, nil)
		resp, err := client.Do(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		io.WriteString(w, "hello ")
		io.Copy(w, resp.Body)
	})))
	defer hello.Close()

	req, _ := http.NewRequest("GET", hello.URL, nil)
	req.Header.Set("l5d-ctx-thing", "42")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Printf("%s\n", body)
	// Output: hello world, in context 42
}

func ExampleMiddleware() {
	h := ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(ctxhdr.FromContext(r.Context()))
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("l5d-ctx-thing", "42")
	r.Header.Set("Accept", "*/*")
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output: map[L5d-Ctx-Thing:[42]]
}

// The work of a request ends when its caller has stopped waiting.
func ExampleMiddleware_deadline() {
	h := ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done() // a query, for example
		fmt.Println(r.Context().Err())
	}))
	r := httptest.NewRequest("GET", "/", nil)
	now := time.Now()
	r.Header.Set("l5d-ctx-deadline", ctxhdr.Deadline{Timestamp: now, Deadline: now.Add(10 * time.Millisecond)}.String())
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output: context deadline exceeded
}

func ExampleWithoutDeadline() {
	// An order is carried out also if its caller goes away.
	order := func(w http.ResponseWriter, r *http.Request) {
		_, bounded := r.Context().Deadline()
		fmt.Println(bounded)
	}
	h := ctxhdr.Middleware(http.HandlerFunc(order), ctxhdr.WithoutDeadline())
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("l5d-ctx-deadline", "1500000000000000000 4000000000000000000")
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output: false
}

func ExampleDeadline_Left() {
	set := time.Unix(1_500_000_000, 0) // by a clock that may be ahead of ours
	d := ctxhdr.Deadline{Timestamp: set, Deadline: set.Add(time.Second)}
	fmt.Println(d.Left(set.Add(300*time.Millisecond)), d.Left(set.Add(-time.Hour)))
	// Output: 700ms 1s
}

func ExampleTransport() {
	ctx := ctxhdr.NewContext(context.Background(), http.Header{"L5d-Ctx-Thing": {"42"}})
	rt := ctxhdr.Transport(roundTripper(func(r *http.Request) (*http.Response, error) {
		fmt.Println(r.Header)
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}))
	req, _ := http.NewRequestWithContext(ctx, "GET", "http://world/", nil)
	resp, err := rt.RoundTrip(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	// Output: map[L5d-Ctx-Thing:[42]]
}

func ExampleNewContext() {
	// A message from a queue that carries headers of its own.
	message := http.Header{"L5d-Ctx-Thing": {"42"}, "Queue": {"orders"}}
	ctx := ctxhdr.NewContext(context.Background(), message)
	fmt.Println(ctxhdr.FromContext(ctx))
	// Output: map[L5d-Ctx-Thing:[42]]
}

func ExampleForward() {
	incoming := http.Header{"L5d-Ctx-Thing": {"42"}, "Cookie": {"secret"}}
	outgoing := http.Header{"Accept": {"*/*"}}
	ctxhdr.Forward(outgoing, incoming)
	fmt.Println(outgoing)
	// Output: map[Accept:[*/*] L5d-Ctx-Thing:[42]]
}

func ExampleParseTraceID() {
	id, err := ctxhdr.ParseTraceID("AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY=")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(id.Describe())
	fmt.Println("l5d-reqid:", id.ReqID())

	_, err = ctxhdr.ParseTraceID("bm90LWEtdHJhY2U=")
	fmt.Println(err)
	// Output:
	// span 0000000000000003, child of span 0000000000000002, in trace 0000000000000001; sampled (flags 0x6)
	// l5d-reqid: 0000000000000001
	// l5d-ctx-trace "bm90LWEtdHJhY2U=": not the base64 of 32 or 40 bytes
}

func ExampleDeadlines() {
	h := http.Header{"L5d-Ctx-Deadline": {"1000 9000", "2000 8000"}}
	d, _ := ctxhdr.Deadlines(h)
	fmt.Println(d)
	// Output: 2000 8000
}

func ExampleDecodeErr() {
	why, err := ctxhdr.DecodeErr("no+such+name%3A%0A%2Fsvc%2Fhello")
	fmt.Printf("%q %v\n", why, err)
	// Output: "no such name:\n/svc/hello" <nil>
}

// An edge that takes requests from strangers: nothing that they say of the mesh
// counts.
func ExampleClear() {
	h := http.Header{"L5d-Dtab": {"/svc => /mine"}, "Accept": {"*/*"}}
	ctxhdr.Clear(h)
	fmt.Println(h)
	// Output: map[Accept:[*/*]]
}

func ExampleTrace() {
	id, ok := ctxhdr.Trace(http.Header{"L5d-Ctx-Trace": {"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="}})
	fmt.Println(id.ReqID(), ok) // for the service's log
	// Output: 0000000000000001 true
}
