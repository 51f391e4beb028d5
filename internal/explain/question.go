package explain

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// A Question is about a name or a request. As JSON its fields have the names in
// the tags; all may be absent but one of Name and URL.
type Question struct {
	// Router is the label of the router that is asked. Default: the first.
	Router string `json:"router,omitempty"`
	// Name is looked up as it is, such as /svc/hello.
	Name string `json:"name,omitempty"`
	// URL is that of a request, such as http://hello/path. Without a scheme it
	// is http. Its host becomes the Host header, unless Headers has one.
	URL string `json:"url,omitempty"`
	// Method is the request's. Default GET.
	Method string `json:"method,omitempty"`
	// Headers are the request's, each as "Name: value"; "Name;" is one without
	// a value, as for curl. With a Name only those that carry dtabs count.
	Headers []string `json:"headers,omitempty"`
	// HTTP10 makes the request one of HTTP/1.0.
	HTTP10 bool `json:"http10,omitempty"`
}

// A QuestionError says what is wrong with a [Question].
type QuestionError struct{ Reason string }

func (e *QuestionError) Error() string { return e.Reason }

// name is the name that is asked about.
func (q Question) name() (resolve.Path, error) {
	name, err := resolve.ParsePath(q.Name)
	if err != nil {
		return resolve.Path{}, &QuestionError{"the name is not a path: " + err.Error()}
	}
	return name, nil
}

// request is the request that is asked about, as a server reads it.
func (q Question) request(ctx context.Context) (*http.Request, error) {
	if (q.Name == "") == (q.URL == "") {
		return nil, &QuestionError{"ask about a name or about a URL"}
	}
	method, target, host, version := q.Method, "/", "name", "HTTP/1.1"
	if method == "" {
		method = http.MethodGet
	}
	if !token(method) {
		return nil, &QuestionError{"the method is none: " + brief(method)}
	}
	if q.HTTP10 {
		version = "HTTP/1.0"
	}
	if q.Name == "" {
		var err error
		if host, target, err = splitURL(q.URL); err != nil {
			return nil, err
		}
	}
	var head strings.Builder
	for _, header := range q.Headers {
		name, value, err := splitHeader(header)
		switch {
		case err != nil:
			return nil, err
		case strings.EqualFold(name, "Host"):
			host = value
		default:
			head.WriteString(name + ": " + value + "\r\n")
		}
	}
	text := method + " " + target + " " + version + "\r\nHost: " + host + "\r\n" + head.String() + "\r\n"
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		return nil, &QuestionError{"no server would read the request: " + err.Error()}
	}
	r.RemoteAddr = "0.0.0.0:0" // nobody sent it
	return r.WithContext(ctx), nil
}

// splitURL gives a URL's authority and what of it stands in a request line,
// byte for byte.
func splitURL(text string) (host, target string, err error) {
	if strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return "", "", &QuestionError{"the URL has a blank or a control character in it"}
	}
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		scheme, rest = "http", text
	}
	if !strings.EqualFold(scheme, "http") {
		return "", "", &QuestionError{"the URL must begin with http://, and this is " + scheme + "://"}
	}
	rest, _, _ = strings.Cut(rest, "#") // never sent
	at := strings.IndexAny(rest, "/?")
	if at < 0 {
		at = len(rest)
	}
	host, target = rest[:at], rest[at:]
	if u, err := url.Parse("http://" + host); err != nil || u.Host != host || host == "" {
		return "", "", &QuestionError{"the URL has no host that could be one: want http://host/path"}
	}
	if !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	return host, target, nil
}

// splitHeader gives name and value of a header line.
func splitHeader(line string) (name, value string, err error) {
	if strings.ContainsFunc(line, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		return "", "", &QuestionError{"a header has a control character in it"}
	}
	name, value, found := strings.Cut(line, ":")
	if !found {
		name, found = strings.CutSuffix(line, ";")
	}
	if !found || !token(name) {
		return "", "", &QuestionError{`a header is not of the form "Name: value": ` + brief(line)}
	}
	return name, strings.Trim(value, " \t"), nil
}

// token says whether text can be a method or the name of a header (RFC 9110
// section 5.6.2).
func token(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

// brief is a text as a message repeats it.
func brief(text string) string {
	const most = 100
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
