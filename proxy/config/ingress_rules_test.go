package config_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/router"
)

// modelIngress is an Ingress, as a person would note it down.
type modelIngress struct {
	namespace, name string
	field, annot    *string // the class
	created         int     // seconds
	rules           []modelRule
	fallback        *modelBackend
}

type modelRule struct {
	host, kind, path string
	backend          modelBackend
}

type modelBackend struct {
	service, port string // a port of digits is a number
	bucket        bool   // no Service
}

// modelKeys are what a router's file says of Ingresses.
type modelKeys struct {
	namespace, class       string
	require, withoutBackup bool
}

// patterns are paths that are regular expressions, and what they match, not found
// out by a regular expression. Of one that is none there is no function.
var patterns = map[string]func(string) bool{
	"":         func(string) bool { return true },
	"/a":       func(p string) bool { return p == "/a" },
	"/a.*":     func(p string) bool { return strings.HasPrefix(p, "/a") },
	"/.*":      func(p string) bool { return strings.HasPrefix(p, "/") },
	"/(a|b)/c": func(p string) bool { return p == "/a/c" || p == "/b/c" },
	"/a|/b":    func(p string) bool { return p == "/a" || p == "/b" },
	"/a/[bc]+/?": func(p string) bool {
		p, ok := strings.CutPrefix(p, "/a/")
		return ok && strings.Trim(strings.TrimSuffix(p, "/"), "bc") == "" && strings.TrimSuffix(p, "/") != ""
	},
	"/[":      nil,
	"/a)|(/b": nil,
}

// matches says whether a rule is for a host and a path, and how well for the host: 0
// is best.
func (r modelRule) matches(host, path string) (kind int, ok bool) {
	want, host := strings.ToLower(r.host), strings.ToLower(host)
	switch labels := strings.Split(host, "."); {
	case want == "":
		kind = 2
	case strings.HasPrefix(want, "*."):
		if labels[0] == "" || !slices.Equal(labels[1:], strings.Split(want, ".")[1:]) {
			return 0, false
		}
		kind = 1
	case want != host:
		return 0, false
	}
	switch r.kind {
	case "Exact":
		return kind, path == r.path
	case "Prefix":
		want, have := strings.Split(strings.TrimSuffix(r.path, "/"), "/"), strings.Split(path, "/")
		return kind, len(have) >= len(want) && slices.Equal(have[:len(want)], want)
	}
	return kind, patterns[r.path](path)
}

// named is what a request is named by Ingresses, "" if by none of them.
func (k modelKeys) named(all map[string]modelIngress, host, path string) string {
	type candidate struct {
		host, kind, length, created int
		owner                       string
		at                          int
		name                        string
	}
	var found []candidate
	var fallback string
	onlyPatterns := true
	at := 0
	for _, key := range sorted(all) {
		i := all[key]
		class := i.annot
		if i.field != nil && *i.field != "" {
			class = i.field
		}
		none := class == nil || *class == ""
		if k.namespace != "" && k.namespace != i.namespace || none && k.require || !none && *class != k.class {
			continue
		}
		for _, r := range i.rules {
			at++
			if r.backend.bucket || r.kind == "ImplementationSpecific" && patterns[r.path] == nil {
				continue
			}
			onlyPatterns = onlyPatterns && r.kind == "ImplementationSpecific"
			kind, ok := r.matches(host, path)
			if !ok {
				continue
			}
			c := candidate{host: kind, at: at, name: r.backend.in(i.namespace)}
			switch r.kind {
			case "Exact":
				c.kind = 1
			case "Prefix":
				c.kind, c.length = 2, len(strings.TrimSuffix(r.path, "/"))
			default:
				c.kind = 3
			}
			if c.kind != 3 {
				c.created, c.owner = i.created, key
			}
			found = append(found, c)
		}
		if i.fallback != nil && !i.fallback.bucket && !k.withoutBackup && fallback == "" {
			fallback = i.fallback.in(i.namespace)
		}
	}
	if len(found) == 0 {
		return fallback
	}
	if onlyPatterns {
		return found[0].name
	}
	return slices.MinFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.kind, b.kind), cmp.Compare(b.length, a.length),
			cmp.Compare(a.created, b.created), cmp.Compare(a.owner, b.owner), cmp.Compare(a.at, b.at))
	}).name
}

func sorted(all map[string]modelIngress) []string {
	var keys []string
	for key := range all {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(all[a].namespace, all[b].namespace), cmp.Compare(all[a].name, all[b].name))
	})
	return keys
}

func (b modelBackend) in(namespace string) string {
	return "/svc/" + namespace + "/" + b.port + "/" + b.service
}

// object is the Ingress for the API server.
func (i modelIngress) object() map[string]any {
	meta := map[string]any{"namespace": i.namespace, "name": i.name, "creationTimestamp": time.Unix(1790000000+int64(i.created), 0).UTC().Format(time.RFC3339)}
	if i.annot != nil {
		meta["annotations"] = map[string]any{"kubernetes.io/ingress.class": *i.annot}
	}
	spec := map[string]any{}
	if i.field != nil {
		spec["ingressClassName"] = *i.field
	}
	if i.fallback != nil {
		spec["defaultBackend"] = i.fallback.object()
	}
	var rules []any
	for _, r := range i.rules {
		path := map[string]any{"pathType": r.kind, "backend": r.backend.object()}
		if r.path != "" {
			path["path"] = r.path
		}
		rule := map[string]any{"http": map[string]any{"paths": []any{path}}}
		if r.host != "" {
			rule["host"] = r.host
		}
		rules = append(rules, rule)
	}
	spec["rules"] = rules
	return map[string]any{"kind": "Ingress", "apiVersion": "networking.k8s.io/v1", "metadata": meta, "spec": spec}
}

func (b modelBackend) object() map[string]any {
	if b.bucket {
		return map[string]any{"resource": map[string]any{"kind": "Bucket", "name": b.service}}
	}
	port := map[string]any{"name": b.port}
	if number, err := strconv.Atoi(b.port); err == nil {
		port = map[string]any{"number": number}
	}
	return map[string]any{"service": map[string]any{"name": b.service, "port": port}}
}

// places are the hosts and paths of which a few are drawn, so that rules compete.
type places struct{ hosts, kinds, paths, patterns []string }

func drawPlaces(t *rapid.T) places {
	few := func(label string, of ...string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(of), 1, 3).Draw(t, label)
	}
	p := places{
		hosts:    few("hosts", "", "web.test", "Web.Test", "*.test", "*.web.test", "x.web.test"),
		kinds:    []string{"Exact", "Prefix", "ImplementationSpecific"},
		paths:    few("paths", "/", "/a", "/a/", "/a/b", "/a/b/", "/A", "/a.*", "/b"),
		patterns: few("patterns", patternPaths()...),
	}
	if rapid.IntRange(0, 3).Draw(t, "only patterns") == 0 {
		p.kinds = p.kinds[2:]
	}
	return p
}

// draw makes an Ingress. Each backend has another service, so that it shows which
// rule was taken.
func (p places) draw(t *rapid.T, namespace, name string, next *int) modelIngress {
	backend := func() modelBackend {
		*next++
		return modelBackend{fmt.Sprint("s", *next), rapid.SampledFrom([]string{"80", "http"}).Draw(t, "port"), rapid.IntRange(0, 9).Draw(t, "bucket") == 0}
	}
	class := func(label string) *string {
		return rapid.SampledFrom([]*string{nil, nil, nil, new(""), new("linkerd"), new("nginx")}).Draw(t, label)
	}
	i := modelIngress{namespace: namespace, name: name, field: class("field"), annot: class("annotation"), created: rapid.IntRange(0, 2).Draw(t, "created")}
	for range rapid.IntRange(0, 4).Draw(t, "rules") {
		r := modelRule{host: rapid.SampledFrom(p.hosts).Draw(t, "host"), kind: rapid.SampledFrom(p.kinds).Draw(t, "pathType"), backend: backend()}
		if r.kind == "ImplementationSpecific" {
			r.path = rapid.SampledFrom(p.patterns).Draw(t, "pattern")
		} else {
			r.path = rapid.SampledFrom(p.paths).Draw(t, "path")
		}
		i.rules = append(i.rules, r)
	}
	if rapid.Bool().Draw(t, "default") {
		i.fallback = new(backend())
	}
	return i
}

// request is a host and a target, half of the time those of a rule.
func (p places) request(t *rapid.T) (host, target string) {
	host = rapid.SampledFrom([]string{"web.test", "WEB.test:8080", "x.web.test", "y.web.test", "x.y.web.test", ".web.test", ".test", "other", "a:b:c"}).Draw(t, "Host")
	target = rapid.SampledFrom([]string{"/", "/a", "/a/", "/a/b", "/a/b/", "/a/b/c", "/ab", "/A", "/a/c", "/b", "/b/c", "/a.*", "/a/%62", "/a/b?x=/b", "/a?"}).Draw(t, "target")
	if rapid.Bool().Draw(t, "the rule's") {
		host = strings.Replace(rapid.SampledFrom(p.hosts).Draw(t, "the host"), "*", "y", 1)
		target = rapid.SampledFrom(p.paths).Draw(t, "the path")
	}
	return host, target
}

func patternPaths() []string {
	var all []string
	for p := range patterns {
		all = append(all, p)
	}
	slices.Sort(all)
	return all
}

// TestIngressRules: whatever Ingresses there are, and however they come, change and
// go, a request is named as the documentation says, which the model
// here does by trying every rule (227, 228).
func TestIngressRules(t *testing.T) {
	all := []modelKeys{{class: "linkerd"}, {class: "nginx"}, {class: "linkerd", require: true}, {class: "linkerd", withoutBackup: true}, {class: "linkerd", namespace: "b"}}
	text := "routers:\n"
	for i, k := range all {
		text += fmt.Sprintf("- {protocol: http, label: r%d, servers: [{port: 0}], identifier: {kind: io.l5d.ingress, ingressClassAnnotation: %s, requireClass: %t, ignoreDefaultBackends: %t",
			i, k.class, k.require, k.withoutBackup)
		if k.namespace != "" {
			text += ", namespace: " + k.namespace
		}
		text += "}}\n"
	}
	file, err := config.Load("f", []byte(text), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	named, unnamed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			var api k8stest.Server
			mesh, err := file.Build(config.BuildOptions{Kubernetes: &api})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := mesh.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}()
			now := map[string]modelIngress{}
			next := 0
			places := drawPlaces(t)
			for range rapid.IntRange(1, 8).Draw(t, "changes") {
				namespace, name := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "namespace"), rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "name")
				key := namespace + "/" + name
				if _, there := now[key]; there && rapid.Bool().Draw(t, "delete") {
					api.Delete("Ingress", namespace, name)
					delete(now, key)
				} else {
					now[key] = places.draw(t, namespace, name, &next)
					api.Apply(now[key].object())
				}
				synctest.Wait()
				for range 5 {
					host, target := places.request(t)
					r := httptest.NewRequest("GET", target, nil)
					r.Host = host
					for i, k := range all {
						e := mesh.Routers[i].View().Explain(r)
						want := ""
						if host != "a:b:c" {
							plainHost, _, _ := strings.Cut(host, ":")
							path, _, _ := strings.Cut(target, "?")
							want = k.named(now, plainHost, path)
						}
						var failed *router.Error
						if want == "" && (!errors.As(e.Err, &failed) || failed.Kind != router.Unidentified) || want != "" && e.Dst.String() != want {
							shown, _ := json.Marshal(objects(now))
							t.Fatalf("%s of %s, for %+v: it is named %q, %v; want %q of\n%s", target, host, k, e.Dst, e.Err, want, shown)
						}
						if want == "" {
							unnamed++
						} else {
							named++
						}
					}
				}
			}
		})
	})
	least := 1000
	if testing.Short() {
		least = 50
	}
	if t.Logf("%d named, %d not", named, unnamed); named < least || unnamed < least {
		t.Error("that is too few")
	}
}

func objects(all map[string]modelIngress) (list []any) {
	for _, key := range sorted(all) {
		list = append(list, all[key].object())
	}
	return list
}
