package admin_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// delegating has the routers "label", whose namer knows /web and fails for
// /broken, and "plain", whose interpreter cannot explain.
func delegating(t testing.TB) *site {
	names := new(resolvetest.Namer)
	names.Bind("/web", "127.0.0.1:8080")
	names.Fail("/broken", errors.New("no luck with <it>"))
	names.Stall("/stalled")
	r := newRouter(t, "label", names)
	plain := routerOf(t, router.Config{Label: "plain", Interpreter: struct{ resolve.Interpreter }{r.Interpreter()}})
	return serve(t, admin.Config{Routers: []*router.Router{r, plain}})
}

func TestDelegator(t *testing.T) {
	s := delegating(t)
	for _, row := range []struct {
		vector, name string
		dtab, path   string
		want         string
	}{
		{vector: "130", name: "neg", dtab: "/meh=>/heh", path: "/meh",
			want: `{"type":"delegate","path":"/meh","delegate":{"type":"neg","path":"/heh","dentry":{"prefix":"/meh","dst":"/heh"}}}`},
		{vector: "130", name: "explicit neg", dtab: "/neg => ~", path: "/neg",
			want: `{"type":"delegate","path":"/neg","delegate":{"type":"neg","path":"~","dentry":{"prefix":"/neg","dst":"~"}}}`},
		{vector: "131", name: "the later entry first", path: "/boo/humbug",
			dtab: "/beh => /#/fake/broken; /bah/humbug => /$/inet/127.0.0.1/8080; /foo => /bah | /beh | /$/fail; /foo => /bar; /boo => /foo",
			want: `{"type":"delegate","path":"/boo/humbug","delegate":{
				"type":"alt","path":"/foo/humbug","dentry":{"prefix":"/boo","dst":"/foo"},"alt":[
				{"type":"neg","path":"/bar/humbug","dentry":{"prefix":"/foo","dst":"/bar"}},
				{"type":"delegate","path":"/bah/humbug","dentry":{"prefix":"/foo","dst":"/bah | /beh | /$/fail"},"delegate":{
					"type":"leaf","path":"/$/inet/127.0.0.1/8080","dentry":{"prefix":"/bah/humbug","dst":"/$/inet/127.0.0.1/8080"},
					"bound":{"addr":{"type":"bound","addrs":[{"ip":"127.0.0.1","port":8080,"meta":{}}],"meta":{}},"id":"/$/inet/127.0.0.1/8080","path":"/"}}},
				{"type":"delegate","path":"/beh/humbug","dentry":{"prefix":"/foo","dst":"/bah | /beh | /$/fail"},"delegate":{
					"type":"exception","path":"/#/fake/broken/humbug","dentry":{"prefix":"/beh","dst":"/#/fake/broken"},"message":"no luck with <it>"}},
				{"type":"fail","path":"/$/fail/humbug","dentry":{"prefix":"/foo","dst":"/bah | /beh | /$/fail"}}]}}`},
		{name: "union, and an empty name", dtab: "/u => 0.25 * ~ & 2 * $ & !", path: "/u",
			want: `{"type":"union","path":"/u","union":[
				{"weight":0.25,"tree":{"type":"neg","path":"~","dentry":{"prefix":"/u","dst":"0.25*~ & 2*$ & !"}}},
				{"weight":2.0,"tree":{"type":"empty","path":"/u","dentry":{"prefix":"/u","dst":"0.25*~ & 2*$ & !"}}},
				{"weight":1.0,"tree":{"type":"fail","path":"!","dentry":{"prefix":"/u","dst":"0.25*~ & 2*$ & !"}}}]}`},
		{name: "the empty name", path: "/", want: `{"type":"neg","path":"~"}`},
		{name: "the base dtab is not added", path: "/svc/web", want: `{"type":"neg","path":"/svc/web"}`},
		{name: "leaf", path: "/#/fake/web/x",
			want: `{"type":"leaf","path":"/#/fake/web/x","bound":{"addr":{"type":"bound","addrs":[{"ip":"127.0.0.1","port":8080,"meta":{}}],"meta":{}},"id":"/#/fake/web","path":"/x"}}`},
	} {
		name := row.name
		if row.vector != "" {
			name = "vector " + row.vector + ": " + name
		}
		t.Run(name, func(t *testing.T) {
			posted, err := json.Marshal(map[string]string{"namespace": "label", "dtab": row.dtab, "path": row.path})
			if err != nil {
				t.Fatal(err)
			}
			unnamed, err := json.Marshal(map[string]string{"dtab": row.dtab, "path": row.path})
			if err != nil {
				t.Fatal(err)
			}
			for how, got := range map[string]answer{
				"GET":                    s.get(t, delegatorPath("label", row.path, row.dtab)),
				"POST":                   s.do(t, "POST", "/delegator.json", string(posted), "Content-Type", "application/json"),
				"POST without namespace": s.do(t, "POST", "/delegator.json", string(unnamed), "Content-Type", "application/json"),
			} {
				if got.status != 200 || got.header.Get("Content-Type") != "application/json" {
					t.Errorf("%s: status %d, Content-Type %q", how, got.status, got.header.Get("Content-Type"))
				}
				// To the byte, but for the blanks that the rows are laid out with.
				if diff := cmp.Diff(compact(t, row.want), got.body); diff != "" {
					t.Errorf("%s (-want +got):\n%s", how, diff)
				}
			}
		})
	}
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return b.String()
}

func TestDelegatorRefused(t *testing.T) {
	s := delegating(t)
	const typed = "application/json"
	for _, row := range []struct {
		vector, name             string
		query, contentType, body string // a POST if there is a body
		namespace, path, dtab    string // a GET if there is no query and no body
		status                   int
		want                     string
		prefix                   bool // want is how the answer begins
	}{
		{vector: "129", name: "path", query: "?namespace=label&path=invalid-param", status: 400,
			want: "Invalid path: '/' expected but 'i' found at '[i]nvalid-param'"},
		{vector: "129", name: "dtab", query: "?namespace=label&path=/boo/humbug&dtab=invalid-param", status: 400,
			want: "Invalid dtab: '/' expected but 'i' found at '[i]nvalid-param'"},
		{name: "dtab before path", query: "?namespace=label&path=p&dtab=d", status: 400, want: "Invalid dtab: '/' expected but 'd' found at '[d]'"},
		{name: "no parameters", query: "?", status: 400, want: "Invalid path: '/' expected but end of input found at '[]'"},
		{name: "long path", query: "?path=" + strings.Repeat("x", 100_000), status: 400,
			want: "Invalid path: path of 100000 bytes is longer than the limit of 65536"},
		{name: "long answer", query: "?path=" + strings.Repeat("x", 60_000), status: 400,
			want: "Invalid path: '/' expected but 'x' found at '[x]xxx", prefix: true},
		{vector: "132", name: "no interpreter that could", namespace: "plain", path: "/x", status: 501,
			want: "Name Interpreter for plain cannot show delegations"},
		{name: "which is said before all else", namespace: "plain", path: "p", dtab: "d", status: 501,
			want: "Name Interpreter for plain cannot show delegations"},
		{name: "no such router", namespace: "<other>", path: "/x", status: 501, want: "Name Interpreter for <other> cannot show delegations"},
		{name: "empty namespace", namespace: "", path: "/x", status: 501, want: "Name Interpreter for  cannot show delegations"},
		{vector: "132", name: "no content type", body: `{"namespace":"label","dtab":"","path":"/x"}`, status: 415},
		{vector: "132", name: "charset", body: `{"namespace":"label","dtab":"","path":"/x"}`, contentType: typed + ";charset=utf-8", status: 415},
		{vector: "132", name: "form", body: "namespace=label&path=/x", contentType: "application/x-www-form-urlencoded", status: 415},
		{name: "not JSON", body: "{", contentType: typed, status: 400, want: "Malformed delegation request: {"},
		{name: "two values", body: `{"dtab":"","path":"/"}{}`, contentType: typed, status: 400, want: `Malformed delegation request: {"dtab":"","path":"/"}{}`},
		{name: "no dtab", body: `{"path":"/"}`, contentType: typed, status: 400, want: `Malformed delegation request: {"path":"/"}`},
		{name: "no path", body: `{"dtab":""}`, contentType: typed, status: 400, want: `Malformed delegation request: {"dtab":""}`},
		{name: "null", body: `null`, contentType: typed, status: 400, want: "Malformed delegation request: null"},
		{name: "wrong type", body: `{"dtab":[],"path":"/"}`, contentType: typed, status: 400, want: `Malformed delegation request: {"dtab":[],"path":"/"}`},
		{name: "posted dtab", body: `{"dtab":"x","path":"y"}`, contentType: typed, status: 400, want: "Invalid dtab: '/' expected but 'x' found at '[x]'"},
		{name: "long", body: `{"dtab":"` + strings.Repeat(" ", 2<<20) + `","path":"/"}`, contentType: typed, status: 413},
		{name: "long answer of short entries", body: `{"dtab":"/a => /$/nil` + strings.Repeat(" | /b", 9000) + `","path":"/a"}`, contentType: typed, status: 413,
			want: "The delegation is too long to be shown."},
		{name: "nested", body: strings.Repeat("[", 1<<20), contentType: typed, status: 400, want: "Malformed delegation request: [[[", prefix: true},
		{name: "too much time", namespace: "label", path: "/#/fake/stalled", status: 503, want: "Request timed out."},
	} {
		name := row.name
		if row.vector != "" {
			name = "vector " + row.vector + ": " + name
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got answer
			switch {
			case row.body != "" && row.contentType != "":
				got = s.do(t, "POST", "/delegator.json", row.body, "Content-Type", row.contentType)
			case row.body != "":
				got = s.do(t, "POST", "/delegator.json", row.body)
			case row.query != "":
				got = s.get(t, "/delegator.json"+row.query)
			default:
				got = s.get(t, delegatorPath(row.namespace, row.path, row.dtab))
			}
			if got.status != row.status {
				t.Errorf("status %d, want %d", got.status, row.status)
			}
			if row.prefix {
				got.body = got.body[:min(len(got.body), len(row.want))]
			}
			if got.body != row.want {
				t.Errorf("body %q, want %q", got.body, row.want)
			}
		})
	}
}
