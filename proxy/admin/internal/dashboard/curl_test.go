package dashboard

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/record"
)

// TestCurl: the command sends what was sent, as far as that was kept, and says what was not.
func TestCurl(t *testing.T) {
	at := netip.MustParseAddrPort("127.0.0.1:4140")
	for _, row := range []struct {
		name   string
		record record.Record
		want   string
	}{
		{"get", record.Record{Method: "GET", Authority: "web", Target: "/a[1]?b={c}"}, "curl -v --globoff --path-as-is -H 'Host: web' 'http://127.0.0.1:4140/a[1]?b={c}'"},
		{"head", record.Record{Method: "HEAD", Authority: "web", Target: "/"}, "curl -v --globoff --path-as-is --head -H 'Host: web' 'http://127.0.0.1:4140/'"},
		{"post", record.Record{Method: "POST", Authority: "web", Target: "/", BytesIn: 3}, "# without the body, which is not kept\ncurl -v --globoff --path-as-is -X 'POST' -H 'Host: web' 'http://127.0.0.1:4140/'"},
		{"dtab", record.Record{Method: "GET", Authority: "web", Target: "/", Dtab: "/svc=>/v2", UserAgent: "it's"}, `curl -v --globoff --path-as-is -H 'Host: web' -H 'l5d-dtab: /svc=>/v2' -A 'it'\''s' 'http://127.0.0.1:4140/'`},
		{"cut", record.Record{Method: "GET", Authority: "web", Target: "/" + strings.Repeat("a", maxSent)}, "# not whole: some of this request was too long to be kept\ncurl"},
	} {
		var kept requests
		kept.take(&row.record)
		if got := curl(&kept.list()[0], at); got != row.want && (row.name != "cut" || !strings.HasPrefix(got, row.want)) {
			t.Errorf("%s:\n%s, want\n%s", row.name, got, row.want)
		}
	}
}
