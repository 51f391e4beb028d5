package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"
)

// patience is how long a connection may take to be made here.
const patience = 300 * time.Millisecond

const (
	// requestLimit is when a caller gives up: that is a failure.
	requestLimit = 10 * time.Second
	// maxOutstanding bounds the requests in flight. One more is a failure
	// that is not even sent.
	maxOutstanding = 1000
	// postEvery makes every so-manyth request a POST.
	postEvery = 5
)

// call is one request and what became of it.
type call struct {
	id     string
	post   bool
	began  time.Time
	took   time.Duration
	failed string // why; empty: it was answered as it should be
}

// load is callers who send at a steady rate, whatever becomes of it.
type load struct {
	name   string
	url    string
	client *http.Client
	cancel context.CancelFunc
	loop   sync.WaitGroup

	mu          sync.Mutex
	calls       []*call
	outstanding int
}

func startLoad(ctx context.Context, name, addr string, perSecond int) *load {
	ctx, cancel := context.WithCancel(ctx)
	l := &load{
		name: name, url: "http://" + addr + "/", cancel: cancel,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: maxOutstanding, DisableCompression: true}},
	}
	l.loop.Go(func() { l.run(ctx, perSecond) })
	return l
}

func (l *load) run(ctx context.Context, perSecond int) {
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			l.begin(n)
		}
	}
}

func (l *load) begin(n int) {
	c := &call{id: fmt.Sprintf("%s-%d", l.name, n), post: n%postEvery == 0, began: time.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, c)
	if l.outstanding == maxOutstanding {
		c.failed = "not sent: too many are in flight"
		return
	}
	l.outstanding++
	l.loop.Go(func() {
		failed := l.send(c)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.outstanding--
		c.took, c.failed = time.Since(c.began), failed
	})
}

// send sends a request once. That net/http would send it again, where it may,
// counts as a failure: not every caller does.
func (l *load) send(c *call) (failed string) {
	ctx, cancel := context.WithTimeout(context.Background(), requestLimit)
	defer cancel()
	sent := 0
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent++ }})
	method, body := "GET", io.Reader(nil)
	if c.post {
		method, body = "POST", strings.NewReader("once and no more")
	}
	r, err := http.NewRequestWithContext(ctx, method, l.url, body)
	if err != nil {
		return err.Error()
	}
	r.Host = "web"
	r.Header.Set(requestID, c.id)
	resp, err := l.client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err.Error()
	case resp.StatusCode != http.StatusOK:
		reason, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
		return resp.Status + ": " + reason
	case len(text) != answerBytes:
		return fmt.Sprintf("%d bytes instead of %d", len(text), answerBytes)
	case sent > 1:
		return "the hop dropped it, and net/http sent it again"
	}
	return ""
}

// stop stops sending, waits for what is in flight, and closes all connections.
func (l *load) stop() []*call {
	l.cancel()
	l.loop.Wait()
	l.client.CloseIdleConnections()
	return l.calls
}
