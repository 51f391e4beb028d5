package dnssrv

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/miekg/dns"
)

// TestExchangeEndsWithItsContext: an exchange with a server that says nothing ends when its
// context does, and says so.
func TestExchangeEndsWithItsContext(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	heard := make(chan bool)
	go func() {
		defer close(heard)
		_, _, _ = silent.ReadFrom(make([]byte, udpSize))
		cancel()
	}()
	question := new(dns.Msg)
	question.SetQuestion("web.example.", dns.TypeSRV)
	if _, err := (wire{}).Exchange(ctx, question, silent.LocalAddr().String()); !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	<-heard
	if _, err := (wire{}).Exchange(ctx, question, silent.LocalAddr().String()); !errors.Is(err, context.Canceled) {
		t.Errorf("one that begins later ends with %v", err)
	}
}
