package dnssrv

import (
	"context"
	"net"

	"github.com/miekg/dns"
)

// Exchanger sends a question to a server, such as "10.0.0.2:53", and returns the answer.
// Calls may be concurrent, and end when ctx does.
type Exchanger interface {
	Exchange(ctx context.Context, question *dns.Msg, server string) (*dns.Msg, error)
}

// udpSize is how long answers by UDP may be: what fits a packet everywhere.
const udpSize = 1232

// wire is the default [Exchanger].
type wire struct{}

// Exchange asks by UDP, with room for a longer answer than plain DNS allows, and by TCP if
// that is not enough. A server that does not know the extension is asked without it.
func (w wire) Exchange(ctx context.Context, question *dns.Msg, server string) (*dns.Msg, error) {
	extended := question.Copy().SetEdns0(udpSize, false)
	m, err := w.over(ctx, "udp", extended, server)
	if err == nil && (m.Rcode == dns.RcodeFormatError || m.Rcode == dns.RcodeNotImplemented) {
		extended = question
		m, err = w.over(ctx, "udp", extended, server)
	}
	// A server may cut in the middle of a record, which is an error too.
	if m != nil && m.Truncated {
		return w.over(ctx, "tcp", extended, server)
	}
	return m, err
}

// over exchanges on a connection of its own, which is closed when ctx ends.
func (wire) over(ctx context.Context, network string, question *dns.Msg, server string) (*dns.Msg, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	client := dns.Client{Net: network, Timeout: exchangeTimeout}
	m, _, err := client.ExchangeWithConnContext(ctx, question, &dns.Conn{Conn: conn})
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return m, err
}
