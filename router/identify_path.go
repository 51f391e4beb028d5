package router

import (
	"errors"
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// PathSegments names a request after the first n segments of its path, taken
// raw, without URL-decoding. With consume they are cut off the request's
// target, which keeps a trailing slash and the query (io.l5d.path,
// PathIdentifier.scala). n is at least 1.
func PathSegments(n int, consume bool) Identifier { return pathSegments{max(n, 1), consume} }

type pathSegments struct {
	n       int
	consume bool
}

var errEmptySegment = errors.New("an empty segment in the request path cannot be part of a name")

func (p pathSegments) Identify(r *http.Request) (resolve.Path, error) {
	path, query := splitTarget(r.URL)
	var name resolve.Path
	rest := path
	for range p.n {
		after, found := strings.CutPrefix(rest, "/")
		if !found || strings.Trim(after, "/") == "" {
			return resolve.Path{}, &UnidentifiedError{"not enough segments in path"}
		}
		end := strings.IndexByte(after, '/')
		if end < 0 {
			end = len(after)
		}
		if end == 0 {
			return resolve.Path{}, errEmptySegment
		}
		name = name.AppendLabel(after[:end])
		rest = after[end:]
	}
	if p.consume {
		if rest == "" {
			rest = "/"
		}
		setTarget(r, rest+query)
	}
	return name, nil
}
