package h1_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/h1"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
	"github.com/meshhop/meshhop/router"
)

var soakTime = flag.Duration("soak", 5*time.Second, "how long TestSoak lasts")

const (
	// maxSoaked is how many bytes of heap may be left of a soak: what the hop remembers of
	// names, of which strangers make some, and what pools keep.
	maxSoaked = 8 << 20
	// maxStarted is how many goroutines, and descriptors, may be left: those that are begun
	// when something is first done.
	maxStarted = 4
	// soakLimit is how long the server waits for its clients. It is long for a machine that
	// is busy with something else meanwhile.
	soakLimit = 5 * time.Second
)

// TestSoak: a whole hop serves honest clients while strangers send it all the rows, whole,
// changed and in part, and leave in all ways. No honest request fails, and afterwards the
// hop has as many goroutines and descriptors as before, and about as much memory.
func TestSoak(t *testing.T) {
	lasting := *soakTime
	if testing.Short() {
		lasting = min(lasting, time.Second)
	}
	echoing := h1.New(h1.Config{Handler: http.HandlerFunc(echoBody)})
	backend := start(t, echoing)
	names, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc => /$/inet/127.0.0.1/" + portOf(t, backend)),
		Interpreter: utilities.Interpreter(utilities.Config{}),
		Transport:   router.TransportConfig{IdleTimeout: time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	hop, err := proxy.New(proxy.Config{Router: names})
	if err != nil {
		t.Fatal(err)
	}
	s := serve.New(hop, serve.Config{
		Engine: serve.H1, MaxHeadBytes: 64 << 10, MaxConnections: -1,
		ReadHeaderTimeout: soakLimit, BodyTimeout: soakLimit, ResponseTimeout: soakLimit,
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	addr := l.Addr().String()
	idle := func() bool { return s.Stats().Connections == 0 && echoing.Stats().Connections == 0 }

	all := allRows(t)
	mix(t, addr, all, time.Second, false) // after which caches and pools have what they keep
	before := settled(t, idle, level{})
	requests, strangers := mix(t, addr, all, lasting, true)
	after := settled(t, idle, before)
	t.Logf("%d honest requests, %d strangers, %+v; before %v, after %v", requests, strangers, s.Stats(), before, after)
	switch stats := s.Stats(); {
	case requests < 10 || strangers < 10:
		t.Errorf("%d honest requests, %d strangers", requests, strangers)
	case !after.within(before):
		t.Errorf("before %v, after %v", before, after)
	case stats.HeadTimeouts == 0 || stats.BodyTimeouts == 0:
		t.Errorf("nobody was slow: %+v", stats)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := names.Close(); err != nil {
		t.Error(err)
	}
}

// echoBody is the backend: it returns what it gets, while it gets it.
func echoBody(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/slow" {
		ctx, cancel := context.WithTimeout(r.Context(), 20*time.Millisecond)
		defer cancel()
		<-ctx.Done()
	}
	if n := r.URL.Query().Get("n"); n != "" {
		w.Header().Set("X-N", n)
	}
	if r.ContentLength > 0 && r.Method == "POST" {
		w.Header().Set("Content-Length", fmt.Sprint(r.ContentLength))
	}
	_ = http.NewResponseController(w).EnableFullDuplex()
	_, _ = io.Copy(w, r.Body)
}

// mix sends honest and hostile traffic for some time, also of slow strangers if they are
// asked for. It returns how many requests and strangers there were.
func mix(t *testing.T, addr string, all []row, lasting time.Duration, withSlow bool) (requests, strangers int64) {
	end := time.Now().Add(lasting)
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	defer transport.CloseIdleConnections()
	var honests, hostiles atomic.Int64
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			client := &http.Client{Transport: transport}
			random := rand.New(rand.NewPCG(3, uint64(i)))
			for n := 0; time.Now().Before(end); n++ {
				honest(t, client, addr, random, fmt.Sprint(i, "-", n))
				honests.Add(1)
			}
		})
		running.Go(func() {
			random := rand.New(rand.NewPCG(4, uint64(i)))
			for n := 0; time.Now().Before(end); n++ {
				if hostile(addr, all, random); withSlow && n%500 == 0 {
					running.Go(func() { slow(addr, "GET / HT") })
					running.Go(func() { slow(addr, postThree+"\r\na") })
				}
				hostiles.Add(1)
			}
		})
	}
	running.Wait()
	return honests.Load(), hostiles.Load()
}

// slow sends a part of a request, and waits until the server has had enough.
func slow(addr, part string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(4 * soakLimit))
	_, _ = io.WriteString(conn, part)
	_, _ = io.Copy(io.Discard, conn)
}

// level is what the process holds.
type level struct {
	goroutines, descriptors int
	heap                    int64
}

// within reports whether no more is held than before, but for what may be left.
func (l level) within(before level) bool {
	return l.goroutines <= before.goroutines+maxStarted && l.descriptors <= before.descriptors+maxStarted && l.heap <= before.heap+maxSoaked
}

func (l level) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %.1f MiB", l.goroutines, l.descriptors, float64(l.heap)/(1<<20))
}

// settled waits until the connections have ended and the level is not above another one, but
// not for ever, and returns it.
func settled(t *testing.T, idle func() bool, want level) (l level) {
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		l = level{runtime.NumGoroutine(), descriptors(), int64(m.HeapAlloc)}
		if idle() && (want == level{} || l.within(want)) {
			return l
		}
		if time.Now().After(end) {
			t.Errorf("it does not become idle: %v", l)
			return l
		}
	}
}

// descriptors is how many the process has open; 0 where nobody can tell.
func descriptors() int {
	all, _ := os.ReadDir("/proc/self/fd")
	return len(all)
}

func portOf(t testing.TB, addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
