package proxytest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/proxytest"
)

// TestHTTP2Callers: vectors 442 and 467. A caller of HTTP/2 reaches a backend of HTTP/1:
// cookies are one line there, trailers pass both ways, and a response that comes before the
// final one arrives, too.
func TestHTTP2Callers(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "early")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		w.Header().Set("Trailer", "After")
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, "%s %s %s %q %q %s", r.Proto, r.Host, body, r.Header["Cookie"], r.Header["Te"], r.Trailer.Get("Since"))
		w.Header().Set("After", "the body")
	}))
	defer backend.Close()
	to := strings.ReplaceAll(strings.TrimPrefix(backend.URL, "http://"), ":", "/")
	mesh := proxytest.Start(t, "routers: [{protocol: http, dtab: /svc => /$/inet/"+to+", servers: [{port: 0, protocols: [http/1.1, h2c]}]}]\n")
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	early := ""
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		early = fmt.Sprint(code, " ", h.Get("Link"))
		return nil
	}})
	r, err := http.NewRequestWithContext(ctx, "POST", mesh.URL("http")+"/", io.NopCloser(strings.NewReader("hello")))
	if err != nil {
		t.Fatal(err)
	}
	r.Host, r.Trailer = "web", http.Header{"Since": {"yesterday"}}
	r.Header["Cookie"] = []string{"a=1; b=2"} // which the client sends in two fields
	r.Header["Te"] = []string{"trailers"}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if want := `HTTP/1.1 web hello ["a=1; b=2"] [] yesterday`; string(body) != want || err != nil {
		t.Errorf("%q, %v, want %q", body, err, want)
	}
	if resp.ProtoMajor != 2 || resp.Trailer.Get("After") != "the body" || early != "103 early" {
		t.Errorf("%s, trailer %v, interim %q", resp.Proto, resp.Trailer, early)
	}
}
