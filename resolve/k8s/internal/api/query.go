package api

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/meshhop/meshhop/internal/k8sname"
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

// Query says which objects.
type Query struct {
	Resource
	Namespace string // "": all of them
	Name      string // "": not one object alone
	Labels    string // such as "app=web,version=v1"; "": all
}

// check says why a query must not be asked. What it holds may be a stranger's.
func (q Query) check() error {
	if q.Namespace != "" && !k8sname.IsLabel(q.Namespace) || q.Name != "" && !k8sname.IsObject(q.Name) {
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
