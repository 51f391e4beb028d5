package h2wire_test

import (
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// FuzzRequest: a header section that passes has what RFC 9113 section 8 demands. Fields are
// lines "name=value".
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		":method=GET\n:scheme=http\n:path=/a?b\n:authority=a:1\nx=y",
		":method=POST\n:scheme=https\n:path=/\nhost=a\ncontent-length=12\nte=trailers",
		":method=CONNECT\n:authority=a:1",
		":method=CONNECT\n:protocol=websocket\n:scheme=http\n:path=/\n:authority=a",
		":method=OPTIONS\n:scheme=http\n:path=*\n:authority=a",
		"connection=close", "X=y", "x= y", ":method=GET\n:method=GET", "te=gzip", "x=\x7f",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var fields []hpack.HeaderField
		for line := range strings.SplitSeq(text, "\n") {
			name, value, _ := strings.Cut(line, "=")
			fields = append(fields, hpack.HeaderField{Name: name, Value: value})
		}
		var r h2wire.Request
		regular, err := r.Read(fields)
		if err != nil {
			code(t, err)
			return
		}
		pseudo := map[string]string{}
		for _, f := range fields[:len(fields)-len(regular)] {
			if _, twice := pseudo[f.Name]; twice {
				t.Fatalf("two %s", f.Name)
			}
			pseudo[f.Name] = f.Value
		}
		if pseudo[":method"] != r.Method || pseudo[":path"] != r.Path || pseudo[":authority"] != r.Authority || pseudo[":scheme"] != r.Scheme || r.Method == "" {
			t.Fatalf("%+v of %q", r, text)
		}
		plain := r.Method == "CONNECT" && r.Protocol == ""
		if plain != (r.Path == "") || !plain && r.Path[0] != '/' && r.Path != "*" {
			t.Fatalf("%s %q", r.Method, r.Path)
		}
		for _, f := range regular {
			switch {
			case !httpguts.ValidHeaderFieldName(f.Name) || f.Name != strings.ToLower(f.Name) || !httpguts.ValidHeaderFieldValue(f.Value),
				strings.TrimSpace(f.Value) != f.Value && strings.Trim(f.Value, " \t") != f.Value,
				f.Name == "connection" || f.Name == "transfer-encoding" || f.Name == "upgrade" || f.Name == "keep-alive" || f.Name == "proxy-connection",
				f.Name == "te" && !strings.EqualFold(f.Value, "trailers"):
				t.Fatalf("%q: %q passes", f.Name, f.Value)
			}
		}
	})
}
