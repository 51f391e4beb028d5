package dnssrv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	// questionsAtOnce bounds the questions of a namer that are under way.
	questionsAtOnce = 32
	// exchangeTimeout bounds the wait for one server.
	exchangeTimeout = 2 * time.Second
	// attempts is how many times each server is asked.
	attempts = 2
	// maxAliases is how many CNAMEs one name may lead through.
	maxAliases = 8
)

// client sends questions to servers.
type client struct {
	servers   []string
	exchanger Exchanger
	slots     chan struct{}
}

// answer has the records of the type that was asked for, none if there are none, and the
// additional records of the response.
type answer struct {
	records []dns.RR
	glue    []dns.RR
	ttl     time.Duration
}

// forever is the TTL of nothing.
const forever = time.Duration(1<<31-1) * time.Second

func seconds(ttl uint32) time.Duration {
	if ttl > 1<<31-1 {
		ttl = 0 // RFC 2181, section 8
	}
	return time.Duration(ttl) * time.Second
}

// ask asks for the records of one type of a name, or of the name that it is an alias of.
func (c client) ask(ctx context.Context, name string, qtype uint16) (answer, error) {
	out := answer{ttl: forever}
	for at, aliases := name, 0; ; {
		m, err := c.exchange(ctx, at, qtype)
		if err != nil {
			return answer{}, fmt.Errorf("dnssrv: look up %s of %s: %w", dns.TypeToString[qtype], name, err)
		}
		next := at
		for aliases <= maxAliases {
			alias := aliasOf(next, m.Answer)
			if alias == nil {
				break
			}
			next, aliases = alias.Target, aliases+1
			out.ttl = min(out.ttl, seconds(alias.Hdr.Ttl))
		}
		if aliases > maxAliases {
			return answer{}, fmt.Errorf("dnssrv: look up %s of %s: it leads through more than %d aliases", dns.TypeToString[qtype], name, maxAliases)
		}
		for _, rr := range m.Answer {
			if h := rr.Header(); h.Rrtype == qtype && strings.EqualFold(h.Name, next) {
				out.records = append(out.records, rr)
				out.ttl = min(out.ttl, seconds(h.Ttl))
			}
		}
		negative, final := negativeTTL(m)
		switch {
		case len(out.records) > 0:
			out.glue = m.Extra
			return out, nil
		case m.Rcode == dns.RcodeNameError || final || next == at:
			out.ttl = min(out.ttl, negative)
			return out, nil
		}
		// The server leaves it to us to follow the alias.
		at = next
	}
}

// aliasOf finds the CNAME of a name.
func aliasOf(name string, records []dns.RR) *dns.CNAME {
	for _, rr := range records {
		if alias, ok := rr.(*dns.CNAME); ok && strings.EqualFold(alias.Hdr.Name, name) {
			return alias
		}
	}
	return nil
}

// negativeTTL is how long a negative answer holds (RFC 2308); final says that the answer
// contains that.
func negativeTTL(m *dns.Msg) (ttl time.Duration, final bool) {
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			return min(seconds(soa.Hdr.Ttl), seconds(soa.Minttl)), true
		}
	}
	return 0, false
}

// exchange asks one server after the other until one gives an answer.
func (c client) exchange(ctx context.Context, name string, qtype uint16) (*dns.Msg, error) {
	var failed error
	for range attempts {
		for _, server := range c.servers {
			m, err := c.try(ctx, name, qtype, server)
			switch {
			case err == nil:
				return m, nil
			case ctx.Err() != nil:
				if failed == nil {
					failed = context.Cause(ctx)
				}
				return nil, failed
			}
			failed = fmt.Errorf("server %s: %w", server, err)
		}
	}
	return nil, failed
}

func (c client) try(ctx context.Context, name string, qtype uint16, server string) (*dns.Msg, error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	question := new(dns.Msg).SetQuestion(name, qtype)
	limited, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	m, err := c.exchanger.Exchange(limited, question, server)
	switch {
	case err != nil:
		return nil, reason(err)
	case m == nil:
		return nil, errors.New("no response")
	}
	return m, check(question, m)
}

// check says why a message is not an answer to a question.
func check(question, m *dns.Msg) error {
	asked := question.Question[0]
	switch {
	case !m.Response || len(m.Question) != 1 || m.Question[0].Qtype != asked.Qtype ||
		m.Question[0].Qclass != asked.Qclass || !strings.EqualFold(m.Question[0].Name, asked.Name):
		return errors.New("the response is for another question")
	case m.Truncated:
		return errors.New("the response is truncated")
	case m.Rcode == dns.RcodeNameError:
		return nil
	case m.Rcode != dns.RcodeSuccess:
		return errors.New("it says " + rcodeText(m.Rcode))
	}
	if _, final := negativeTTL(m); len(m.Answer) == 0 && !m.Authoritative && !m.RecursionAvailable && !final {
		return errors.New("it has no data for that name") // a referral
	}
	return nil
}

func rcodeText(code int) string {
	if text, ok := dns.RcodeToString[code]; ok {
		return text
	}
	return fmt.Sprintf("code %d", code)
}

// reason is an error without the parts that differ each time, such as our own port.
func reason(err error) error {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no response in %s", exchangeTimeout)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
