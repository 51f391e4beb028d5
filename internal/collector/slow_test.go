package collector_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/collector"
)

// network is a network without sockets, for tests in a bubble of time.
type network struct {
	made   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.made:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error   { n.once.Do(func() { close(n.closed) }); return nil }
func (n *network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9411} }

// peer is the sender's end of a connection.
type peer struct {
	t testing.TB
	net.Conn
	in *bufio.Reader
}

// bubble serves a collector without sockets.
func bubble(t testing.TB, config collector.Config) (*collector.Collector, func() *peer) {
	c, err := collector.New(config)
	if err != nil {
		t.Fatal(err)
	}
	n := &network{made: make(chan net.Conn), closed: make(chan struct{})}
	s := &http.Server{Handler: c}
	go s.Serve(n)
	t.Cleanup(func() { s.Close() })
	return c, func() *peer {
		near, far := net.Pipe()
		n.made <- far
		t.Cleanup(func() { near.Close() })
		return &peer{t, near, bufio.NewReader(near)}
	}
}

func (p *peer) begin(length int) {
	_ = p.send(fmt.Sprintf("POST /api/v2/spans HTTP/1.1\r\nHost: collector\r\nContent-Length: %d\r\n\r\n", length))
}

// send fails when the collector has gone.
func (p *peer) send(text string) error {
	_, err := io.WriteString(p, text)
	return err
}

// answer is the status of the answer, 0 if the connection ends without one.
func (p *peer) answer() int {
	res, err := http.ReadResponse(p.in, nil)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// TestSlowUploads: bodies that take for ever neither stay nor keep others out.
func TestSlowUploads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slow = 40
		c, dial := bubble(t, collector.Config{})
		answers := make(chan int, slow)
		var senders sync.WaitGroup
		defer senders.Wait()
		begun := time.Now()
		for range slow {
			p := dial()
			senders.Go(func() { // [, then a blank every 15 s
				p.begin(100)
				for text := "["; p.send(text) == nil; text = " " {
					time.Sleep(15 * time.Second)
				}
			})
			go func() { answers <- p.answer() }()
		}
		synctest.Wait()
		fast := dial()
		for range 25 {
			at := time.Now()
			fast.begin(2)
			_ = fast.send("[]")
			if code := fast.answer(); code != http.StatusAccepted || time.Since(at) > 0 {
				t.Errorf("after %v: %d in %v", at.Sub(begun), code, time.Since(at))
			}
			time.Sleep(time.Second)
		}
		for range slow {
			if code := <-answers; code != http.StatusRequestTimeout {
				t.Errorf("a slow upload: %d, want 408", code)
			}
		}
		if took := time.Since(begun); took != 25*time.Second {
			t.Errorf("the slow uploads ended after %v", took)
		}
		if s := c.Stats().Rejected; s.Slow != slow || s.Busy != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestSlowUploadWithoutDeadlines: where a ResponseWriter knows no deadlines the
// time is looked at between reads.
func TestSlowUploadWithoutDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := collector.New(collector.Config{UploadTimeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		body, end := io.Pipe()
		go func() {
			for _, err := end.Write([]byte("[")); err == nil; _, err = end.Write([]byte(" ")) {
				time.Sleep(15 * time.Second)
			}
		}()
		begun := time.Now()
		w := ask(c, httptest.NewRequest("POST", "/api/v2/spans", body))
		body.Close()
		if took := time.Since(begun); w.Code != http.StatusRequestTimeout || took != time.Minute {
			t.Errorf("%d after %v", w.Code, took)
		}
		time.Sleep(time.Minute) // the writer sees that it is over
	})
}

// TestHeldBytes: bodies that have arrived in part have a bound together, and
// those whose senders take long make room for others.
func TestHeldBytes(t *testing.T) {
	const size = 64 << 10
	text := "[" + strings.Repeat(" ", size-2) + "]"
	synctest.Test(t, func(t *testing.T) {
		c, dial := bubble(t, collector.Config{MaxBodyBytes: size, MaxHeldBytes: 3 * size})
		answers := make(chan int, 4)
		for range cap(answers) {
			p := dial()
			go p.sendAll(text[:size-100], size)
			go func() { answers <- p.answer() }()
		}
		synctest.Wait()
		time.Sleep(time.Second)
		at := time.Now()
		p := dial()
		go p.sendAll(text, size)
		if code := p.answer(); code != http.StatusAccepted {
			t.Errorf("an upload beside those that hold all: %d", code)
		}
		if took := time.Since(at); took > 2*time.Second {
			t.Errorf("it waited for %v", took)
		}
		for range cap(answers) {
			if code := <-answers; code != http.StatusRequestTimeout && code != http.StatusServiceUnavailable {
				t.Errorf("an upload that stopped: %d", code)
			}
		}
		if s := c.Stats().Rejected; s.Slow+s.Busy != 4 || s.Slow == 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestBusy: an upload that finds no room in time is told so.
func TestBusy(t *testing.T) {
	const size = 64 << 10
	synctest.Test(t, func(t *testing.T) {
		c, dial := bubble(t, collector.Config{MaxBodyBytes: size, MaxHeldBytes: size})
		first, second := dial(), dial()
		go first.sendAll("[", size)
		synctest.Wait()
		begun := time.Now()
		go second.sendAll("[", size)
		if code := second.answer(); code != http.StatusServiceUnavailable || time.Since(begun) != 2*time.Second {
			t.Errorf("the second upload: %d after %v, want 503 after 2 s", code, time.Since(begun))
		}
		go first.send(strings.Repeat(" ", size-2) + "]")
		if code := first.answer(); code != http.StatusAccepted {
			t.Errorf("the first upload: %d", code)
		}
		if s := c.Stats().Rejected; s.Busy != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// TestManyLargeUploads: those that only wait for each other all get through.
func TestManyLargeUploads(t *testing.T) {
	const size, uploads = 64 << 10, 40
	text := "[" + strings.Repeat(" ", size-2) + "]"
	synctest.Test(t, func(t *testing.T) {
		_, dial := bubble(t, collector.Config{MaxBodyBytes: size, MaxHeldBytes: 2 * size, MaxUploads: 1})
		answers := make(chan int, uploads)
		var senders sync.WaitGroup
		defer senders.Wait()
		for range uploads {
			p := dial()
			senders.Go(func() {
				p.begin(size)
				for at := 0; at < size; at += 4 << 10 {
					if p.send(text[at:at+4<<10]) != nil {
						return
					}
					time.Sleep(time.Millisecond)
				}
			})
			go func() { answers <- p.answer() }()
		}
		for range uploads {
			if code := <-answers; code != http.StatusAccepted {
				t.Errorf("an upload beside others: %d", code)
			}
		}
	})
}

func (p *peer) sendAll(text string, length int) {
	p.begin(length)
	_ = p.send(text)
}
