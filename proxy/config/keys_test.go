package config_test

import (
	"cmp"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/internal/linkerd"
)

// unknown is a key that no group has, and that resembles none.
const unknown = "zzzzzzzzzzzzzzzzzzzz"

const (
	aRouter = "routers: [{protocol: http, servers: [{port: 0}]"
	aServer = "routers: [{protocol: http, servers: [{port: 0"

	anH2Router = "routers: [{protocol: h2, servers: [{port: 0}]"
)

// h2Groups are those of keyGroups whose keys are others in an h2 router, and those that
// only an h2 router has.
func h2Groups() map[string]string {
	return map[string]string{
		"routers[]":       anH2Router + ", %}]\n",
		"service":         anH2Router + ", service: {%}}]\n",
		"retryBufferSize": anH2Router + ", service: {retryBufferSize: {%}}}]\n",
	}
}

// keyGroups are files with an unknown key (%) in one group of keys each, by the heading
// that the group has in KEYS.md.
func keyGroups() map[string]string {
	return map[string]string{
		"Top level":          "%\n" + aRouter + "}]\n",
		"admin":              "admin: {%}\n",
		"admin.security":     "admin: {security: {%}}\n",
		"usage":              "usage: {%}\n",
		"routers[]":          aRouter + ", %}]\n",
		"bindingCache":       aRouter + ", bindingCache: {%}}]\n",
		"servers[]":          aServer + ", %}]}]\n",
		"serverSession":      aServer + ", serverSession: {%}}]}]\n",
		"addForwardedHeader": aServer + ", addForwardedHeader: {%}}]}]\n",
		"by and for":         aServer + ", addForwardedHeader: {by: {kind: static, %}}}]}]\n",
		"dryRun":             aServer + ", dryRun: {%}}]}]\n",
		"overrides":          aServer + ", overrides: {%}}]}]\n",
		"socketOptions":      aServer + ", socketOptions: {%}}]}]\n",
		"service":            aRouter + ", service: {%}}]\n",
		"retries":            aRouter + ", service: {retries: {%}}}]\n",
		"Retry budgets":      aRouter + ", service: {retries: {budget: {%}}}}]\n",
		"client":             aRouter + ", client: {%}}]\n",
		"server tls":         aServer + ", tls: {%}}]}]\n",
		"client tls":         aRouter + ", client: {tls: {%}}}]\n",
		"clientAuth":         aRouter + ", client: {tls: {clientAuth: {%}}}}]\n",
		"hostConnectionPool": aRouter + ", client: {hostConnectionPool: {%}}}]\n",
		"clientSession":      aRouter + ", client: {clientSession: {%}}}]\n",
		"services":           "telemetry: [{kind: io.l5d.zipkin, services: [{%}]}]\n" + aRouter + "}]\n",
		"keep":               "telemetry: [{kind: io.l5d.zipkin, keep: {%}}]\n" + aRouter + "}]\n",
		"service and client": aRouter + ", client: {kind: io.l5d.static, %}}]\n",
	}
}

// keyFamilies are such files for the kinds of a family.
func keyFamilies() map[string]struct {
	file  string
	kinds []string
} {
	kinds, all := config.Builtin(), linkerd.AllKinds()
	type family = struct {
		file  string
		kinds []string
	}
	return map[string]family{
		"namers[]":           {"namers: [{kind: KIND, %}]\n" + aRouter + "}]\n", there(all.Namers, kinds.Namers)},
		"telemetry[]":        {"telemetry: [{kind: KIND, %}]\n" + aRouter + "}]\n", there(append(all.Telemeters, "io.opentelemetry.otlp"), kinds.Telemeters)},
		"identifier":         {aRouter + ", identifier: {kind: KIND, %}}]\n", there(all.Identifiers, kinds.Identifiers)},
		"interpreter":        {aRouter + ", interpreter: {kind: KIND, %}}]\n", there(all.Interpreters, kinds.Interpreters)},
		"transformers[]":     {aRouter + ", interpreter: {kind: default, transformers: [{kind: KIND, %}]}}]\n", there(all.Transformers, kinds.Transformers)},
		"tracePropagator":    {aRouter + ", tracePropagator: {kind: KIND, %}}]\n", there(append(all.Propagators, "io.meshhop.bridge"), kinds.Propagators)},
		"responseClassifier": {aRouter + ", service: {responseClassifier: {kind: KIND, %}}}]\n", there(all.Classifiers, kinds.Classifiers)},
		"loadBalancer":       {aRouter + ", client: {loadBalancer: {kind: KIND, %}}}]\n", there(all.Balancers, kinds.Balancers)},
		"failureAccrual":     {aRouter + ", client: {failureAccrual: {kind: KIND, %}}}]\n", there(all.FailureAccruals, kinds.FailureAccruals)},
		"backoff":            {aRouter + ", service: {retries: {backoff: {kind: KIND, %}}}}]\n", there(all.Backoffs, kinds.Backoffs)},
	}
}

// there are the kinds of Linkerd's that a table has; a kind that is not Linkerd's
// need not be in KEYS.md.
func there[T any](kinds []string, table map[string]T) []string {
	return slices.DeleteFunc(kinds, func(kind string) bool { _, ok := table[kind]; return !ok })
}

// keysKnown are the keys that the loader knows in a group: its error for an unknown one
// lists them.
func keysKnown(t *testing.T, file string) []string {
	t.Helper()
	_, err := config.Load("f", []byte(strings.Replace(file, "%", unknown+": 1", 1)), config.Builtin())
	wrong := config.Errors(nil)
	errors.As(err, &wrong)
	for _, e := range wrong {
		if strings.HasSuffix(e.Path, unknown) {
			_, list, _ := strings.Cut(e.Reason, "; known here: ")
			return strings.Split(list, ", ")
		}
	}
	t.Fatalf("no unknown key in\n%s\n%v", file, err)
	return nil
}

// keyRow is a row of a table in KEYS.md.
type keyRow struct{ section, kind, key, names, file string }

func (r keyRow) String() string {
	return strings.Join(strings.Fields(r.section+": "+r.kind+" "+r.key), " ")
}

// keyRows are those of the tables that have a column Key.
func keyRows(t *testing.T) []keyRow {
	t.Helper()
	data, err := os.ReadFile("KEYS.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []keyRow
	var section string
	var columns []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			section, columns = heading, nil
			continue
		}
		if !strings.HasPrefix(line, "|") {
			columns = nil
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.Trim(cell, " `"))
		}
		if columns == nil {
			columns = cells
		}
		if !slices.Contains(columns, "Key") || strings.HasPrefix(line, "|---") || &cells[0] == &columns[0] {
			continue
		}
		if len(cells) != len(columns) {
			t.Fatalf("%s: %d cells, want %d: %s", section, len(cells), len(columns), line)
		}
		cell := func(column string) string {
			if at := slices.Index(columns, column); at >= 0 {
				return cells[at]
			}
			return ""
		}
		rows = append(rows, keyRow{section, cell("Kind"), cell("Key"), cell("Go"), cell("Read in")})
	}
	if len(rows) < 200 {
		t.Fatalf("only %d rows", len(rows))
	}
	return rows
}

// TestKeysAreComplete: each key that the loader knows is in KEYS.md, and no other.
func TestKeysAreComplete(t *testing.T) {
	written := map[string]bool{}
	kubernetes := map[string]bool{}
	for _, r := range keyRows(t) {
		if r.section == "Kubernetes" {
			kubernetes[r.key] = true
		} else if r.key != "" && written[r.String()] {
			t.Errorf("twice: %s", r)
		}
		written[r.String()] = true
	}
	used := map[string]bool{}
	for _, groups := range []map[string]string{keyGroups(), h2Groups()} {
		for heading, file := range groups {
			for _, key := range keysKnown(t, file) {
				name := keyRow{section: heading, key: key}.String()
				used[name] = true
				if !written[name] {
					t.Errorf("missing: %s", name)
				}
			}
		}
	}
	if slices.Contains(keysKnown(t, aRouter+", client: {kind: io.l5d.static, configs: [{%}]}}]\n"), "prefix") {
		used["configs: prefix"] = true
	}
	used["stages[]: all kind"] = true // there are no kinds of stages
	for heading, family := range keyFamilies() {
		for _, kind := range family.kinds {
			used[keyRow{section: heading, kind: kind}.String()] = true
			known := keysKnown(t, strings.Replace(family.file, "KIND", kind, 1))
			for _, key := range known {
				one, all, k8s := keyRow{section: heading, kind: kind, key: key}.String(), keyRow{section: heading, kind: "all", key: key}.String(),
					keyRow{section: heading, kind: kind, key: "Kubernetes"}.String()
				used[one], used[all] = true, true
				if written[k8s] && kubernetes[key] {
					used[k8s], used["Kubernetes: "+key] = true, true
					continue
				}
				if !written[one] && !written[all] {
					t.Errorf("missing: %s", one)
				}
			}
			if !slices.ContainsFunc(keyRows(t), func(r keyRow) bool { return r.section == heading && r.kind == kind }) {
				t.Errorf("missing: the kind %s of %s", kind, heading)
			}
		}
	}
	for name := range written {
		if !used[name] {
			t.Errorf("the loader does not know %s", name)
		}
	}
}

// TestKeysAreTrue: each Go name in KEYS.md exists, and each file reads the key.
func TestKeysAreTrue(t *testing.T) {
	names := goNames(t)
	backticked := regexp.MustCompile("`([^`]+)`")
	for _, r := range keyRows(t) {
		if r.names != "no effect" && r.names != "not supported" {
			for _, m := range backticked.FindAllStringSubmatch("`"+r.names+"`", -1) {
				if m[1] != ", " && !names[m[1]] {
					t.Errorf("%s: there is no %s", r, m[1])
				}
			}
		}
		source, err := os.ReadFile(r.file)
		if err != nil {
			t.Errorf("%s: %v", r, err)
			continue
		}
		if text := strconv.Quote(cmp.Or(r.key, r.kind)); r.key != "Kubernetes" && r.key != "" && !strings.Contains(string(source), text) {
			t.Errorf("%s: %s does not name the key", r, r.file)
		}
	}
}

// goNames are the exported functions and types of the packages that a configuration is
// made into, and the fields of the types, such as "router.Config.Dtab".
func goNames(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, dir := range []string{
		".", "..", "../admin", "../serve", "../../router", "../../router/balance", "../../trace", "../../trace/zipkin", "../../trace/otlp",
		"../../resolve", "../../resolve/fs", "../../resolve/dnssrv", "../../resolve/rewrite", "../../resolve/transform", "../../resolve/k8s", "../../router/ingress",
	} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			addGoNames(all, file)
		}
	}
	return all
}

func addGoNames(all map[string]bool, file *ast.File) {
	pkg := file.Name.Name + "."
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil && decl.Name.IsExported() {
				all[pkg+decl.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				named, ok := spec.(*ast.TypeSpec)
				if !ok {
					continue
				}
				all[pkg+named.Name.Name] = true
				fields, ok := named.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, field := range fields.Fields.List {
					for _, name := range field.Names {
						all[pkg+named.Name.Name+"."+name.Name] = true
					}
				}
			}
		}
	}
}
