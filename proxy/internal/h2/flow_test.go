package h2_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/h2wire"
	"github.com/meshhop/meshhop/proxy/internal/h2"
)

// block holds a handler until the test ends.
func block() (wait func(), release func()) {
	c := make(chan struct{})
	return func() { <-c }, func() { close(c) }
}

// TestStreamWindow: more of a body than its window is an error of the stream.
func TestStreamWindow(t *testing.T) {
	wait, release := block()
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { wait() })})
	defer release()
	p := newPeer(t, addr).begin()
	p.send(p.request(1, post, "/", false))
	for range 4 {
		p.send(h2wire.AppendData(nil, 1, false, make([]byte, 1<<14)))
	}
	p.until(1, "RST FLOW_CONTROL_ERROR")
}

// TestConnWindow: the bodies of all streams together have a bound, too, and room comes back
// when they are read.
func TestConnWindow(t *testing.T) {
	read := make(chan struct{})
	addr, _ := start(t, h2.Config{ConnWindow: 100000, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-read
		n, _ := io.Copy(io.Discard, r.Body)
		if n != 65000 {
			t.Errorf("%d bytes", n)
		}
	})})
	p := newPeer(t, addr).begin()
	send := func(stream uint32, n int, end bool) {
		for ; n > 0; n -= 1 << 14 {
			p.send(h2wire.AppendData(nil, stream, end && n <= 1<<14, make([]byte, min(n, 1<<14))))
		}
	}
	p.send(p.request(1, post, "/", false))
	p.send(p.request(3, post, "/", false))
	send(1, 65000, true)
	send(3, 35000, false)
	p.sync("all-came")
	close(read)
	p.until(1, "200 END")
	send(3, 30000, true)
	p.until(3, "200 END")
	wait, release := block()
	addr, _ = start(t, h2.Config{ConnWindow: 100000, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { wait() })})
	defer release()
	p = newPeer(t, addr).begin()
	p.send(p.request(1, post, "/", false))
	p.send(p.request(3, post, "/", false))
	send(1, 65000, false)
	send(3, 36000, false)
	p.until(0, "GOAWAY FLOW_CONTROL_ERROR")
}

// TestPeersWindows: nothing is sent beyond the windows of the peer, whatever settings do to
// them, and all is sent once they allow it.
func TestPeersWindows(t *testing.T) {
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(various)})
	p := newPeer(t, addr).begin(h2wire.Setting{ID: h2wire.InitialWindowSize, Value: 10})
	p.send(p.request(1, get, "/large/100000", true))
	for p.data[1] < 10 {
		p.next()
	}
	p.send(h2wire.AppendSettings(nil, h2wire.Setting{ID: h2wire.InitialWindowSize, Value: 5}))
	p.sync("smaller1")
	p.send(h2wire.AppendWindowUpdate(nil, 1, 5)) // and so 0
	p.sync("smaller2")
	if p.data[1] != 10 {
		t.Fatalf("%d bytes came, 10 were allowed", p.data[1])
	}
	p.send(h2wire.AppendSettings(nil, h2wire.Setting{ID: h2wire.InitialWindowSize, Value: 200000}))
	for p.data[1] < 65535 { // the window of the connection
		p.next()
	}
	p.sync("conn-win")
	if p.data[1] != 65535 {
		t.Fatalf("%d bytes came, 65535 were allowed", p.data[1])
	}
	p.send(h2wire.AppendWindowUpdate(nil, 0, 1<<20))
	p.until(1, "DATA many END")
	if p.data[1] != 100000 {
		t.Errorf("%d bytes", p.data[1])
	}
}

// TestFair: streams that have much to send take turns.
func TestFair(t *testing.T) {
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(various)})
	p := newPeer(t, addr).begin(h2wire.Setting{ID: h2wire.InitialWindowSize, Value: 1 << 30})
	p.send(p.request(1, get, "/large/10000000", true))
	p.send(p.request(3, get, "/large/10000000", true))
	p.send(p.request(5, get, "/hello", true))
	window := h2wire.DefaultWindow
	read := func() { // all that the window of the connection allows
		for p.data[1]+p.data[3]+p.data[5] < window {
			p.next()
		}
	}
	open := func(n uint32) {
		p.send(h2wire.AppendWindowUpdate(nil, 0, n))
		window += int(n)
		read()
	}
	read()
	for p.data[1] == 0 || p.data[3] == 0 || p.data[5] == 0 { // until all three have data to send
		open(1 << 15)
	}
	before := len(p.order)
	open(1 << 20)
	after := p.order[before:]
	count := func(id uint32) (n int) {
		for _, s := range after {
			if s == id {
				n++
			}
		}
		return n
	}
	if a, b := count(1), count(3); a < 20 || b < 20 || slices.Index(after, 3) > 2 || slices.Index(after, 1) > 2 {
		t.Errorf("%d frames of one stream, %d of the other: %v", a, b, after)
	}
	if !p.has(5, "DATA hello END") {
		t.Errorf("the small response waits for the large ones: %v", p.lines[5])
	}
}

// TestWriteDeadline: a handler that waits for a window returns at its deadline, and the
// response is reset.
func TestWriteDeadline(t *testing.T) {
	failed := make(chan error, 1)
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		_, err := w.Write(make([]byte, 100000))
		failed <- err
	})})
	p := newPeer(t, addr).begin()
	p.send(p.request(1, get, "/", true))
	p.until(1, "RST INTERNAL_ERROR")
	if err := <-failed; !os.IsTimeout(err) {
		t.Error(err)
	}
}

// TestReadDeadline: a Read that waits returns at its deadline, and a later one reads on.
func TestReadDeadline(t *testing.T) {
	failed := make(chan error)
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, err := r.Body.Read(make([]byte, 1))
		failed <- err
		_ = control.SetReadDeadline(time.Time{})
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	})})
	p := newPeer(t, addr).begin()
	p.send(p.request(1, post, "/", false))
	if err := <-failed; !os.IsTimeout(err) {
		t.Error(err)
	}
	p.send(h2wire.AppendData(nil, 1, true, []byte("late")))
	p.until(1, "DATA late END")
}

// TestStalledPeer: a peer that reads nothing does not make the server hold more than a
// bounded number of responses, and is left in the end.
func TestStalledPeer(t *testing.T) {
	closed := make(chan struct{})
	state := func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			close(closed)
		}
	}
	addr, _ := start(t, h2.Config{ConnState: state, WriteTimeout: 200 * time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X", strings.Repeat("x", 60<<10))
	})})
	p := newPeer(t, addr).begin()
	for i := range uint32(100000) {
		if p.send(p.request(2*i+1, get, "/", true)) != nil {
			break
		}
	}
	<-closed
}

// TestHeadTimeout: a preface and a header section have to come in time.
func TestHeadTimeout(t *testing.T) {
	addr, _ := start(t, h2.Config{HeadTimeout: 100 * time.Millisecond, Handler: http.HandlerFunc(various)})
	for name, text := range map[string]string{"nothing": "", "half a preface": h2wire.Preface[:10], "no settings": h2wire.Preface} {
		p := newPeer(t, addr)
		p.send([]byte(text))
		p.until(0, "closed")
		_ = name
	}
	p := newPeer(t, addr).begin()
	p.send(headers(1, 0, nil))
	p.until(0, "closed")
}
