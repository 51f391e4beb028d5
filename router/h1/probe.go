package h1

import (
	"io"
	"time"
)

// usuallyWithoutBody reports whether servers are confused by an empty chunked body in
// requests of this method.
func usuallyWithoutBody(method string) bool {
	switch method {
	case "GET", "HEAD", "DELETE", "OPTIONS", "PROPFIND", "SEARCH":
		return true
	}
	return false
}

// probeWait is the time after which a body of unknown length that has not returned its
// first byte counts as not empty.
const probeWait = 200 * time.Millisecond

// bodyIsEmpty reports whether a body of unknown length is empty. It reads the first byte,
// which p.body returns again.
func (p *outgoing) bodyIsEmpty() bool {
	first := &probed{body: p.body, ready: make(chan struct{})}
	go first.read()
	timer := time.NewTimer(probeWait)
	defer timer.Stop()
	p.body = first
	select {
	case <-first.ready:
		return first.n == 0 && first.err == io.EOF
	case <-timer.C:
		return false
	}
}

// probed is a body whose first byte is read by a goroutine. The goroutine ends when that
// read returns.
type probed struct {
	body  io.ReadCloser
	ready chan struct{}
	byte  [1]byte
	n     int
	err   error
	given bool // Read has returned the byte
}

func (f *probed) read() {
	defer close(f.ready)
	for i := 0; i < 100 && f.n == 0 && f.err == nil; i++ {
		f.n, f.err = f.body.Read(f.byte[:])
	}
	if f.n == 0 && f.err == nil {
		f.err = io.ErrNoProgress
	}
}

func (f *probed) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	<-f.ready
	if !f.given && f.n == 1 {
		f.given = true
		p[0] = f.byte[0]
		return 1, nil
	}
	if f.err != nil {
		return 0, f.err
	}
	return f.body.Read(p)
}

func (f *probed) Close() error { return f.body.Close() }
