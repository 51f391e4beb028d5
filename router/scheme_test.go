package router_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/router"
)

// TestSchemes: what is to go out encrypted, or in another protocol, is not sent in
// clear text instead.
func TestSchemes(t *testing.T) {
	sent := 0
	f := start(t, over(func(*http.Request) (*http.Response, error) {
		sent++
		return answer(200, ""), nil
	}))
	f.names.Bind("/web", "10.0.0.1:80")
	for _, row := range []struct {
		url string
		ok  bool
	}{
		{"http://web/", true}, {"HTTP://web/", true}, {"//web/", true},
		{"https://web/", false}, {"HTTPS://web/", false}, {"ftp://web/", false}, {"ws://web/", false}, {"h2c://web/", false},
	} {
		u, err := url.Parse(row.url)
		if err != nil {
			t.Fatal(err)
		}
		if row.url == "HTTP://web/" {
			u.Scheme = "HTTP" // Parse folds it; a program may not
		}
		body := &watchedBody{Reader: strings.NewReader("secret")}
		sent = 0
		resp, err := f.RoundTrip((&http.Request{Method: "POST", URL: u, Header: http.Header{}, Body: body, ContentLength: 6}).WithContext(t.Context()))
		if row.ok {
			if err != nil || sent != 1 {
				t.Errorf("%s: %v", row.url, err)
			} else {
				resp.Body.Close()
			}
			continue
		}
		if !errors.Is(err, router.UnsupportedScheme) || sent != 0 || !strings.Contains(err.Error(), strings.ToLower(u.Scheme)) {
			t.Errorf("%s: %v after %d sends", row.url, err, sent)
		}
		if body.closes() == 0 {
			t.Errorf("%s: the body was not closed", row.url)
		}
		if strings.EqualFold(u.Scheme, "https") {
			continue // the client, which an explanation does not ask, has no TLS
		}
		if e := f.View().Explain((&http.Request{Method: "GET", URL: u, Header: http.Header{}}).WithContext(t.Context())); !errors.Is(e.Err, router.UnsupportedScheme) {
			t.Errorf("%s: explained as %v", row.url, e.Err)
		}
	}
	if s := f.Stats(); s.Pending != 0 || s.Failures != 5 {
		t.Errorf("%+v", s)
	}
}

// TestUserinfo: name and password of a URL become Authorization where the request
// has none, as with http.Client, and go nowhere else.
func TestUserinfo(t *testing.T) {
	for _, own := range []bool{true, false} {
		for _, row := range []struct{ url, header, want string }{
			{"http://web/", "", ""},
			{"http://user:secret@web/", "", "Basic " + base64.StdEncoding.EncodeToString([]byte("user:secret"))},
			{"http://user@web/", "", "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"))},
			{"http://user:secret@web/", "Bearer mine", "Bearer mine"},
		} {
			addr, heads := wire(t)
			f := start(t, sockets, transportOf(own))
			f.names.Bind("/web", addr)
			r, err := http.NewRequestWithContext(t.Context(), "GET", row.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			if row.header != "" {
				r.Header.Set("Authorization", row.header)
			}
			resp, err := f.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			head := <-heads
			got := ""
			for line := range strings.Lines(head) {
				if value, ok := strings.CutPrefix(strings.ToLower(line), "authorization: "); ok {
					got = line[len(line)-len(value):]
				}
			}
			if strings.TrimSpace(got) != row.want || strings.Contains(head, "secret@") || strings.Contains(head, "user@") {
				t.Errorf("%s with %q: sent\n%s", row.url, row.header, head)
			}
			if row.header == "" && r.Header.Get("Authorization") != "" {
				t.Error("the caller's request was changed")
			}
		}
	}
}
