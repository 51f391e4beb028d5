package router

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// An Ingress is what an identifier needs of a Kubernetes Ingress resource.
type Ingress struct {
	Namespace string // empty: default
	Class     string // its kubernetes.io/ingress.class; empty: it has none
	Rules     []IngressRule
	Default   *IngressBackend // what no rule of any Ingress matches; nil: none
}

// An IngressRule is one path of a rule.
type IngressRule struct {
	Host    string // compared exactly, without a port; empty: any
	Path    string // a regular expression for the whole path; empty: any
	Backend IngressBackend
}

// An IngressBackend is a service, and its port by name or number.
type IngressBackend struct{ Service, Port string }

// IngressConfig is for [NewIngressIdentifier].
type IngressConfig struct {
	Class                 string // Ingresses of other classes are ignored; default linkerd
	IgnoreDefaultBackends bool
}

// NewIngressIdentifier names a request /namespace/port/service after the first
// rule, in the order given, that matches its Host and its path; only when no
// rule of any Ingress does, after the first default backend (io.l5d.ingress,
// IngressCache.scala). A path with a capture group matches nothing, as there.
// A Host with more than one colon is an error. A path that is no regular
// expression (RE2 syntax) is an error here.
//
// It does not watch Kubernetes: the caller makes a new one for a new list.
func NewIngressIdentifier(ingresses []Ingress, config IngressConfig) (Identifier, error) {
	if config.Class == "" {
		config.Class = "linkerd"
	}
	var found ingressIdentifier
	for _, ingress := range ingresses {
		if ingress.Class != "" && ingress.Class != config.Class {
			continue
		}
		namespace := ingress.Namespace
		if namespace == "" {
			namespace = "default"
		}
		for _, rule := range ingress.Rules {
			// By itself first: "a)|(b" is none, and would be one in parentheses.
			compiled, err := regexp.Compile(rule.Path)
			if err == nil {
				compiled, err = regexp.Compile("^(?:" + rule.Path + ")$")
			}
			if err != nil {
				return nil, fmt.Errorf("ingress in %s, host %q, path %q: %w", namespace, rule.Host, rule.Path, err)
			}
			if compiled.NumSubexp() > 0 {
				continue
			}
			if rule.Path == "" {
				compiled = nil
			}
			found.rules = append(found.rules, ingressRule{rule.Host, compiled, rule.Backend.name(namespace)})
		}
		if ingress.Default != nil && !config.IgnoreDefaultBackends && !found.hasFallback {
			found.fallback, found.hasFallback = ingress.Default.name(namespace), true
		}
	}
	return &found, nil
}

func (b IngressBackend) name(namespace string) resolve.Path {
	return resolve.Path{}.AppendLabel(namespace).AppendLabel(b.Port).AppendLabel(b.Service)
}

type ingressIdentifier struct {
	rules       []ingressRule
	fallback    resolve.Path
	hasFallback bool
}

type ingressRule struct {
	host string
	path *regexp.Regexp // nil: any
	name resolve.Path
}

var errIngressHost = errors.New("the Host header has more than one colon")

func (i *ingressIdentifier) Identify(r *http.Request) (resolve.Path, error) {
	host, port, _ := strings.Cut(r.Host, ":")
	if strings.Contains(port, ":") {
		return resolve.Path{}, errIngressHost
	}
	path, _ := splitTarget(r.URL)
	for _, rule := range i.rules {
		if (rule.host == "" || rule.host == host) && (rule.path == nil || rule.path.MatchString(path)) {
			return rule.name, nil
		}
	}
	if i.hasFallback {
		return i.fallback, nil
	}
	return resolve.Path{}, &UnidentifiedError{"no ingress rule matches"}
}
