package explain_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/explain"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestQuestions: a question becomes the request that a caller would send.
func TestQuestions(t *testing.T) {
	identifiers := func(_ *resolve.Config, r *router.Config, _ *proxy.Config) {
		r.Identifier = router.FirstOf(router.HeaderToken("x"), router.HeaderPath("l5d-name"), router.MethodAndHost(false))
	}
	h := start(t, "", identifiers)
	x := h.explainer(t, false)
	for _, test := range []struct {
		about    string
		question explain.Question
		want     explain.Request
		name     string
	}{
		{"a URL", explain.Question{URL: "http://Web:80/a%2fb?c=d#e"}, explain.Request{Method: "GET", Target: "/a%2fb?c=d", Version: "HTTP/1.1", Host: "Web:80"}, "/svc/1.1/GET/web:80"},
		{"without a scheme", explain.Question{URL: "web"}, explain.Request{Method: "GET", Target: "/", Version: "HTTP/1.1", Host: "web"}, "/svc/1.1/GET/web"},
		{"only a query", explain.Question{URL: "HTTP://web?x=http://y/"}, explain.Request{Method: "GET", Target: "/?x=http://y/", Version: "HTTP/1.1", Host: "web"}, "/svc/1.1/GET/web"},
		{"IPv6", explain.Question{URL: "http://[::1]:80/"}, explain.Request{Method: "GET", Target: "/", Version: "HTTP/1.1", Host: "[::1]:80"}, `/svc/1.1/GET/\x5b\x3a\x3a\x31\x5d\x3a\x38\x30`},
		{"a method", explain.Question{URL: "web", Method: "POST"}, explain.Request{Method: "POST", Target: "/", Version: "HTTP/1.1", Host: "web"}, "/svc/1.1/POST/web"},
		{"HTTP/1.0", explain.Question{URL: "web", HTTP10: true}, explain.Request{Method: "GET", Target: "/", Version: "HTTP/1.0", Host: "web"}, "/svc/1.0/GET"},
		{"a Host of its own", explain.Question{URL: "127.0.0.1:4140", Headers: []string{"host:  other "}}, explain.Request{Method: "GET", Target: "/", Version: "HTTP/1.1", Host: "other"}, "/svc/1.1/GET/other"},
		{"a header", explain.Question{URL: "web", Headers: []string{"X:a:b"}}, explain.Request{Method: "GET", Target: "/", Version: "HTTP/1.1", Host: "web"}, `/svc/a:b`},
		{"a header without a value", explain.Question{URL: "web", Headers: []string{"X;", "l5d-name: /n"}}, explain.Request{Method: "GET", Target: "/", Version: "HTTP/1.1", Host: "web"}, "/svc/n"},
		{"a length is no body", explain.Question{URL: "web", Method: "POST", Headers: []string{"Content-Length: 1000000"}}, explain.Request{Method: "POST", Target: "/", Version: "HTTP/1.1", Host: "web"}, "/svc/1.1/POST/web"},
	} {
		t.Run(test.about, func(t *testing.T) {
			report, err := x.Explain(t.Context(), test.question)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, report.Request); diff != "" || report.Name != test.name {
				t.Errorf("name %s, want %s; request (-want +got):\n%s", report.Name, test.name, diff)
			}
		})
	}
}

func TestBadQuestions(t *testing.T) {
	x := start(t, "").explainer(t, false)
	for _, test := range []struct {
		about    string
		question explain.Question
		want     string
	}{
		{"nothing", explain.Question{}, "ask about a name or about a URL"},
		{"both", explain.Question{Name: "/svc/x", URL: "x"}, "ask about a name or about a URL"},
		{"no such router", explain.Question{Router: "in", Name: "/x"}, "there is no router in; there are: outgoing"},
		{"not a name", explain.Question{Name: "/svc/"}, "the name is not a path: label char expected but end of input found at '/svc/[]'"},
		{"TLS", explain.Question{URL: "https://x/"}, "the URL must begin with http://, and this is https://"},
		{"no host", explain.Question{URL: "http:///x"}, "the URL has no host that could be one: want http://host/path"},
		{"a user", explain.Question{URL: "http://me@x/"}, "the URL has no host that could be one: want http://host/path"},
		{"a bad host", explain.Question{URL: "http://x:y/"}, "the URL has no host that could be one: want http://host/path"},
		{"a blank", explain.Question{URL: "http://x/a b"}, "the URL has a blank or a control character in it"},
		{"an injected line", explain.Question{URL: "http://x/\r\nl5d-dtab: /a=>/b"}, "the URL has a blank or a control character in it"},
		{"a method of two", explain.Question{URL: "x", Method: "GET /"}, "the method is none: GET /"},
		{"a method that is none", explain.Question{URL: "x", Method: "G(T"}, "the method is none: G(T"},
		{"no header", explain.Question{URL: "x", Headers: []string{"x"}}, `a header is not of the form "Name: value": x`},
		{"no header name", explain.Question{URL: "x", Headers: []string{": x"}}, `a header is not of the form "Name: value": : x`},
		{"a long one", explain.Question{URL: "x", Headers: []string{strings.Repeat("x", 1000)}}, `a header is not of the form "Name: value": ` + strings.Repeat("x", 100) + "..."},
		{"an injected header", explain.Question{URL: "x", Headers: []string{"x: y\r\nz: w"}}, "a header has a control character in it"},
		{"a blank in its name", explain.Question{URL: "x", Headers: []string{"x y: z"}}, `a header is not of the form "Name: value": x y: z`},
		{"two lengths", explain.Question{URL: "x", Method: "POST", Headers: []string{"Content-Length: 1", "Content-Length: 2"}}, `no server would read the request: http: message cannot contain multiple Content-Length headers; got ["1" "2"]`},
	} {
		t.Run(test.about, func(t *testing.T) {
			_, err := x.Explain(t.Context(), test.question)
			wrong := (*explain.QuestionError)(nil)
			if !errors.As(err, &wrong) || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

// TestTooLong: a short question can have an answer that nobody wants.
func TestTooLong(t *testing.T) {
	x := start(t, "").explainer(t, false)
	q := explain.Question{Name: "/a", Headers: []string{"l5d-dtab: /a => ~" + strings.Repeat(" | /b", 9000)}}
	long := (*explain.TooLongError)(nil)
	if _, err := x.Explain(t.Context(), q); !errors.As(err, &long) {
		t.Errorf("got %v", err)
	}
}

// TestRouters: which router and which server is asked.
func TestRouters(t *testing.T) {
	outgoing := start(t, "")
	incoming := start(t, "", func(_ *resolve.Config, r *router.Config, p *proxy.Config) {
		r.Label, p.ServiceName = "incoming", "127.0.0.1/4141"
	})
	x, err := explain.New(explain.Config{Routers: []*router.Router{outgoing.router}, Servers: []*proxy.Handler{incoming.server}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ label, router, server string }{
		{"", "outgoing", ""}, {"outgoing", "outgoing", ""}, {"incoming", "incoming", "127.0.0.1/4141"},
	} {
		report, err := x.Explain(t.Context(), explain.Question{Router: test.label, URL: "web"})
		if err != nil {
			t.Fatal(err)
		}
		if report.Router != test.router || report.Server != test.server {
			t.Errorf("%q is router %s with server %q", test.label, report.Router, report.Server)
		}
	}
	if _, err := explain.New(explain.Config{}); err == nil {
		t.Error("an explainer of nothing was made")
	}
}

func FuzzQuestion(f *testing.F) {
	for _, seed := range []explain.Question{
		{Name: "/svc/web"}, {URL: "http://web/x?y"}, {URL: "web", Method: "POST", Headers: []string{"l5d-dtab: /svc => 3 * /#/fake/web & $ | ~"}},
		{Name: "/svc/web", Headers: []string{"l5d-dtab: /svc => /svc/x | /#/fake/broken ; /#/fake => ~ ; / => /#/fake & !"}},
		{URL: "[::1]:80", Headers: []string{"Host;"}}, {URL: "http://x\x00", Headers: []string{"a\nb: c"}},
		{Name: "/svc/badset", Headers: []string{"l5d-ctx-dtab: /svc => (/#/fake/none | /$/nil/x & /$/nope) & /svc/web"}},
	} {
		f.Add(seed.Name, seed.URL, seed.Method, strings.Join(seed.Headers, "|"))
	}
	h := start(f, "/svc => /#/fake ; /svc/a => /#/fake/web | /#/fake/v2", twoMoreNamers, withLocalhost)
	x := h.explainer(f, true)
	f.Fuzz(func(t *testing.T, name, url, method, headers string) {
		q := explain.Question{Name: name, URL: url, Method: method, Headers: strings.Split(headers, "|")}
		report, err := x.Explain(t.Context(), q)
		question, long := (*explain.QuestionError)(nil), (*explain.TooLongError)(nil)
		if err != nil {
			if !errors.As(err, &question) && !errors.As(err, &long) {
				t.Errorf("error %v", err)
			}
			return
		}
		page := text(t, report)
		if strings.ContainsFunc(page, func(c rune) bool { return c < ' ' && c != '\n' || c == 0x7f }) {
			t.Errorf("control characters in %q", page)
		}
		if (report.Refusal == nil) != (report.Sent == 1) || report.Sent < 0 || report.Sent > 1 {
			t.Errorf("%g of the requests are sent, refusal %+v", report.Sent, report.Refusal)
		}
		var total float64
		for _, target := range report.Targets {
			total += target.Share
		}
		if len(report.Targets) > 0 && (total < 0.999999 || total > 1.000001) {
			t.Errorf("the shares are %g together", total)
		}
		if report.Incomplete == "" && len(report.Targets) > 0 {
			found, reached := map[string]bool{}, map[string]bool{}
			taken(report.Lookup, found)
			for _, target := range report.Targets {
				if target.Replicas != nil {
					reached[target.Replicas.ID] = true
				}
			}
			if diff := cmp.Diff(found, reached); diff != "" {
				t.Errorf("what is taken is not what is reached (-taken +reached):\n%s\n%s", diff, page)
			}
		}
	})
}

// FuzzReport: whatever comes as a report is written or refused.
func FuzzReport(f *testing.F) {
	h := start(f, "/svc => /#/fake ; /svc/a => 3 * /#/fake/web & /#/fake/v2 | ~", withLocalhost)
	for _, q := range []explain.Question{{Name: "/svc/web"}, {Name: "/svc/a"}, {URL: "none"}, {Name: "/svc/broken"}} {
		data, err := json.Marshal(h.ask(f, q, true))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, seed := range []string{
		`{}`, `{"sent":1}`, `{"refusal":{}}`, `{"sent":1,"targets":[{}]}`, `{"sent":1,"targets":[{"replicas":{"addresses":[{}]}}]}`,
		`{"sent":1,"lookup":{"kind":"union","branches":[{"fate":"taken"}]}}`, `{"sent":1,"lookup":{"kind":"transformation"}}`,
		`{"sent":1,"lookup":{"kind":"replicas"}}`, `{"sent":1,"lookup":{"branches":[null]}}`,
		`{"sent":1,"lookup":{"kind":"transformation","branches":[{"kind":"name"},{"kind":"x","fate":"taken"}]}}`,
		`{"sent":1,"lookup":{"kind":"name","branches":[{"fate":"passed over"},{"fate":"not reached","result":"replicas"}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		report := new(explain.Report)
		if err := json.Unmarshal(data, report); err != nil {
			return
		}
		var text strings.Builder
		if err := report.Text(&text); err == nil && !strings.HasSuffix(text.String(), "\n") {
			t.Errorf("the text is %q", &text)
		}
	})
}

// taken collects the sets at the ends of what is taken.
func taken(n *explain.Node, ids map[string]bool) {
	if n.Kind == explain.KindReplicas {
		ids[n.Replicas.ID] = true
	}
	for _, b := range n.Branches {
		if (b.Outcome == explain.OutcomeTaken || b.Outcome == "") && (b.Weight == nil || *b.Weight > 0) {
			taken(b, ids)
		}
	}
}
