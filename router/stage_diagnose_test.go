package router

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/resolve"
)

// TestDiagnose: what becomes of Max-Forwards, which requests are answered here, and which
// responses have the context (wire.md's table of TRACE).
func TestDiagnose(t *testing.T) {
	const context, none, answered = "--- Router: http ---", "", "answered here"
	for _, row := range []struct {
		method, left, adds string
		sent               string // the Max-Forwards that is sent on
		status             int
		want               string
	}{
		{"TRACE", "31qe", "", answered, 400, "Invalid value for Max-Forwards header"}, // vector 134
		{"TRACE", "", "true", answered, 400, "Invalid value for Max-Forwards header"},
		{"TRACE", "2147483648", "", answered, 400, "Invalid value for Max-Forwards header"},
		{"TRACE", "0", "true", answered, 200, context},
		{"TRACE", "0", "yes", answered, 200, none},
		{"TRACE", "+1", "", "0", 200, none},
		{"TRACE", "5", "TRUE", "4", 200, context},
		{"TRACE", "-1", "true", "-1", 200, none},
		{"TRACE", "absent", "t", "absent", 200, context},
		{"TRACE", "absent", "1", "absent", 200, context},
		{"TRACE", "absent", "on", "absent", 200, none},
		{"TRACE", "absent", "absent", "absent", 200, none},
		{"OPTIONS", "0", "true", answered, 204, none},
		{"OPTIONS", "7", "true", "6", 200, none},
		{"OPTIONS", "x", "true", "x", 200, none},
		{"OPTIONS", "absent", "true", "absent", 200, none},
		{"GET", "0", "true", "0", 200, none},
		{"POST", "x", "true", "x", 200, none},
	} {
		t.Run(row.method+" "+row.left+" "+row.adds, func(t *testing.T) {
			s := newAlone(t)
			stage := &diagnose{s.client, s.below}
			s.x.out.Method = row.method
			for name, value := range map[string]string{"Max-Forwards": row.left, "L5d-Add-Context": row.adds} {
				if value != "absent" {
					s.x.out.Header[name] = []string{value}
				}
			}
			before := s.x.out
			sent := answered
			s.below.does = func(x *exchange) (*http.Response, error) {
				sent = "absent"
				if values := x.out.Header["Max-Forwards"]; len(values) > 0 {
					sent = values[0]
				}
				resp := responseOf(200)
				x.attempt.follow(resp)
				return resp, nil
			}
			a := s.begin(0)
			resp, err := stage.do(s.x)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || !strings.HasPrefix(strings.TrimSpace(string(body)), row.want) || row.want == none && len(body) > 0 || resp.StatusCode != row.status {
				t.Errorf("%d %q, %v, want %d %q", resp.StatusCode, body, err, row.status, row.want)
			}
			if got := resp.Header.Get("Content-Length"); len(body) > 0 && got != strconv.Itoa(len(body)) || row.status == 204 && got != "" {
				t.Errorf("the length is %q, and there are %d bytes", got, len(body))
			}
			if sent != row.sent {
				t.Errorf("Max-Forwards is %s, want %s", sent, row.sent)
			}
			stage.done(s.x, Outcome{end: endAnswered})
			if calls := []string{"do", "answered"}; sent == answered {
				s.below.want(t)
			} else {
				s.below.want(t, calls...)
			}
			if row.left != "absent" && before.Header["Max-Forwards"][0] != row.left || s.x.out != before {
				t.Error("a retry would have another request")
			}
			if !a.over.Load() || a.outcome.end != endAnswered {
				t.Errorf("the attempt is over: %v, %v", a.over.Load(), a.outcome.end)
			}
		})
	}
}

// TestDiagnosedBodies: what becomes of the body that the context is appended to.
func TestDiagnosedBodies(t *testing.T) {
	long := strings.Repeat("x", maxTraced+1)
	for _, row := range []struct {
		about  string
		status int
		body   string
		length int64 // less than 0: not known
		header []string
		want   string // before the context
		kept   bool   // nothing is appended
	}{
		{"blanks", 200, "\x00 hello \n", 9, nil, "hello", false},
		{"none", 200, "", 0, nil, "", false},
		{"the longest", 200, long[1:], maxTraced, nil, long[1:], false},
		{"too long", 200, long, maxTraced + 1, []string{"B", "2", "A", "1"}, "A: 1\nB: 2\nHTTP 200 - OK\n" + discarded, false},
		{"chunked", 500, "x", -1, nil, "HTTP 500 - Internal Server Error\n" + discarded, false}, // vector 137
		{"compressed", 200, "x", 1, []string{"Content-Encoding", "gzip"}, "HTTP 200 - OK\n" + discarded, false},
		{"broken", 200, "x", 2, nil, "HTTP 200 - OK\n" + discarded, false},
		{"no content", 204, "", 0, nil, "", true},
		{"not modified", 304, "", 0, nil, "", true},
	} {
		t.Run(row.about, func(t *testing.T) {
			s := newAlone(t)
			resp := responseOf(row.status)
			for i := 0; i < len(row.header); i += 2 {
				resp.Header.Set(row.header[i], row.header[i+1])
			}
			closed := false
			resp.Body, resp.ContentLength = closeNoted{strings.NewReader(row.body), &closed}, row.length
			resp.Trailer = http.Header{"T": {"1"}}
			s.begin(0)
			got := (&diagnose{client: s.client}).added(s.x, resp, s.x.first.times.Seen().Began)
			body, _ := io.ReadAll(got.Body)
			if row.kept {
				if len(body) > 0 || got.Trailer == nil {
					t.Errorf("%q, %v", body, got.Trailer)
				}
				return
			}
			if text, _, ok := strings.Cut(string(body), "\n\n--- Router: http ---\nrequest duration: "); !ok || text != row.want {
				t.Errorf("%q, want %q", body, row.want)
			}
			if got.ContentLength != int64(len(body)) || got.Trailer != nil || got.Header.Get("Content-Encoding") != "" || !closed {
				t.Errorf("%+v, closed %v", got, closed)
			}
		})
	}
}

// TestGatheredContext: a response that has the context of hops behind this one may be far
// longer than others, and is kept whole.
func TestGatheredContext(t *testing.T) {
	for _, row := range []struct {
		about string
		size  int // of the context of the hops behind
		kept  bool
	}{
		{"of one hop", 100, true},
		{"of many", maxContext, true},
		{"of too many", maxContext + 1, false},
	} {
		t.Run(row.about, func(t *testing.T) {
			const head, tail = `{"response":"r","routers":["`, `"]}`
			text := head + strings.Repeat("x", row.size-len(head)-len(tail)) + tail
			s := newAlone(t)
			s.x.out.Header["Accept"] = []string{"application/json"}
			resp := responseOf(200)
			resp.Header["Content-Type"] = []string{contextType}
			resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
			s.begin(0)
			body, err := io.ReadAll((&diagnose{client: s.client}).added(s.x, resp, s.x.first.times.Seen().Began).Body)
			if kept := strings.HasPrefix(string(body), strings.TrimSuffix(text, "]}")+","); err != nil || kept != row.kept {
				t.Errorf("%.200q of %d bytes, %v; kept: %v", body, len(body), err, kept)
			}
		})
	}
}

const discarded = "Diagnostic trace encountered chunked response. Response content discarded."

type closeNoted struct {
	io.Reader
	closed *bool
}

func (c closeNoted) Close() error { *c.closed = true; return nil }

// TestDiagnosisOfAName: the context as JSON has what the namer left of the name and the
// request's own dtab, where there is any; the one of Linkerd's form has neither.
func TestDiagnosisOfAName(t *testing.T) {
	for _, row := range []struct {
		accept, residual, dtab string
		want                   string // in the context; "": neither key is
	}{
		{"application/json", "/rest", "/a=>/b", `"residual":"/rest","requestDtab":"/a=>/b"`},
		{"application/json", "/rest", "", `"client":"/#/fake/web","residual":"/rest","addresses"`},
		{"application/json", "/", "", ""},
		{"text/plain", "/rest", "/a=>/b", ""},
	} {
		s := newAlone(t)
		s.x.out.Header["Accept"] = []string{row.accept}
		s.x.leaf.residual = resolve.MustPath(row.residual)
		s.x.local.SetDtab(resolve.MustDtab(row.dtab))
		s.begin(0)
		body, err := io.ReadAll((&diagnose{client: s.client}).added(s.x, responseOf(200), s.x.first.times.Seen().Began).Body)
		text := strings.ReplaceAll(string(body), `\u003e`, ">")
		if neither := !strings.Contains(text, "esidual") && !strings.Contains(text, "requestDtab"); err != nil || !strings.Contains(text, row.want) || row.want == "" && !neither {
			t.Errorf("%+v: %s, %v", row, text, err)
		}
	}
}

// TestDiagnosisBounds: of many addresses the beginning is shown.
func TestDiagnosisBounds(t *testing.T) {
	s := newAlone(t)
	s.begin(0)
	set := *s.x.set
	set.addresses = make([]resolve.Address, maxDiagnosed+3)
	s.x.set = &set
	c := (&diagnose{client: s.client}).context(s.x, false)
	if len(c.addresses) != maxDiagnosed || c.left != 3 || !strings.Contains(c.text(), ", and 3 more]") {
		t.Errorf("%d addresses, %d left out", len(c.addresses), c.left)
	}
}

// FuzzMaxForwards: what is no number is an error, and what is one is what strconv says.
func FuzzMaxForwards(f *testing.F) {
	for _, text := range []string{"0", "5", "-1", "+3", "31qe", "", " 1", "2147483648", "1_0", "0x1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		left, has, err := maxForwards(http.Header{"Max-Forwards": {text}})
		digits := bytes.TrimLeft([]byte(text), "0123456789+-")
		if !has || err == nil && (len(digits) > 0 || left > 1<<31-1) || err == nil && text == "" {
			t.Errorf("%q: %d, %v, %v", text, left, has, err)
		}
	})
}
