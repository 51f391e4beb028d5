package api

import (
	"fmt"
	"net/url"
	"strings"
)

// Resource is a kind of objects, as in the paths of the API.
type Resource struct {
	Group   string // "" for the core group
	Version string // "v1"
	Plural  string // "endpoints"
}

// Resources that the namers use.
func Services() Resource    { return Resource{Version: "v1", Plural: "services"} }
func Endpointses() Resource { return Resource{Version: "v1", Plural: "endpoints"} }
func EndpointSlices() Resource {
	return Resource{Group: "discovery.k8s.io", Version: "v1", Plural: "endpointslices"}
}
func ConfigMaps() Resource { return Resource{Version: "v1", Plural: "configmaps"} }
func Ingresses() Resource {
	return Resource{Group: "networking.k8s.io", Version: "v1", Plural: "ingresses"}
}

// OldIngresses are those of servers before 1.19.
func OldIngresses() Resource {
	return Resource{Group: "extensions", Version: "v1beta1", Plural: "ingresses"}
}

// IsName says whether s can be the name of an object: DNS labels with dots.
func IsName(s string) bool { return isSubdomain(s) }

// Query says which objects.
type Query struct {
	Resource
	Namespace string // "": all of them
	Name      string // "": not one object alone
	Labels    string // such as "app=web,version=v1"; "": all
}

// check says why a query must not be asked. What it holds may be a stranger's.
func (q Query) check() error {
	if q.Namespace != "" && !IsLabel(q.Namespace) || q.Name != "" && !isSubdomain(q.Name) {
		return fmt.Errorf("k8s: %q and %q are not a valid namespace and name", q.Namespace, q.Name)
	}
	return nil
}

// path is the path and query of the list, without the parameters that a step
// adds.
func (q Query) path() string {
	var b strings.Builder
	if q.Group == "" {
		b.WriteString("/api/" + q.Version)
	} else {
		b.WriteString("/apis/" + q.Group + "/" + q.Version)
	}
	if q.Namespace != "" {
		b.WriteString("/namespaces/" + q.Namespace)
	}
	b.WriteString("/" + q.Plural + "?")
	if q.Name != "" {
		b.WriteString("fieldSelector=" + url.QueryEscape("metadata.name="+q.Name) + "&")
	}
	if q.Labels != "" {
		b.WriteString("labelSelector=" + url.QueryEscape(q.Labels) + "&")
	}
	return b.String()
}

// String is for people: "endpoints default/hello".
func (q Query) String() string {
	s := q.Plural
	if q.Namespace != "" || q.Name != "" {
		s += " " + q.Namespace
	}
	if q.Name != "" {
		s += "/" + q.Name
	}
	if q.Labels != "" {
		s += " with " + q.Labels
	}
	return s
}

// IsLabel says whether s can be the name of a namespace or a Service: a DNS label
// of RFC 1123 in lower case.
func IsLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// IsPortName says whether s can be the name of a port.
func IsPortName(s string) bool { return len(s) <= 63 && IsLabel(s) }

// IsLabelValue says whether s can be the value of a label of an object.
func IsLabelValue(s string) bool {
	if len(s) > 63 || s == "" || !alphanumeric(s[0]) || !alphanumeric(s[len(s)-1]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !alphanumeric(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// IsLabelKey says whether s can be the key of a label: a name, and before it a
// domain and a slash if there is one.
func IsLabelKey(s string) bool {
	if domain, name, ok := strings.Cut(s, "/"); ok {
		return isSubdomain(domain) && IsLabelValue(name)
	}
	return IsLabelValue(s)
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// isSubdomain says whether s can be the name of an object: DNS labels with dots.
func isSubdomain(s string) bool {
	if len(s) > 253 {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if !IsLabel(part) {
			return false
		}
	}
	return true
}
