package routetest

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/resolve"
)

// A Row is a request and where it must go.
type Row struct {
	// About names the row; by default its request does.
	About string

	// Request is its first line: a method, a URL or the path alone, a version.
	// "http://web/" is "GET http://web/ HTTP/1.1".
	Request string
	// Header are the request's headers. With "Host" the Host header is another
	// one than the URL's host.
	Header http.Header
	// Dtab is one more l5d-dtab header.
	Dtab string
	// Router is the label of the router whose first server gets the request.
	// Default: the first.
	Router string

	// What is empty below is not looked at, but one must be there.

	// Name is the name that the request is given: "/svc/world".
	Name string
	// Bound is what the name is bound to, a tree of the ids of replica sets:
	// "0.9 * /#/io.l5d.fs/v1 & 0.1 * /#/io.l5d.fs/v2". "~", "$" and "!" stand for
	// Neg, Empty and Fail.
	Bound string
	// Endpoints are the shares of requests that endpoints get, in any order:
	// "90 % a:1, 10 % b:1"; with two decimals at most, as "33.33 % a:1".
	// Without percentages all get the same. "nobody" gets the requests that
	// must fail, as there is nobody to send them to, and "status 404" those that
	// are answered so at once.
	Endpoints string
	// Err is part of the reason why the request is refused, or its name not
	// bound. Without it such a request makes the row fail.
	Err string
}

// Run checks each row in a subtest.
func (r *Routes) Run(t *testing.T, rows []Row) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.title(), func(t *testing.T) {
			t.Helper()
			r.Check(t, row)
		})
	}
}

// Check checks one row.
func (r *Routes) Check(t testing.TB, row Row) {
	t.Helper()
	want, err := row.want()
	if err != nil {
		t.Fatalf("routetest: %s: %v", row.title(), err)
	}
	request, err := row.request()
	if err != nil {
		t.Fatalf("routetest: %s: %v", row.title(), err)
	}
	route := r.Ask(row.Router, request)
	if report, ok := compare(want, route); !ok {
		t.Errorf("%s (-want +got):\n%s", row.title(), report)
	}
}

// title is what the row is called.
func (row Row) title() string {
	title := row.About
	if title == "" {
		title = row.Request
		if row.Dtab != "" {
			title += " with " + row.Dtab
		}
	}
	return title
}

// request makes the request as a server reads it.
func (row Row) request() (*http.Request, error) {
	words := strings.Fields(row.Request)
	if len(words) > 0 && (strings.HasPrefix(words[0], "/") || strings.Contains(words[0], "://")) {
		words = append([]string{http.MethodGet}, words...)
	}
	if len(words) == 2 {
		words = append(words, "HTTP/1.1")
	}
	if len(words) != 3 {
		return nil, fmt.Errorf(`request %q is not like "GET http://web/"`, row.Request)
	}
	header := row.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if u, err := url.Parse(words[1]); err == nil && u.Host != "" && header.Get("Host") == "" {
		header.Set("Host", u.Host)
	}
	if row.Dtab != "" {
		header.Add(wire.DtabName, row.Dtab)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s\r\n", strings.Join(words, " "))
	if err := header.Write(&text); err != nil {
		return nil, err
	}
	text.WriteString("\r\n")
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text.String())))
	if err != nil {
		return nil, fmt.Errorf("request %q: %w", row.Request, err)
	}
	request.RemoteAddr = "192.0.2.1:1234"
	return request, nil
}

// want is what the row wants, line by line, as a route prints it.
func (row Row) want() (wanted, error) {
	w := wanted{err: row.Err}
	if row.Name != "" {
		name, err := resolve.ParsePath(row.Name)
		if err != nil {
			return w, fmt.Errorf("name: %w", err)
		}
		w.name = name.String()
	}
	if row.Bound != "" {
		tree, err := resolve.ParseTree(row.Bound)
		if err != nil {
			return w, fmt.Errorf("bound: %w", err)
		}
		w.bound = resolve.ShowTree(tree)
	}
	if row.Endpoints != "" {
		endpoints, err := parseEndpoints(row.Endpoints)
		if err != nil {
			return w, fmt.Errorf("endpoints: %w", err)
		}
		w.endpoints = showEndpoints(endpoints)
	}
	if w == (wanted{}) {
		return w, fmt.Errorf("the row wants nothing: neither name, bound, endpoints nor error")
	}
	return w, nil
}
