package ingress

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/ingresses"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// The values of pathType in Kubernetes; every other one is ImplementationSpecific.
const (
	pathExact   = "Exact"
	pathPrefix  = "Prefix" // "/a" is for /a, /a/ and /a/b, and not for /ab
	pathPattern = "ImplementationSpecific"
)

// rules name requests by one list of Ingresses.
type rules struct {
	exact       map[string][]rule // by host
	wildcard    map[string][]rule // by what follows "*"
	any         []rule
	all         []rule // in order
	skipped     []string
	fallback    resolve.Path
	hasFallback bool
}

// rule is a rule of an Ingress that can be used.
type rule struct {
	ingresses.Rule     // with one of the three types of paths
	rank           int // its place among all
	pattern        *regexp.Regexp
	name           resolve.Path
	created        time.Time
	owner          string // "namespace/name"
}

// maxPattern bounds the regular expression of a path: what is compiled of
// it is a small multiple of its length.
const maxPattern = 4096

// newRules makes the rules of a list of Ingresses. A rule of which nothing can be made is
// among the skipped ones, with the reason.
func newRules(all []ingresses.Ingress, config Config) *rules {
	i := &rules{exact: map[string][]rule{}, wildcard: map[string][]rule{}}
	for _, ingress := range all {
		for _, reason := range ingress.Skipped {
			i.skipped = append(i.skipped, "ingress "+ingress.Namespace+"/"+ingress.Name+", "+reason)
		}
	}
	onlyPatterns := true
	for _, ingress := range all {
		if ingress.Class != config.Class && (ingress.Class != "" || config.RequireClass) {
			continue
		}
		if ingress.Namespace == "" {
			ingress.Namespace = "default"
		}
		owner := ingress.Namespace + "/" + ingress.Name
		for _, r := range ingress.Rules {
			one := rule{Rule: r, name: nameOf(r.Backend, ingress.Namespace), created: ingress.Created, owner: owner}
			one.Host = strings.ToLower(r.Host)
			if err := one.compile(); err != nil {
				i.skipped = append(i.skipped, fmt.Sprintf("ingress %s, host %q, path %.100q: %v", owner, r.Host, r.Path, err))
				continue
			}
			onlyPatterns = onlyPatterns && one.PathType == pathPattern
			i.all = append(i.all, one)
		}
		if ingress.Default != nil && !config.IgnoreDefaultBackends && !i.hasFallback {
			i.fallback, i.hasFallback = nameOf(*ingress.Default, ingress.Namespace), true
		}
	}
	if !onlyPatterns {
		slices.SortStableFunc(i.all, rule.compare)
	}
	i.index()
	return i
}

// compile prepares the path.
func (r *rule) compile() error {
	switch r.PathType {
	case pathPrefix:
		r.Path = strings.TrimRight(r.Path, "/")
		return nil
	case pathExact:
		return nil
	}
	r.PathType = pathPattern
	switch {
	case r.Path == "":
		return nil
	case len(r.Path) > maxPattern:
		return fmt.Errorf("longer than %d bytes", maxPattern)
	}
	// By itself first: "a)|(b" is none, and would be one in parentheses.
	if _, err := regexp.Compile(r.Path); err != nil {
		return err
	}
	var err error
	r.pattern, err = regexp.Compile("^(?:" + r.Path + ")$")
	return err
}

// compare orders rules where not all are patterns.
func (r rule) compare(o rule) int {
	if order := cmp.Or(cmp.Compare(r.hostKind(), o.hostKind()), cmp.Compare(r.typeRank(), o.typeRank())); order != 0 || r.PathType == pathPattern {
		return order
	}
	longer := 0
	if r.PathType == pathPrefix {
		longer = cmp.Compare(len(o.Path), len(r.Path))
	}
	return cmp.Or(longer, r.created.Compare(o.created), cmp.Compare(r.owner, o.owner))
}

// typeRank is 0 for Exact, 1 for Prefix and 2 for patterns.
func (r rule) typeRank() int {
	return slices.Index([]string{pathExact, pathPrefix, pathPattern}, r.PathType)
}

// hostKind is 0 for a host, 1 for a wildcard and 2 for any.
func (r rule) hostKind() int {
	switch {
	case r.Host == "":
		return 2
	case strings.HasPrefix(r.Host, "*."):
		return 1
	}
	return 0
}

// index makes it cheap to find the rules of a host.
func (i *rules) index() {
	for rank := range i.all {
		r := i.all[rank]
		r.rank = rank
		switch r.hostKind() {
		case 0:
			i.exact[r.Host] = append(i.exact[r.Host], r)
		case 1:
			i.wildcard[r.Host[1:]] = append(i.wildcard[r.Host[1:]], r)
		default:
			i.any = append(i.any, r)
		}
	}
}

// nameOf is what requests get as their name.
func nameOf(b ingresses.Backend, namespace string) resolve.Path {
	return resolve.Path{}.AppendLabel(namespace).AppendLabel(b.Port).AppendLabel(b.Service)
}

var errHost = errors.New("the Host header has more than one colon")

// identify names a request.
func (i *rules) identify(r *http.Request) (resolve.Path, error) {
	host, port, _ := strings.Cut(r.Host, ":")
	if strings.Contains(port, ":") {
		return resolve.Path{}, errHost
	}
	host = strings.ToLower(host)
	path, _, _ := strings.Cut(r.URL.RequestURI(), "?")
	best := first(i.exact[host], nil, path)
	if _, domain, ok := strings.Cut(host, "."); ok && len(domain) < len(host)-1 {
		best = first(i.wildcard[host[len(host)-len(domain)-1:]], best, path)
	}
	if best = first(i.any, best, path); best != nil {
		return best.name, nil
	}
	if i.hasFallback {
		return i.fallback, nil
	}
	return resolve.Path{}, &router.UnidentifiedError{Reason: "no ingress rule matches"}
}

// first is the first of some rules that matches a path, or best if that is tried
// before it.
func first(of []rule, best *rule, path string) *rule {
	for at := range of {
		if best != nil && best.rank < of[at].rank {
			break
		}
		if of[at].matches(path) {
			return &of[at]
		}
	}
	return best
}

func (r *rule) matches(path string) bool {
	switch {
	case r.PathType == pathExact:
		return path == r.Path
	case r.PathType == pathPrefix:
		return strings.HasPrefix(path, r.Path) && (len(path) == len(r.Path) || path[len(r.Path)] == '/')
	}
	return r.pattern == nil || r.pattern.MatchString(path)
}
