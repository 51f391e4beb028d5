package fs_test

import (
	"context"
	"net"
	"net/netip"
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

// returning is a resolver that fails three times, then finds one address and then another.
type returning chan int

func (r returning) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	select {
	case n := <-r:
		if n < 4 {
			return nil, &net.DNSError{Err: "server misbehaving", Name: host}
		}
		return []netip.Addr{netip.AddrFrom4([4]byte{10, 0, 0, byte(n - 3)})}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A host of a file that has addresses again is told to the log, once as the failure was.
func TestAHostIsFoundAgain(t *testing.T) {
	log := make(messages, 100)
	r := make(returning)
	d := newDir(t, fs.Config{Resolver: r, Refresh: 10 * time.Millisecond, ErrorLog: logtest.MessagesTo(func(text string) { log <- text })})
	d.write("web", "app01 80")
	v := look(t, d, "/web")
	for n := range 5 {
		r <- n + 1
	}
	v.await("/web /", "10.0.0.2:80*1")
	log.await(t, "looking up hosts", "a host has addresses again")
	if len(log) > 0 {
		t.Errorf("the log was also told %q", <-log)
	}
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
