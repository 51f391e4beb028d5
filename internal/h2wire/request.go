package h2wire

import (
	"net/http"
	"strings"

	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/httpx"
)

// A Request is what the header section of a request says beside its other fields.
type Request struct {
	Method, Scheme, Authority, Path string
	Protocol                        string // of an extended CONNECT (RFC 8441)
	Host                            string // the Host field
	Length                          int64  // Content-Length; -1: none
	hosts, lengths                  int
	seen                            pseudo
}

type pseudo uint8

const (
	hasMethod pseudo = 1 << iota
	hasScheme
	hasAuthority
	hasPath
	hasProtocol
)

// Read reads the fields of a request. It returns those that are no pseudo-headers. An error
// means that the request is malformed (RFC 9113 section 8.1.1).
func (r *Request) Read(fields []hpack.HeaderField) (regular []hpack.HeaderField, err error) {
	*r = Request{Length: -1}
	n := 0
	for ; n < len(fields) && strings.HasPrefix(fields[n].Name, ":"); n++ {
		if err := r.readPseudo(fields[n].Name, fields[n].Value); err != nil {
			return nil, err
		}
	}
	regular = fields[n:]
	for i := range regular {
		if err := CheckField(regular[i].Name, regular[i].Value); err != nil {
			return nil, err
		}
		if err := r.note(regular[i].Name, regular[i].Value); err != nil {
			return nil, err
		}
	}
	return regular, r.check()
}

func (r *Request) readPseudo(name, value string) error {
	var field *string
	var bit pseudo
	switch name {
	case ":method":
		field, bit = &r.Method, hasMethod
	case ":scheme":
		field, bit = &r.Scheme, hasScheme
	case ":authority":
		field, bit = &r.Authority, hasAuthority
	case ":path":
		field, bit = &r.Path, hasPath
	case ":protocol":
		field, bit = &r.Protocol, hasProtocol
	default:
		return malformed("pseudo-header %q", short(name))
	}
	if r.seen&bit != 0 {
		return malformed("two %s", name)
	}
	r.seen |= bit
	*field = value
	return nil
}

// note records what a field says about the message.
func (r *Request) note(name, value string) error {
	switch name {
	case "host":
		r.hosts++
		r.Host = value
	case "content-length":
		length, ok := h1wire.ParseLength(value)
		if r.lengths++; !ok || r.lengths > 1 {
			return malformed("content-length %q", short(value))
		}
		r.Length = length
	case "te":
		if !httpx.EqualFold(value, "trailers") {
			return malformed("te %q", short(value))
		}
	}
	return nil
}

func (r *Request) check() error {
	switch {
	case r.Method == "" || !h1wire.AllOf(r.Method, h1wire.Token):
		return malformed(":method %q", short(r.Method))
	case r.seen&hasProtocol != 0 && (r.Method != http.MethodConnect || !h1wire.AllOf(r.Protocol, h1wire.Token) || r.Protocol == ""):
		return malformed(":protocol %q in a request of %s", short(r.Protocol), short(r.Method))
	case r.hosts > 1:
		return malformed("%d host fields", r.hosts)
	case r.hosts == 1 && r.seen&hasAuthority != 0 && !httpx.EqualFold(r.Host, r.Authority):
		return malformed("host %q, :authority %q", short(r.Host), short(r.Authority))
	case !h1wire.AllOf(r.Authority, h1wire.Host) || !h1wire.AllOf(r.Host, h1wire.Host):
		return malformed("host %q, :authority %q", short(r.Host), short(r.Authority))
	}
	if r.Method == http.MethodConnect && r.Protocol == "" {
		if r.seen != hasMethod|hasAuthority || r.Authority == "" {
			return malformed("CONNECT without :authority alone")
		}
		return nil
	}
	switch {
	case r.Scheme == "" || !h1wire.AllOf(r.Scheme, h1wire.Token):
		return malformed(":scheme %q", short(r.Scheme))
	case r.Path == "*" && r.Method == http.MethodOptions:
	case r.Path == "" || r.Path[0] != '/' || !h1wire.AllOf(r.Path, h1wire.Target):
		return malformed(":path %q", short(r.Path))
	}
	return nil
}

func malformed(format string, args ...any) error {
	return StreamFails(ProtocolError, "malformed request: "+format, args...)
}

func short(s string) string { return s[:min(len(s), 64)] }
