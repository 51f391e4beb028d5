package router

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// HeaderSegments names a request after the first n segments of a header whose value is
// the target of a request, or after all of them if n is 0 (io.l5d.header.path,
// HeaderPathIdentifier.scala). With ":path" and 2 the method of a gRPC call is its name,
// /package.Service/Method; with 1 it is its service.
//
// The query and one slash at the end do not count. Segments are taken as they stand,
// without URL-decoding: every byte is legal in a name, which shows those that labels
// cannot have as \xNN. A request with fewer segments is declined.
func HeaderSegments(header string, n int) Identifier { return headerSegments{header, max(n, 0)} }

type headerSegments struct {
	header string
	n      int // 0: all
}

func (h headerSegments) Identify(r *http.Request) (resolve.Path, error) {
	path, _, _ := strings.Cut(headerValue(r, h.header), "?")
	rest, rooted := strings.CutPrefix(strings.TrimSuffix(path, "/"), "/")
	if path == "" || rest == "" && h.n == 0 {
		return resolve.Path{}, &UnidentifiedError{"Missing destination path"}
	}
	if !rooted && rest != "" {
		return resolve.Path{}, fmt.Errorf("%s must begin with a slash to be a name", h.header)
	}
	var name resolve.Path
	for taken := 0; h.n == 0 || taken < h.n; taken++ {
		if rest == "" {
			if h.n == 0 {
				break
			}
			return resolve.Path{}, &UnidentifiedError{fmt.Sprintf("Path must have at least %d segment(s)", h.n)}
		}
		label, after, _ := strings.Cut(rest, "/")
		if label == "" {
			return resolve.Path{}, errEmptySegment
		}
		name, rest = name.AppendLabel(label), after
	}
	return name, nil
}
