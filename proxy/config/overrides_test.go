package config_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

func TestOverridesKey(t *testing.T) {
	const other = " is not the beginning of an id: ids begin with /#/ (a namer) or /$/ (inet and others); what transformers put before them does not count"
	for _, row := range []struct {
		in   string
		want []string
	}{
		{"true", nil},
		{"false", nil},
		{`"false"`, nil},
		{"~", nil},
		{"{allow: [/#]}", nil},
		{"{deny: [/$/inet, '/#/*/secret'], onDenied: refuse}", nil},
		{"{allow: [/, /*/io.l5d.fs], deny: [/$], onDenied: drop}", nil},
		{"maybe", []string{`5:16: routers[0].servers[0].overrides: must be true or false, not "maybe"`}},
		{"[/#]", []string{`5:16: routers[0].servers[0].overrides: must be true, false, or a group of keys with allow or deny, not a list`}},
		{"{}", []string{`5:16: routers[0].servers[0].overrides: needs allow or deny; write true for no rules, or false to ignore the dtabs of requests`}},
		{"{onDenied: drop}", []string{`5:16: routers[0].servers[0].overrides: needs allow or deny; write true for no rules, or false to ignore the dtabs of requests`}},
		{"{allow: []}", []string{`5:24: routers[0].servers[0].overrides.allow: needs at least one entry, such as /#`}},
		{"{allow: /#}", []string{`5:24: routers[0].servers[0].overrides.allow: must be a list, not "/#"`}},
		{"{allow: [/#], alow: []}", []string{`5:30: routers[0].servers[0].overrides.alow: unknown key (did you mean "allow"?)`}},
		{"{deny: [/svc, /%/io.l5d.port, /#/x, inet]}", []string{
			`5:24: routers[0].servers[0].overrides.deny: "/svc"` + other,
			`5:30: routers[0].servers[0].overrides.deny: "/%/io.l5d.port"` + other,
			`5:52: routers[0].servers[0].overrides.deny: "inet" is not the beginning of a name: '/' expected but 'i' found at '[i]net'`,
		}},
		{"{deny: [[/#]]}", []string{`5:24: routers[0].servers[0].overrides.deny[0]: must be a single value, not a list`}},
		{"{deny: [/#], onDenied: reject}", []string{`5:39: routers[0].servers[0].overrides.onDenied: must be drop or refuse, not "reject"`}},
	} {
		t.Run(row.in, func(t *testing.T) {
			file, err := config.Load("f", []byte(valid+"    overrides: "+row.in+"\n"), config.Builtin())
			if diff := cmp.Diff(row.want, lines(err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err == nil && len(file.Notices) > 0 {
				t.Errorf("notices: %v", file.Notices)
			}
		})
	}
	file, err := config.Load("f", []byte(valid+"    clearContext: true\n    overrides: {allow: [/#]}\n"), config.Builtin())
	if err != nil || len(file.Notices) != 1 || !strings.Contains(file.Notices[0].String(), "with clearContext the server takes no dtab") {
		t.Errorf("beside clearContext: %v, notices %v", err, file.Notices)
	}
}

// TestDefaultOverrides holds the default of overrides against what the articles and
// the documentation of Linkerd do with l5d-dtab, and what Linkerd's example files
// lead to. The default is true because
//
//   - false breaks every row of every article that has an override: staging
//     (V.6, VI.3), tests before a shift of traffic (IV.12 to IV.14) and the check
//     that TLS is on (III.5);
//   - allow: [/#] keeps all these, and breaks what Linkerd's documentation and its
//     own tests do: to name an address. 13 of the 86 example files lead to
//     addresses alone (/$/inet), so that no override could do anything there, and
//     4 to both;
//   - no file names the key, and a file of Linkerd is to run as it did.
//
// What the default leaves open is closed elsewhere: the listeners of the process,
// and for strangers the edge, which has clearContext or overrides: false.
func TestDefaultOverrides(t *testing.T) {
	// The routers of linkerd-ingress.yml, whose transformers change nothing here,
	// with the prefix /tmp of the deploy script.
	const file = `
namers: [{kind: io.l5d.k8s}]
routers:
- protocol: http
  dtab: |
    /srv        => /#/io.l5d.k8s/default/http ;
    /tmp        => /srv ;
    /host       => /srv ;
    /host/world => /srv/world-v1 ;
    /svc        => /host ;
  interpreter: {kind: default, transformers: [{kind: io.l5d.port, port: 4141}]}
  servers: [{port: 0, overrides: POLICY}]
`
	names := new(resolvetest.Namer)
	for _, name := range []string{"/default/http/hello", "/default/http/world-v1", "/default/http/world-v2", "/default/admin/l5d"} {
		names.Bind(name, "10.0.0.1:80")
	}
	kinds := config.Builtin()
	kinds.Namers["io.l5d.k8s"] = func(*config.Decoder) (config.Namer, error) {
		return config.Namer{Prefix: resolve.MustPath("/io.l5d.k8s"), New: config.Ready[resolve.Namer](names)}, nil
	}
	rows := []struct{ name, dtab, id string }{
		{"III.5", "/svc=>/#/io.l5d.k8s/default/admin/l5d;", "/#/io.l5d.k8s/default/admin/l5d"},
		{"IV.12", "/host/world => /tmp/world-v2", "/#/io.l5d.k8s/default/http/world-v2"},
		{"IV.14", "/host/world => 1 * /tmp/world-v2 & 9 * /tmp/world-v1", "/#/io.l5d.k8s/default/http/world-v2"},
		{"V.6", "/host/world => /srv/world-v2;", "/#/io.l5d.k8s/default/http/world-v2"},
		{"VI.3", "/host/world => /srv/world-v2;", "/#/io.l5d.k8s/default/http/world-v2"},
		{"a namer's name", "/#/io.l5d.k8s/default/http/world-v1 => /#/io.l5d.k8s/default/http/world-v2", "/#/io.l5d.k8s/default/http/world-v2"},
		{"an address", "/svc/world => /$/inet/127.0.0.1/18001", "/$/inet/127.0.0.1/18001"},
		{"a status", "/svc/world => /$/io.buoyant.http.status/418", "/$/io.buoyant.http.status/418"},
	}
	everything := func() (all []string) {
		for _, row := range rows {
			all = append(all, row.name)
		}
		return all
	}()
	for policy, breaks := range map[string][]string{
		"~":                 nil,
		"true":              nil,
		"false":             everything,
		"{allow: [/#]}":     {"an address", "a status"},
		"{deny: [/$/inet]}": {"an address"},
		"{deny: ['/#/*/default/admin'], onDenied: refuse}": {"III.5"},
		"{allow: [/#/io.l5d.fs]}":                          everything,
	} {
		t.Run(policy, func(t *testing.T) {
			loaded, err := config.Load("f", []byte(strings.Replace(file, "POLICY", policy, 1)), kinds)
			if err != nil {
				t.Fatal(err)
			}
			mesh, err := loaded.Build(config.BuildOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer mesh.Close(t.Context())
			var broken []string
			for _, row := range rows {
				e := (*hophandler.Handler)(mesh.Servers[0].Handler).ExplainName(t.Context(), resolve.MustPath("/svc/world"), resolve.MustDtab(row.dtab))
				acts := false
				for _, target := range e.Targets {
					acts = acts || target.Bound.String() == "/%/io.l5d.port/4141"+row.id
				}
				if !acts {
					broken = append(broken, row.name)
				}
			}
			if !slices.Equal(broken, breaks) {
				t.Errorf("it breaks %q, want %q", broken, breaks)
			}
		})
	}
}

// TestWhereExamplesLead counts what the dtabs of Linkerd's 86 example files lead to.
func TestWhereExamplesLead(t *testing.T) {
	files, err := filepath.Glob(fixtures + "corpus/*")
	if err != nil || len(files) == 0 {
		t.Skipf("NOT TESTED: the files are not at %scorpus", fixtures)
	}
	got := map[string]int{}
	for _, file := range files {
		if filepath.Base(file) == "README" {
			continue
		}
		got["files"]++
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "overrides:") {
			t.Errorf("%s has the key", file)
		}
		kinds := map[string]bool{}
		for _, dtab := range dtabsIn(t, data) {
			for _, entry := range dtab {
				for leaf := range entry.Dst.Leaves() {
					switch text := leaf.String(); {
					case strings.HasPrefix(text, "/#/"):
						kinds["namers"] = true
					case strings.HasPrefix(text, "/$/inet"), strings.HasPrefix(text, "/$/fixedinet"), strings.HasPrefix(text, "/$/io.buoyant.rinet"):
						kinds["addresses"] = true
					}
				}
			}
		}
		if len(kinds) > 0 {
			got[strings.Join(slices.Sorted(maps.Keys(kinds)), " and ")]++
		}
	}
	want := map[string]int{"files": 86, "namers": 53, "addresses": 13, "addresses and namers": 4} // the others have no dtab, or namerd's
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// dtabsIn are the dtabs of a file's routers and those in JSON of Marathon.
func dtabsIn(t *testing.T, data []byte) (all []resolve.Dtab) {
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				if text, ok := value.(string); ok && (key == "dtab" || key == "baseDtab") {
					if d, err := resolve.ParseDtab(text); err == nil {
						all = append(all, d)
					}
				}
				walk(value)
			}
		case []any:
			for _, value := range v {
				walk(value)
			}
		}
	}
	var document any
	if err := yaml.Load(data, &document); err != nil && json.Unmarshal(data, &document) != nil {
		return nil
	}
	walk(document)
	return all
}
