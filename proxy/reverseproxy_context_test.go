package proxy_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/ctxhdr"
)

// contextConduct is what a client cannot take away by naming it in Connection:
// the lines that the proxy itself writes.
func contextConduct() []conduct {
	const context = "Connection: Via, l5d-ctx-trace, L5D-Ctx-Dtab, l5d-dtab, l5d-ctx-deadline, l5d-dst-service, l5d-dst-client, l5d-reqid, X-Forwarded-For, User-Agent\r\n"
	return []conduct{
		{
			name: "naming the proxy's own lines in a request",
			watch: onTheWire(get(context+"Via: 1.1 before\r\nX-Forwarded-For: 10.0.0.1\r\nUser-Agent: x\r\n"), empty,
				"Via", "l5d-dst-service", "l5d-dst-client", "X-Forwarded-For", "User-Agent"),
			want:  []string{"> Via: 1.1 linkerd (R.N)", "> l5d-dst-service: /svc/web", "> l5d-dst-client: /#/fake/web", "< Via: 1.1 linkerd"},
			stock: []string{"> X-Forwarded-For: 127.0.0.1"},
			why:   "each writes its own lines after the stripping, and they are not the same lines",
		},
		{
			name: "naming the context in a request",
			watch: func(t *testing.T, start starter) []string {
				backend, got := recorder(t, empty)
				trace := ctxhdr.TraceID{Span: 3, Parent: 2, Trace: 1, Flags: ctxhdr.FlagSamplingKnown | ctxhdr.FlagSampled}
				raw(t, start(t, backend), get(context+"l5d-ctx-trace: "+trace.String()+"\r\nl5d-ctx-deadline: 1 4000000000000000000\r\nl5d-ctx-dtab: /a=>/b\r\nl5d-dtab: /c=>/d\r\n"))
				head := got()
				h := http.Header{}
				for _, line := range pick("", head, "l5d-ctx-trace") {
					h.Add(ctxhdr.TraceName, strings.TrimPrefix(line, "l5d-ctx-trace: "))
				}
				next, ok := ctxhdr.Trace(h)
				saw := pick("> ", head, "l5d-ctx-dtab", "l5d-dtab", "l5d-ctx-deadline", "l5d-reqid")
				for i, line := range saw { // a deadline is written with the time of writing
					if _, at, ok := strings.Cut(line, "l5d-ctx-deadline: "); ok {
						_, at, _ = strings.Cut(at, " ")
						saw[i] = "> l5d-ctx-deadline: NOW " + at
					}
				}
				return append(saw, fmt.Sprintf("trace continues: %v", ok && next.Trace == trace.Trace && next.Span != trace.Span))
			},
			want: []string{
				"> l5d-ctx-dtab: /a=>/b;/c=>/d", "> l5d-ctx-deadline: NOW 4000000000000000000",
				"> l5d-reqid: 0000000000000001", "trace continues: true",
			},
			stock: []string{"trace continues: false"},
			why:   "the context is taken in before lines are dropped, and written anew",
		},
		{
			name: "naming the proxy's own lines in a response",
			watch: onTheWire(get(""), "HTTP/1.1 200 OK\r\nConnection: via, l5d-success-class, X-Token\r\nVia: 1.1 before\r\nX-Token: 1\r\nContent-Length: 0\r\n\r\n",
				"Via", "l5d-success-class", "X-Token"),
			want:  []string{"> Via: 1.1 linkerd (R.N)", "< Via: 1.1 linkerd", "< l5d-success-class: 1.0"},
			stock: []string{},
			why:   "it writes none",
		},
	}
}
