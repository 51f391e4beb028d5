package router

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// An Ingress is what an identifier needs of a Kubernetes Ingress resource.
type Ingress struct {
	Namespace string // empty: default
	Name      string
	Class     string    // empty: it has none
	Created   time.Time // of two with the same rule the older one counts
	Rules     []IngressRule
	Default   *IngressBackend // what no rule of any Ingress matches; nil: none
}

// An IngressRule is one path of a rule.
type IngressRule struct {
	// Host is compared without the request's port and without regard to case.
	// "*.example.org" is for one label more, as in Kubernetes. Empty: any.
	Host    string
	Path    string
	Type    PathType
	Backend IngressBackend
}

// PathType says what a Path of a rule means, as pathType does in Kubernetes.
type PathType uint8

// The types of paths.
const (
	// PathPattern is ImplementationSpecific, and what there was before there
	// were types: a regular expression (RE2) for the whole path; empty: any.
	PathPattern PathType = iota
	// PathPrefix is Prefix: "/a" is for /a, /a/ and /a/b, and not for /ab.
	PathPrefix
	// PathExact is Exact.
	PathExact
)

// String gives the value of pathType.
func (t PathType) String() string {
	switch t {
	case PathExact:
		return "Exact"
	case PathPrefix:
		return "Prefix"
	}
	return "ImplementationSpecific"
}

// An IngressBackend is a service, and its port by name or number.
type IngressBackend struct{ Service, Port string }

// IngressConfig is for [NewIngressIdentifier].
type IngressConfig struct {
	Class                 string // Ingresses of other classes are ignored; default linkerd
	RequireClass          bool   // Ingresses without a class are ignored too
	IgnoreDefaultBackends bool
}

// IngressIdentifier is for one list of Ingresses. See [NewIngressIdentifier].
type IngressIdentifier struct {
	exact       map[string][]ingressRule // by host
	wildcard    map[string][]ingressRule // by what follows "*"
	any         []ingressRule
	all         []ingressRule // in order
	skipped     []string
	fallback    resolve.Path
	hasFallback bool
}

// ingressRule is a rule that can be used.
type ingressRule struct {
	IngressRule
	rank    int // its place among all
	pattern *regexp.Regexp
	name    resolve.Path
	created time.Time
	owner   string // "namespace/name"
}

// maxIngressPattern bounds the regular expression of a path: what is compiled of
// it is a small multiple of its length.
const maxIngressPattern = 4096

// NewIngressIdentifier names a request /namespace/port/service after the rule that
// matches its Host and its path; only when no rule of any Ingress does, after the
// first default backend (io.l5d.ingress, IngressCache.scala).
//
// Of several rules that match, one with the request's host goes before one with a
// wildcard, and that before one for any host; among these Exact before Prefix, of
// which the longest counts, before patterns in the order given. Of equal ones that
// of the older Ingress counts. Where there are only patterns all rules are tried in
// the order given, as in Linkerd.
//
// A path that is no regular expression is passed over: see Skipped. One with a
// group matches like any other, where in Linkerd it matches nothing. A Host with
// more than one colon is an error.
//
// It does not watch Kubernetes: the caller makes a new one for a new list.
func NewIngressIdentifier(ingresses []Ingress, config IngressConfig) *IngressIdentifier {
	if config.Class == "" {
		config.Class = "linkerd"
	}
	i := &IngressIdentifier{exact: map[string][]ingressRule{}, wildcard: map[string][]ingressRule{}}
	onlyPatterns := true
	for _, ingress := range ingresses {
		if ingress.Class != config.Class && (ingress.Class != "" || config.RequireClass) {
			continue
		}
		if ingress.Namespace == "" {
			ingress.Namespace = "default"
		}
		for _, r := range ingress.Rules {
			rule := ingressRule{IngressRule: r, name: r.Backend.name(ingress.Namespace), created: ingress.Created, owner: ingress.Namespace + "/" + ingress.Name}
			rule.Host = strings.ToLower(r.Host)
			if err := rule.compile(); err != nil {
				i.skipped = append(i.skipped, fmt.Sprintf("ingress %s, host %q, path %.100q: %v", rule.owner, r.Host, r.Path, err))
				continue
			}
			onlyPatterns = onlyPatterns && r.Type == PathPattern
			i.all = append(i.all, rule)
		}
		if ingress.Default != nil && !config.IgnoreDefaultBackends && !i.hasFallback {
			i.fallback, i.hasFallback = ingress.Default.name(ingress.Namespace), true
		}
	}
	if !onlyPatterns {
		slices.SortStableFunc(i.all, ingressRule.compare)
	}
	i.index()
	return i
}

// compile prepares the path.
func (r *ingressRule) compile() error {
	switch {
	case r.Type == PathPrefix:
		r.Path = strings.TrimRight(r.Path, "/")
		return nil
	case r.Type == PathExact || r.Path == "":
		return nil
	case len(r.Path) > maxIngressPattern:
		return fmt.Errorf("longer than %d bytes", maxIngressPattern)
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
func (r ingressRule) compare(o ingressRule) int {
	if order := cmp.Or(cmp.Compare(r.hostKind(), o.hostKind()), cmp.Compare(o.Type, r.Type)); order != 0 || r.Type == PathPattern {
		return order
	}
	longer := 0
	if r.Type == PathPrefix {
		longer = cmp.Compare(len(o.Path), len(r.Path))
	}
	return cmp.Or(longer, r.created.Compare(o.created), cmp.Compare(r.owner, o.owner))
}

// hostKind is 0 for a host, 1 for a wildcard and 2 for any.
func (r ingressRule) hostKind() int {
	switch {
	case r.Host == "":
		return 2
	case strings.HasPrefix(r.Host, "*."):
		return 1
	}
	return 0
}

// index makes it cheap to find the rules of a host.
func (i *IngressIdentifier) index() {
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

func (b IngressBackend) name(namespace string) resolve.Path {
	return resolve.Path{}.AppendLabel(namespace).AppendLabel(b.Port).AppendLabel(b.Service)
}

// Skipped says of which rules nothing can be made, and why.
func (i *IngressIdentifier) Skipped() []string { return slices.Clone(i.skipped) }

// IngressRoute is a rule as an [IngressIdentifier] uses it.
type IngressRoute struct {
	Ingress string // "namespace/name"
	IngressRule
	Name resolve.Path // what requests get as their name
}

// Routes are the rules in the order in which they are tried, and what requests get
// that none of them matches: the empty path for nothing.
func (i *IngressIdentifier) Routes() (routes []IngressRoute, fallback resolve.Path) {
	for _, r := range i.all {
		routes = append(routes, IngressRoute{r.owner, r.IngressRule, r.name})
	}
	return routes, i.fallback
}

// String is what explanations call it.
func (i *IngressIdentifier) String() string { return "io.l5d.ingress" }

var errIngressHost = errors.New("the Host header has more than one colon")

// Identify implements [Identifier].
func (i *IngressIdentifier) Identify(r *http.Request) (resolve.Path, error) {
	host, port, _ := strings.Cut(r.Host, ":")
	if strings.Contains(port, ":") {
		return resolve.Path{}, errIngressHost
	}
	host = strings.ToLower(host)
	path, _ := splitTarget(r.URL)
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
	return resolve.Path{}, &UnidentifiedError{"no ingress rule matches"}
}

// first is the first of some rules that matches a path, or best if that is tried
// before it.
func first(of []ingressRule, best *ingressRule, path string) *ingressRule {
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

func (r *ingressRule) matches(path string) bool {
	switch {
	case r.Type == PathExact:
		return path == r.Path
	case r.Type == PathPrefix:
		return strings.HasPrefix(path, r.Path) && (len(path) == len(r.Path) || path[len(r.Path)] == '/')
	}
	return r.pattern == nil || r.pattern.MatchString(path)
}
