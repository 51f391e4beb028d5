package fs_test

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/logtest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
)

// messages is a log of which a test awaits the messages.
type messages chan string

func (m messages) await(t *testing.T, all ...string) {
	t.Helper()
	for _, want := range all {
		select {
		case got := <-m:
			if got != want {
				t.Fatalf("the log was told %q, want %q", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("the log was not told %q", want)
		}
	}
}

// returning is a resolver that fails at first.
type returning struct{ asked atomic.Int64 }

func (r *returning) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if r.asked.Add(1) < 4 {
		return nil, &net.DNSError{Err: "server misbehaving", Name: host}
	}
	return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
}

// A host of a file that has addresses again is told to the log, once as the failure was.
func TestAHostIsFoundAgain(t *testing.T) {
	log := make(messages, 100)
	d := newDir(t, fs.Config{Resolver: new(returning), Refresh: 10 * time.Millisecond, ErrorLog: logtest.MessagesTo(func(text string) { log <- text })})
	d.write("web", "app01 80")
	look(t, d, "/web").await("/web /", "10.0.0.1:80*1")
	log.await(t, "looking up hosts", "a host has addresses again")
}

// A dtab file that can be read again is told to the log.
func TestADtabIsReadAgain(t *testing.T) {
	log := make(messages, 100)
	d := newDir(t, fs.Config{})
	d.write("dtab", "/svc =>")
	f, err := fs.NewDtab(fs.DtabConfig{File: d.in("dtab"), ErrorLog: logtest.MessagesTo(func(text string) { log <- text })})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	defer f.Dtab().Observe(func(resolve.State[resolve.Dtab]) {})()
	log.await(t, "reading a dtab")
	d.write("dtab", "/svc => /a;")
	log.await(t, "a dtab can be read again")
}
