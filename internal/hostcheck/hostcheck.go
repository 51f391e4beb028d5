// Package hostcheck keeps the pages of other sites away from a server that is
// meant for people and programs who can reach its address.
//
// A browser asks no server whether a page of another site may send it a
// request, and a site can make its own name resolve to 127.0.0.1 (DNS
// rebinding): then its page is of the same origin as the server and reads the
// responses, too. What such a page cannot choose is the Host of its requests,
// which is the site's name, and Origin, which browsers add to each request
// that can change something.
package hostcheck

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Config says which requests a handler gets. Zero fields mean the defaults.
type Config struct {
	// Addr is where the server listens, "ip:port" or "name:port". On a loopback
	// address, or on localhost, it serves only Hosts that are trusted; on any
	// other it serves reads (GET, HEAD and OPTIONS) for every Host. Default:
	// the address at which each connection arrived counts, where net/http's
	// server tells it; where nobody tells it, reads are served for every Host.
	Addr string

	// Names are trusted beside localhost and all IP addresses, in any case,
	// with or without a dot at the end. An entry is a host's name alone, with
	// no port.
	Names []string

	// Setting is where Names are configured, such as "admin.hosts"; the text of
	// a refusal names it.
	Setting string

	// Refused is called for each request that is refused. Default: nobody is
	// told.
	Refused func()
}

// New returns a handler that lets those requests through to next that no page
// of another site can have sent, and refuses the others with 403 and one
// sentence. Writes, which are requests of all other methods than GET, HEAD and
// OPTIONS, must have a trusted Host, and an Origin, where there is one, that is
// that Host. The error names an entry of Names that is no host's name.
func New(next http.Handler, config Config) (http.Handler, error) {
	c := &check{next: next, names: map[string]bool{"localhost": true}, setting: config.Setting, refused: config.Refused}
	for i, text := range config.Names {
		name, ok := Name(text)
		if !ok {
			return nil, &NameError{Index: i, Name: text}
		}
		c.names[name] = true
	}
	if config.Addr != "" {
		c.listens = true
		c.loopback = isLoopback(config.Addr)
	}
	return c, nil
}

// A NameError is an entry of Config.Names that is no host's name.
type NameError struct {
	Index int
	Name  string
}

func (e *NameError) Error() string {
	return "hostcheck: Config.Names[" + fmt.Sprint(e.Index) + "] is not the name of a host: " + brief(e.Name)
}

type check struct {
	next     http.Handler
	names    map[string]bool // trusted
	listens  bool            // loopback is known
	loopback bool
	setting  string
	refused  func()
}

func (c *check) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if problem := c.problem(r); problem != "" {
		if c.refused != nil {
			c.refused()
		}
		w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(problem + "\n")) // whether it arrives is the client's concern
		return
	}
	c.next.ServeHTTP(w, r)
}

// problem is why a request is refused; empty: it is not.
func (c *check) problem(r *http.Request) string {
	writes := r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
	// A request without a Host is one of HTTP/1.0, which browsers do not send.
	if (writes || r.Host != "" && c.onLoopback(r)) && !c.trusts(r.Host) {
		how := "use an IP address or localhost"
		if c.setting != "" {
			how += ", or list the name in " + c.setting
		}
		return "This server does not answer to the Host " + brief(r.Host) + ", which a page of another site could have sent: " + how + "."
	}
	for _, origin := range r.Header["Origin"] {
		if writes && !isOrigin(origin, r.Host) {
			return "A page of the origin " + brief(origin) + " may not change anything at " + brief(r.Host) + ": send the request without Origin."
		}
	}
	return ""
}

func (c *check) onLoopback(r *http.Request) bool {
	if c.listens {
		return c.loopback
	}
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && isLoopback(addr.String())
}

// trusts says whether a Host is an address or a name that is trusted.
func (c *check) trusts(host string) bool {
	name, _, ok := split(host)
	if !ok {
		return false
	}
	return c.names[name] || isAddress(name)
}

// Name is a host's name in the form in which names are compared; ok is false if
// text is none.
func Name(text string) (name string, ok bool) {
	name, port, ok := split(text)
	if !ok || port != "" || strings.HasSuffix(text, ":") || isAddress(name) {
		return "", false
	}
	return name, true
}

// split takes a Host apart (RFC 9110 section 7.2): a name in lower case and
// without a dot at its end, or an address, in brackets if it is one of IPv6; and
// the port, which may be empty. ok is false if it is none.
func split(host string) (name, port string, ok bool) {
	name = host
	if at := strings.LastIndexByte(host, ':'); at >= 0 && !strings.HasSuffix(host, "]") {
		name, port = host[:at], host[at+1:]
	}
	for i := range len(port) {
		if port[i] < '0' || port[i] > '9' {
			return "", "", false
		}
	}
	if strings.HasPrefix(name, "[") {
		return name, port, isAddress(name)
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	const maxName = 255 // RFC 1035 section 2.3.4
	if name == "" || len(name) > maxName {
		return "", "", false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return "", "", false
		}
	}
	return name, port, true
}

// isAddress says whether a host is an IP address; one of IPv6 has brackets.
func isAddress(host string) bool {
	if inner, found := strings.CutPrefix(host, "["); found {
		inner, found = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return found && err == nil && addr.Is6()
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Is4()
}

// isOrigin says whether an Origin (RFC 6454 section 7) is that of a page that
// came from host.
func isOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	name, port, ok := split(u.Host)
	own, ownPort, ownOK := split(host)
	return ok && ownOK && name == own && portOf(u.Scheme, port) == portOf(u.Scheme, ownPort)
}

// portOf is a port, or the one that its absence means.
func portOf(scheme, port string) string {
	switch {
	case port != "":
		return port
	case scheme == "http":
		return "80"
	case scheme == "https":
		return "443"
	}
	return ""
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost")
}

// brief quotes a text of a stranger, and cuts it.
func brief(text string) string {
	const most = 80
	if len(text) > most {
		text = text[:most] + "..."
	}
	return fmt.Sprintf("%q", text)
}
