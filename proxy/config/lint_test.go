package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/meshhop/meshhop/internal/lint"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
)

const withFS = "namers: [{kind: io.l5d.fs, rootDir: .}]\n" + valid

func findings(t *testing.T, text string) []string {
	t.Helper()
	file, err := config.Load("f", []byte(text), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range file.Lint() {
		all = append(all, strings.TrimPrefix(f.String(), "f:"))
	}
	return all
}

// TestLint has every kind of finding, told with its place in every form that
// YAML has for a text.
func TestLint(t *testing.T) {
	for _, row := range []struct {
		name, in string
		want     []string
	}{
		{"nothing", valid, nil},
		{"a loop", withFS + "  dtab: |\n    # of the shop\n    /svc => /a ;\n\n    /a   => /b ; # and back\n    /b   => /a ;\n", []string{
			"11:13: routers[0].dtab: error: names below /a are rewritten for ever: /a => /b => /a; have one of these entries lead to a namer or an address instead [loop]"}},
		{"a loop that is a fallback", withFS + "  dtab: |\n    /svc => /#/io.l5d.fs |\n            /svc\n", []string{
			"8:13: routers[0].dtab: warning: names below /svc are rewritten for ever, where what is tried before is Neg: /svc => /svc; /svc matches what it leads to; lead to a name that it does not match [loop]"}},
		{"no weights", withFS + "  dtab: >-\n    /svc/a => /#/io.l5d.fs/a;\n    /svc => 0 * /#/io.l5d.fs/a &\n      0 * /#/io.l5d.fs/b\n", []string{
			"8:13: routers[0].dtab: error: no branch of 0*/#/io.l5d.fs/a & 0*/#/io.l5d.fs/b has a weight above zero, so requests that come here fail; give a branch a weight, or write ! to refuse requests [zero-weight]"}},
		{"a weight alone", withFS + "  dtab: '/svc => 0.1 * /#/io.l5d.fs/b | /#/io.l5d.fs/a'\n", []string{
			"6:18: routers[0].dtab: warning: the weight in 0.1 * /#/io.l5d.fs/b has no effect: nothing stands beside it to share with; join it to others by &, or leave the weight out [lone-weight]"}},
		{"an entry that is shadowed", withFS + "  dtab: /svc => /#/io.l5d.fs; /svc => /$/inet/127.1/80\n", []string{
			"6:9: routers[0].dtab: warning: the entry is never used: the later /svc=>/$/inet/127.1/80 has the same prefix and is never Neg (line 6); delete one of the two, or have the later one lead to a namer, which can be Neg [shadowed]"}},
		{"an entry that stands twice", withFS + "  dtab: |-\n      /svc => /#/io.l5d.fs\n      ;/svc=>/#/io.l5d.fs\n", []string{
			"7:7: routers[0].dtab: warning: the entry has no effect: it stands again later (line 8); delete one of the two [shadowed]"}},
		{"an override that is swallowed", withFS + "  dtab: |\n    /svc/web => /#/io.l5d.fs/web-v2 ;\n    /svc/* => /$/inet/127.1/80 ;\n", []string{
			"7:5: routers[0].dtab: warning: the entry is never used: the later /svc/*=>/$/inet/127.1/80 matches all of its names and is never Neg (line 8); move it below that one [swallowed]"}},
		{"an alternate that is never tried", withFS + "  dtab: \"/svc => /$/inet/127.1/80 | /#/io.l5d.fs\"\n", []string{
			"6:37: routers[0].dtab: warning: /#/io.l5d.fs is never tried: /$/inet/127.1/80 before it is never Neg, even with nobody there; put it first, or delete it [unreached]"}},
		{"no namer", withFS + "  dtab: |\n    /svc => /#/io.l5d.fss | /#/io.l5d.consul/dc1 | /#/io.l5d.fs\n", []string{
			`7:13: routers[0].dtab: warning: no namer is configured for /#/io.l5d.fss: names there mean nothing; did you mean "/#/io.l5d.fs"? [no-namer]`,
			`7:29: routers[0].dtab: warning: no namer is configured for /#/io.l5d.consul/dc1: names there mean nothing; configure one, or delete the name [no-namer]`}},
		{"a name that is misspelt", withFS + "  dtab: |\n    /host => /#/io.l5d.fs ;\n    /svc => /hots ;\n", []string{
			`8:13: routers[0].dtab: warning: nothing is known of /hots: no entry matches it, and no namer is asked; did you mean "/host"? [unknown-name]`}},
		{"an entry that is misspelt", withFS + "  dtab: |\n    /host => /#/io.l5d.fs ;\n    /svc => /host ;\n    /hots/world => /host/world-v1 ;\n", []string{
			`9:5: routers[0].dtab: warning: nothing but a request's own dtab can lead to /hots/world; did you mean "/host"? [unreachable]`}},
		{"names of another identifier", withFS + "  dtab: |\n    /svc/1.1/GET => /#/io.l5d.fs/read ;\n    /svc => /#/io.l5d.fs ;\n", []string{
			"7:5: routers[0].dtab: warning: no request has a name that /svc/1.1/GET matches: it is /svc/*; write it as the identifier makes names, or change the identifier [unreachable]"}},
		{"another prefix", withFS + "  dtab: /http/1.1 => /#/io.l5d.fs\n", []string{
			"6:9: routers[0].dtab: warning: no entry matches the name of any request, which is /svc/*; write an entry for it [no-route]"}},
		{"two routers and an alias", "routers:\n- protocol: http\n  servers: [{port: 1}]\n  dtab: &d |\n    /svc => /svc\n- protocol: http\n  label: b\n  servers: [{port: 2}]\n  dtab: *d\n", []string{
			"5:13: routers[0].dtab: error: names below /svc are rewritten for ever: /svc => /svc; /svc matches what it leads to; lead to a name that it does not match [loop]",
			"5:13: routers[1].dtab: error: names below /svc are rewritten for ever: /svc => /svc; /svc matches what it leads to; lead to a name that it does not match [loop]"}},
		{"text that the file does not have as it is", valid + "  dtab: \"/svc\\x20=> /svc\"\n", []string{
			"5:9: routers[0].dtab: error: names below /svc are rewritten for ever: /svc => /svc; /svc matches what it leads to; lead to a name that it does not match [loop]"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			expectLines(t, row.want, findings(t, row.in)...)
		})
	}
}

// TestLintKnowsNames: which names requests can have depends on the identifier.
func TestLintKnowsNames(t *testing.T) {
	for _, row := range []struct {
		identifier, dtab string
		want             string // the kind of the finding
	}{
		{"", "/svc/web => $", ""},
		{"", "/svc/a/b => $", "no-route"},
		{"dstPrefix: /http", "/svc => $", "no-route"},
		{"dstPrefix: /http", "/http/x => $", ""},
		{"identifier: {kind: io.l5d.header.token}", "/svc/a/b => $", "no-route"},
		{"identifier: {kind: io.l5d.header}", "/svc/a/b/c => $", ""},
		{"identifier: {kind: io.l5d.path}", "/svc/a/b => $", "no-route"},
		{"identifier: {kind: io.l5d.path, segments: 2}", "/svc/a/b => $", ""},
		{"identifier: {kind: io.l5d.path, segments: 2}", "/svc/a/b/c => $", "no-route"},
		{"identifier: {kind: io.l5d.path, segments: 2147483647}", "/svc/a/b/c => $", ""},
		{"identifier: {kind: io.l5d.methodAndHost}", "/svc/1.1/GET/web => $ ; /svc/1.0/GET => $", ""},
		{"identifier: {kind: io.l5d.methodAndHost}", "/svc/1.1/GET/web/x => $", "no-route"},
		{"identifier: {kind: io.l5d.methodAndHost, httpUriInDst: true}", "/svc/1.1/GET/web/x => $", ""},
		{"identifier: {kind: io.l5d.methodAndHost}", "/svc/GET => $", "no-route"},
		{"identifier: {kind: io.l5d.static, path: /a/b}", "/svc/a => $", ""},
		{"identifier: {kind: io.l5d.static, path: /a/b}", "/svc/b => $", "no-route"},
		{"identifier: [{kind: io.l5d.static, path: /a}, {kind: io.l5d.static, path: /b}]", "/svc/b => $", ""},
		{"identifier: [{kind: io.l5d.static, path: /a}, {kind: io.l5d.header}]", "/svc/x/y/z => $", ""},
	} {
		t.Run(row.identifier+" "+row.dtab, func(t *testing.T) {
			got := ""
			for _, f := range findings(t, valid+"  dtab: '"+row.dtab+"'\n  "+row.identifier+"\n") {
				got = f[strings.LastIndexByte(f, '[')+1 : len(f)-1]
			}
			if got != row.want {
				t.Errorf("found %q, want %q", got, row.want)
			}
		})
	}
}

// TestLintKnowsUtilities: which names below /$ leave the turn to the next.
func TestLintKnowsUtilities(t *testing.T) {
	for _, row := range []struct {
		name    string
		certain bool
	}{
		{"/$/inet/h/80", true}, {"/$/inet", true}, {"/$/fixedinet/h/80", true}, {"/$/nil", true}, {"/$/fail/x", true},
		{"/$/io.buoyant.rinet/80/h", true}, {"/$/io.buoyant.rinet/80", false}, {"/$/io.buoyant.rinet", false},
		{"/$/io.buoyant.http.status/404", true}, {"/$/io.buoyant.http.status/404/x", true}, {"/$/io.buoyant.http.status/600", false},
		{"/$/io.buoyant.http.status/x", false}, {"/$/io.buoyant.http.status", false}, {"/$/io.buoyant.hostportPfx/a", false},
		{"/$/io.buoyant.http.anyHost/a", false}, {"/#/io.l5d.fs/x", false}, {"/#/io.l5d.dnssrv/x", false}, {"/#/r/x", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := findings(t, "namers: [{kind: io.l5d.fs, rootDir: .}, {kind: io.l5d.dnssrv}, {kind: io.l5d.rewrite, prefix: /r, pattern: /x, name: /y}]\n"+
				valid+"  dtab: /svc => "+row.name+" | /#/io.l5d.fs\n")
			certain := len(got) == 1 && strings.HasSuffix(got[0], "[unreached]")
			if certain != row.certain || !certain && got != nil {
				t.Errorf("found %q", got)
			}
		})
	}
}

// TestLintLeavesOthersAlone: the dtab of another interpreter is not all that
// it goes by, and namers of other kinds may answer anything.
func TestLintLeavesOthersAlone(t *testing.T) {
	kinds := config.Builtin()
	kinds.Interpreters["test"] = kinds.Interpreters["default"]
	kinds.Namers["test"] = func(*config.Decoder) (config.Namer, error) {
		return config.Namer{Prefix: resolve.MustPath("/test")}, nil
	}
	for _, text := range []string{
		valid + "  dtab: /svc => /svc\n  interpreter: {kind: test}\n",
		"namers: [{kind: test}]\n" + valid + "  dtab: /svc => /#/test ; /host => $\n",
	} {
		file, err := config.Load("f", []byte(text), kinds)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range file.Lint() {
			t.Errorf("%s\n%s", text, f)
		}
	}
}

// TestNoFalseAlarms: nothing is wrong with any dtab of Linkerd's examples, nor
// of ours.
func TestNoFalseAlarms(t *testing.T) {
	ours, err := filepath.Glob("../../examples/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range ours {
		if filepath.Base(file) == "warned.yaml" {
			continue // has its faults on purpose, for the README
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := config.Load(file, data, config.Builtin())
		if err != nil {
			continue // wrong.yaml, and told in the README
		}
		for _, f := range loaded.Lint() {
			t.Error(f)
		}
	}
	theirs, err := filepath.Glob(fixtures + "*/*.y*ml")
	if err != nil {
		t.Fatal(err)
	}
	if len(theirs) == 0 {
		t.Skipf("NOT TESTED: Linkerd's example files are not at %s", fixtures)
	}
	dtabs := 0
	for _, file := range theirs {
		dtabs += lintDtabs(t, file)
	}
	if dtabs < 40 {
		t.Errorf("there were only %d dtabs", dtabs)
	}
}

// lintDtabs looks at each dtab of a file, whether it loads or not: everything
// below /#/ and /$/ is there, and namers do as those of the kinds here.
func lintDtabs(t *testing.T, file string) (dtabs int) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(file, "linkerd-examples/k8s-") {
		if data = configMap(t, data); data == nil {
			return 0
		}
	}
	var top struct {
		Namers  []struct{ Kind, Prefix string }
		Routers []struct {
			Dtab      string
			DstPrefix string `yaml:"dstPrefix"`
		}
	}
	if err := yaml.Unmarshal(data, &top); err != nil {
		t.Fatal(file, err)
	}
	c := lint.Config{Utilities: map[string]func(resolve.Path) lint.Answers{"inet": lint.AlwaysBound.ForAll}}
	for _, name := range []string{"io.buoyant.rinet", "io.buoyant.porthostPfx", "io.buoyant.http.domainToPathPfx", "io.buoyant.http.anyMethodPfx"} {
		c.Utilities[name] = lint.AnyAnswer.ForAll
	}
	for _, n := range top.Namers {
		namer := lint.Namer{Answers: lint.NoOtherName}
		switch {
		case n.Prefix != "":
			namer.Prefix = resolve.MustPath("/#" + n.Prefix)
		default:
			namer.Prefix = resolve.MustPath("/#/" + n.Kind)
		}
		if n.Kind == "io.l5d.rewrite" {
			namer.Answers = lint.AnyAnswer
		}
		c.Namers = append(c.Namers, namer)
	}
	for _, r := range top.Routers {
		if r.Dtab == "" {
			continue
		}
		dtabs++
		prefix, err := resolve.ParsePrefix("/svc")
		if r.DstPrefix != "" {
			prefix, err = resolve.ParsePrefix(r.DstPrefix)
		}
		if err != nil {
			t.Fatal(file, err)
		}
		c.Requests = []lint.Names{{Prefix: prefix}}
		found, err := lint.Dtab(r.Dtab, c)
		if err != nil {
			t.Error(file, err)
		}
		for _, f := range found {
			t.Errorf("%s: %s\n%s: %s", file, r.Dtab, f.Kind, f.Problem)
		}
	}
	return dtabs
}
