package admin_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/explain"
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// explaining has the routers "outgoing", with the server "s" in front, and
// "incoming", with none.
func explaining(t testing.TB) *site {
	names := new(resolvetest.Namer)
	names.Bind("/web", "127.0.0.1:8080")
	outgoing, incoming := newRouter(t, "outgoing", names), newRouter(t, "incoming", names)
	return serve(t, admin.Config{
		Routers: []*router.Router{outgoing, incoming},
		Servers: []admin.Server{{Handler: newServer(t, outgoing, "s")}},
	})
}

// TestExplain: the same report by every way of asking.
func TestExplain(t *testing.T) {
	s := explaining(t)
	for _, row := range []struct {
		name     string
		query    url.Values
		question string
		want     []string // in the text
	}{
		{"name", url.Values{"name": {"/svc/web"}}, `{"name":"/svc/web"}`,
			[]string{"router      outgoing, server s (running)\n", "/#/fake/web\n", "Requests for this name are sent.\n"}},
		{"request", url.Values{"url": {"http://x/y"}, "method": {"PUT"}, "header": {"Host: web", "l5d-dtab: /svc => /$/nil"}},
			`{"url":"http://x/y","method":"PUT","headers":["Host: web","l5d-dtab: /svc => /$/nil"]}`,
			[]string{"request     PUT /y HTTP/1.1, Host: web\n", "because  /$/nil/web: namer /$/nil says that nobody is there\n", "502 Unable to route request!\n"}},
		{"router", url.Values{"url": {"web"}, "router": {"incoming"}}, `{"url":"web","router":"incoming"}`,
			[]string{"router      incoming (running)\n", "The request is sent.\n"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			byGet := s.get(t, "/explain?"+row.query.Encode())
			byPost := s.do(t, "POST", "/explain", row.question, "Content-Type", "application/json")
			asJSON := s.do(t, "POST", "/explain.json", row.question, "Content-Type", "application/json")
			jsonByGet := s.get(t, "/explain.json?"+row.query.Encode())
			for _, got := range []answer{byGet, byPost} {
				if got.status != 200 || got.header.Get("Content-Type") != "text/plain;charset=UTF-8" {
					t.Errorf("status %d, Content-Type %q", got.status, got.header.Get("Content-Type"))
				}
				for _, want := range row.want {
					if !strings.Contains(got.body, want) {
						t.Errorf("no %q in\n%s", want, got.body)
					}
				}
			}
			for _, got := range []answer{asJSON, jsonByGet} {
				if got.status != 200 || got.header.Get("Content-Type") != "application/json" {
					t.Errorf("status %d, Content-Type %q", got.status, got.header.Get("Content-Type"))
				}
				var report explain.Report
				if err := json.Unmarshal([]byte(got.body), &report); err != nil {
					t.Fatal(err)
				}
				var text strings.Builder
				if err := report.Text(&text); err != nil {
					t.Fatal(err)
				}
				for _, want := range row.want {
					if !strings.Contains(text.String(), want) {
						t.Errorf("no %q in\n%s", want, &text)
					}
				}
			}
		})
	}
	if got := s.do(t, "HEAD", "/explain?name=/svc/web", ""); got.status != 200 || got.body != "" {
		t.Errorf("HEAD: status %d, body %q", got.status, got.body)
	}
}

func TestExplainRefused(t *testing.T) {
	s := explaining(t)
	const typed = "application/json"
	for _, row := range []struct {
		name                     string
		query, body, contentType string // a POST if there is a body
		status                   int
		want                     string // how the answer begins
	}{
		{name: "nothing asked", status: 400, want: "want /explain?name=/svc/hello or /explain?url=http://hello/path"},
		{name: "name and URL", query: "?name=/x&url=y", status: 400, want: "ask about a name or about a URL\n"},
		{name: "no path", query: "?name=x", status: 400, want: "the name is not a path: '/' expected but 'x' found at '[x]'\n"},
		{name: "no router", query: "?name=/x&router=r", status: 400, want: "there is no router r; there are: outgoing, incoming\n"},
		{name: "no header", query: "?url=x&header=y", status: 400, want: "a header is not of the form"},
		{name: "too long an answer", query: "?name=/a&header=" + url.QueryEscape("l5d-dtab: /a => ~"+strings.Repeat(" | /b", 9000)), status: 413,
			want: "the explanation is too long to be shown\n"},
		{name: "no content type", body: "{}", status: 415},
		{name: "charset", body: "{}", contentType: typed + ";charset=utf-8", status: 415},
		{name: "a form", body: "name=/x", contentType: "application/x-www-form-urlencoded", status: 415},
		{name: "not JSON", body: "{", contentType: typed, status: 400, want: "Malformed explain request: unexpected end of JSON input\n"},
		{name: "wrong type", body: `{"name":1}`, contentType: typed, status: 400, want: "Malformed explain request: json: cannot unmarshal number"},
		{name: "null", body: "null", contentType: typed, status: 400, want: "ask about a name or about a URL\n"},
		{name: "too long", body: `{"name":"` + strings.Repeat("x", 2<<20) + `"}`, contentType: typed, status: 413},
		{name: "a long name", body: `{"name":"/` + strings.Repeat("x", 100_000) + `"}`, contentType: typed, status: 400,
			want: "the name is not a path: path of 100001 bytes is longer than the limit of 65536\n"},
	} {
		for _, page := range []string{"/explain", "/explain.json"} {
			t.Run(row.name+" "+page, func(t *testing.T) {
				var got answer
				switch {
				case row.body != "" && row.contentType != "":
					got = s.do(t, "POST", page, row.body, "Content-Type", row.contentType)
				case row.body != "":
					got = s.do(t, "POST", page, row.body)
				default:
					got = s.get(t, page+row.query)
				}
				if got.status != row.status || !strings.HasPrefix(got.body, row.want) {
					t.Errorf("status %d, body %q; want %d, %q", got.status, got.body[:min(len(got.body), 300)], row.status, row.want)
				}
			})
		}
	}
}

// TestExplainKeepsNothing: names that are asked about are not counted or kept.
func TestExplainKeepsNothing(t *testing.T) {
	names := new(resolvetest.Namer)
	names.Bind("/web", "127.0.0.1:8080")
	r := newRouter(t, "outgoing", names)
	s := serve(t, admin.Config{Routers: []*router.Router{r}})
	for _, name := range []string{"/svc/web", "/svc/none", "/$/nil"} {
		if got := s.get(t, "/explain?name="+url.QueryEscape(name)); got.status != 200 {
			t.Errorf("%s: status %d", name, got.status)
		}
	}
	if diff := cmp.Diff(router.Stats{}, r.Stats()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}
