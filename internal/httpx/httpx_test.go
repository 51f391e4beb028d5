package httpx_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/internal/httpx"
)

func TestEqualFold(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"", "", true},
		{"close", "Close", true},
		{"CLOSE", "close", true},
		{"close", "closed", false},
		{"x-1", "X-1", true},
		{"a@", "a`", false}, // they differ in the bit that tells the case of letters
		{"[", "{", false},
		{"keep-alive", "\u212aeep-alive", false}, // the Kelvin sign folds into k
	} {
		if got := httpx.EqualFold(test.a, test.b); got != test.want {
			t.Errorf("EqualFold(%q, %q) = %v", test.a, test.b, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringMatching(`[ -~]{0,4}`).Draw(t, "a"), rapid.StringMatching(`[ -~]{0,4}`).Draw(t, "b")
		for _, pair := range [][2]string{{a, b}, {a, strings.ToUpper(a)}, {strings.ToLower(b), b}} {
			if got, want := httpx.EqualFold(pair[0], pair[1]), strings.EqualFold(pair[0], pair[1]); got != want {
				t.Fatalf("EqualFold(%q, %q) = %v", pair[0], pair[1], got)
			}
		}
	})
}

func TestHasToken(t *testing.T) {
	for _, test := range []struct {
		values []string
		want   bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"close"}, true},
		{[]string{"keep-alive", " \tCLOSE\t, x"}, true},
		{[]string{"x,close"}, true},
		{[]string{",,close,"}, true},
		{[]string{"closed, unclose, clo se"}, false},
	} {
		if got := httpx.HasToken(test.values, "Close"); got != test.want {
			t.Errorf("HasToken(%q) = %v", test.values, got)
		}
	}
}

func TestIsToken(t *testing.T) {
	for text, want := range map[string]bool{"": false, "websocket": true, "X-1_~": true, "a b": false, "a/b": false, "ä": false, "a:": false} {
		if got := httpx.IsToken(text); got != want {
			t.Errorf("IsToken(%q) = %v", text, got)
		}
	}
}

func TestCloseAfter(t *testing.T) {
	for major, want := range map[int]string{1: "close", 2: ""} {
		w := httptest.NewRecorder()
		httpx.CloseAfter(w, &http.Request{ProtoMajor: major})
		if got := w.Header().Get("Connection"); got != want {
			t.Errorf("HTTP/%d: Connection is %q", major, got)
		}
	}
}

// half is a connection that can be half-closed, unless that fails.
type half struct {
	net.Conn
	fails  error
	closed bool
}

func (h *half) CloseWrite() error { return h.fails }
func (h *half) Close() error      { h.closed = true; return nil }

func TestCloseWrite(t *testing.T) {
	for _, test := range []struct {
		fails  error
		closed bool
	}{{nil, false}, {net.ErrClosed, false}, {errors.New("not supported"), true}} {
		h := &half{fails: test.fails}
		httpx.CloseWrite(h)
		if h.closed != test.closed {
			t.Errorf("after the error %v: closed is %v", test.fails, h.closed)
		}
	}
	whole, far := net.Pipe()
	defer far.Close()
	httpx.CloseWrite(whole)
	if _, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("a connection without directions is open: %v", err)
	}
	httpx.CloseWrite(io.Discard)
}

func TestCheckAdded(t *testing.T) {
	for _, row := range []struct {
		name, value string
		ok          bool
	}{
		{"Authorization", "Bearer s3cret", true},
		{"x-scope_orgid", "", true},
		{"X-Tab", "a\tb", true},
		{"", "", false},
		{"a b", "", false},
		{"a:", "", false},
		{"\u017f", "", false}, // the long s
		{"content-LENGTH", "1", false},
		{"host", "h", false},
		{"x", "s3cret\n", false},
		{"x", "s3cret\x7f", false},
	} {
		err := httpx.CheckAdded(row.name, row.value)
		if (err == nil) != row.ok || err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %q: %v", row.name, row.value, err)
		}
	}
}
