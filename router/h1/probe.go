package h1

import (
	"io"
	"time"
)

// usuallyWithoutBody lists the methods whose requests confuse servers when
// they have an empty chunked body.
func usuallyWithoutBody(method string) bool {
	switch method {
	case "GET", "HEAD", "DELETE", "OPTIONS", "PROPFIND", "SEARCH":
		return true
	}
	return false
}

// probeWait is how long a body of unknown length may take to show its first
// byte before it is taken to have one.
const probeWait = 200 * time.Millisecond

// empty says whether a body of unknown length is empty, which takes reading
// its first byte. p.body gives that byte back.
func (p *plan) empty() bool {
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

// probed is a body whose first byte is read by a goroutine of its own. That
// goroutine ends when the byte is there.
type probed struct {
	body  io.ReadCloser
	ready chan struct{}
	byte  [1]byte
	n     int
	err   error
	given bool // the byte was read from here
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
