package h2client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
)

// wire is a connection in the hands of net/http. It reports that the peer's SETTINGS were read, and
// that net/http closes it.
type wire struct {
	net.Conn
	onClose func()
	closed  atomic.Bool

	// of the goroutine that reads
	first []byte // of what came, until settled
	told  bool

	settled chan error // gets one value: nil, or why the peer is none
}

const (
	frameHeader  = 9
	settingsType = 4
)

// Read reads. net/http has a buffer, and so asks for more only once it has processed all
// that came: when it does after the first frame, it knows the SETTINGS.
func (w *wire) Read(p []byte) (int, error) {
	if w.told {
		return w.Conn.Read(p)
	}
	if done, err := w.greeted(); done {
		w.tell(err)
	}
	n, err := w.Conn.Read(p)
	if w.told {
		return n, err
	}
	w.first = append(w.first, p[:min(n, maxGreeting-len(w.first))]...)
	if err != nil {
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			_, other := w.greeted()
			if err = other; err == nil {
				err = errNoPeer
			}
			w.tell(err)
			return n, io.EOF
		}
		w.tell(err)
	} else if _, wrong := w.greeted(); wrong != nil {
		w.tell(wrong)
	}
	return n, err
}

// maxGreeting bounds what is kept of what came first.
const maxGreeting = 256

// greeted reports whether the whole first frame has come, and what is wrong with it.
func (w *wire) greeted() (done bool, wrong error) {
	if len(w.first) < frameHeader {
		if strings.HasPrefix(string(w.first), "HTTP/") {
			return true, notHTTP2(w.first)
		}
		return false, nil
	}
	if w.first[3] != settingsType || w.first[4]&1 != 0 { // which must be first, and is no acknowledgement
		return true, notHTTP2(w.first)
	}
	length := int(w.first[0])<<16 | int(w.first[1])<<8 | int(w.first[2])
	return len(w.first) >= min(frameHeader+length, maxGreeting), nil
}

func notHTTP2(first []byte) error {
	line, _, _ := strings.Cut(string(first), "\r\n")
	return fmt.Errorf("the endpoint does not speak HTTP/2: it sent %q", line)
}

func (w *wire) tell(err error) {
	if !w.told {
		w.told, w.first = true, nil
		w.settled <- err
	}
}

// Close closes the connection, and tells so once.
func (w *wire) Close() error {
	err := w.Conn.Close()
	if !w.closed.Swap(true) {
		w.onClose()
	}
	return err
}

// secureWire is one with TLS, of which net/http wants to know.
type secureWire struct {
	*wire
	conn *tls.Conn
}

// ConnectionState is that of TLS.
func (w secureWire) ConnectionState() tls.ConnectionState { return w.conn.ConnectionState() }
