package admin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

func fuzzed(f *testing.F) http.Handler {
	names := new(resolvetest.Namer)
	names.Bind("/web", "127.0.0.1:8080")
	a, err := admin.New(admin.Config{Routers: []*router.Router{newRouter(f, "r", names)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { a.Retire(nil) })
	return a
}

func check(t *testing.T, w *httptest.ResponseRecorder, statuses ...int) {
	t.Helper()
	known := false
	for _, s := range statuses {
		known = known || w.Code == s
	}
	if !known {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if w.Code == http.StatusOK && !json.Valid(w.Body.Bytes()) {
		t.Errorf("not JSON: %s", w.Body)
	}
}

func FuzzDelegator(f *testing.F) {
	for _, seed := range [][3]string{
		{"r", "invalid-param", ""}, {"r", "/boo", "invalid-param"},
		{"r", "/meh", "/meh=>/heh"}, {"r", "/neg", "/neg => ~"},
		{"", "/boo/humbug", "/beh => /#/fake; /foo => /bah | /beh | /$/fail; /foo => /bar; /boo => /foo"},
		{"plain", "/x", ""}, {"r", "/a", "/a => /a/a & /a/b | 0.3 * /$/nil & !"},
		{"r", "/\\xff/%", "/*/# => /$/x; # comment\n"}, {"r", "/a/b", "/a => /b & /b; /b => /c & /c; /c => /d & /d; /d => /a"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	a := fuzzed(f)
	f.Fuzz(func(t *testing.T, namespace, path, dtab string) {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest("GET", delegatorPath(namespace, path, dtab), nil))
		check(t, w, 200, 400, 501)

		w = httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/delegator.json", nil)
		r.URL.RawQuery = namespace + path + dtab // not escaped
		a.ServeHTTP(w, r)
		check(t, w, 200, 400, 501)
	})
}

func FuzzDelegatorBody(f *testing.F) {
	for _, seed := range []string{
		`{"namespace":"r","dtab":"/meh=>/heh","path":"/meh"}`, `{"dtab":"","path":"/"}`, `{"dtab":null}`, `[`, `{"PATH":"/","dtab":"\ud800"}`,
	} {
		f.Add(seed)
	}
	a := fuzzed(f)
	f.Fuzz(func(t *testing.T, body string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "http://localhost/delegator.json", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		a.ServeHTTP(w, r)
		check(t, w, 200, 400, 501)
	})
}

func FuzzExplain(f *testing.F) {
	for _, seed := range [][2]string{
		{"name=/svc/web", `{"name":"/svc/web"}`}, {"url=http://web/&header=l5d-dtab:/svc%3D>~", `{"url":"web","headers":["Host;"]}`},
		{"router=x", `{"router":1}`}, {"name=%", "["}, {"url=web&method=%00", `{"url":"http://\u0000/","http10":true}`},
	} {
		f.Add(seed[0], seed[1])
	}
	a := fuzzed(f)
	f.Fuzz(func(t *testing.T, query, body string) {
		r := httptest.NewRequest("GET", "/explain.json", nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		check(t, w, 200, 400, 413)

		r = httptest.NewRequest("POST", "http://localhost/explain.json", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w = httptest.NewRecorder()
		a.ServeHTTP(w, r)
		check(t, w, 200, 400, 413)
	})
}

func FuzzGrace(f *testing.F) {
	for _, seed := range []string{"10s", "1.minute + 30.seconds", "-1.day", "9223372036854775807.nanoseconds+1.nanosecond", "1..s"} {
		f.Add(seed)
	}
	a, err := admin.New(everything(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { a.Retire(nil) })
	f.Fuzz(func(t *testing.T, grace string) {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest("POST", "http://localhost/admin/shutdown?grace="+url.QueryEscape(grace), nil))
		if w.Code != 200 && w.Code != 400 {
			t.Errorf("status %d", w.Code)
		}
	})
}
