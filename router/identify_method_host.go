package router

import (
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// MethodAndHost names a request /1.1/<METHOD>/<host in lower case>, or
// /1.0/<METHOD> where it came as HTTP/1.0, followed by the segments of the
// request path if pathInName (httpUriInDst) is set (io.l5d.methodAndHost,
// MethodAndHostIdentifier.scala). A request path that is not a path of the
// routing language is then an error. A request by HTTP/2 has the name that it would
// have by HTTP/1.1.
func MethodAndHost(pathInName bool) Identifier { return methodAndHost{pathInName} }

type methodAndHost struct{ pathInName bool }

func (m methodAndHost) Identify(r *http.Request) (resolve.Path, error) {
	var name resolve.Path
	method := r.Method
	if method == "" { // net/http's short form
		method = http.MethodGet
	}
	switch {
	case r.ProtoMajor == 1 && r.ProtoMinor == 0:
		name = name.AppendLabel("1.0").AppendLabel(method)
	case r.ProtoMajor == 1 && r.ProtoMinor == 1, r.ProtoMajor == 2, r.ProtoMajor == 0: // zero: made by a program, not read from the wire
		if r.Host == "" {
			return resolve.Path{}, &UnidentifiedError{"HTTP/1.1 request missing hostname"}
		}
		name = name.AppendLabel("1.1").AppendLabel(method).AppendLabel(strings.ToLower(r.Host))
	default:
		return resolve.Path{}, &UnidentifiedError{"Unknown HTTP version " + r.Proto}
	}
	if !m.pathInName {
		return name, nil
	}
	path, _ := splitTarget(r.URL)
	if path == "" {
		return name, nil
	}
	rest, err := resolve.ParsePath(path)
	if err != nil {
		return resolve.Path{}, err
	}
	return name.Append(rest), nil
}
