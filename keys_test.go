package meshhop_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// keysFile is the map from each key of a configuration file to what it is in Go: the
// key with the groups around it, the field or function of a Go program, "-" for what
// has no effect, and the file of proxy/config that reads it, with a tab between them.
const keysFile = "testdata/keys.tsv"

// TestKeys: each key that proxy/config reads stands in the map, with the file that
// reads it, and what a row names in Go is there.
func TestKeys(t *testing.T) {
	read, names := keysRead(t), goNames(t)
	data, err := os.ReadFile(keysFile)
	if err != nil {
		t.Fatal(err)
	}
	mapped := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		fields := strings.Split(line, "\t")
		if len(fields) != 3 || slices.Contains(fields, "") {
			t.Errorf("%s:%d: %d fields, want 3 that are not empty", keysFile, i+1, len(fields))
			continue
		}
		if i == 0 {
			continue // what the columns are
		}
		key, goName, file := fields[0], fields[1], fields[2]
		last := key[strings.LastIndexAny(key, ". ")+1:]
		mapped[last] = true
		if text, err := os.ReadFile("proxy/config/" + file); err != nil || !strings.Contains(string(text), strconv.Quote(last)) {
			t.Errorf("%s:%d: %s does not read the key %s", keysFile, i+1, file, last)
		}
		if goName != "-" && !names[goName] {
			t.Errorf("%s:%d: there is no %s", keysFile, i+1, goName)
		}
	}
	for key, place := range read {
		if !mapped[key] {
			t.Errorf("%s reads a key %s, which is not in %s", place, key, keysFile)
		}
	}
	t.Logf("%d keys", len(mapped))
}

var (
	aKey    = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	aMethod = regexp.MustCompile(`^(Text|Texts|Bool|Int|Float|Duration|Port|IP|Name|Group|Groups|Need|Has|take|pathMatcher|scalar|dtabPlaces)$`)
	aReader = regexp.MustCompile(`^(headerName|sampleRate|kubernetesAccess|read[A-Z].*)$`)
)

// keysRead are the keys that proxy/config reads, each with a file that does: literals
// that are given to methods of a Decoder, and to functions that call these.
func keysRead(t *testing.T) map[string]string {
	t.Helper()
	read := map[string]string{}
	eachFile(t, func(name string, file *ast.File) {
		if path.Dir(name) != "proxy/config" || path.Base(name) == "lint.go" { // which reads files that were read
			return
		}
		add := func(lit ast.Expr) {
			if b, ok := lit.(*ast.BasicLit); ok && b.Kind == token.STRING {
				if key, err := strconv.Unquote(b.Value); err == nil && aKey.MatchString(key) {
					read[key] = name
				}
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				switch f := n.Fun.(type) {
				case *ast.Ident: // readBudget(d, "requeueBudget")
					if (f.Name == "read" || aReader.MatchString(f.Name)) && len(n.Args) > 0 {
						add(n.Args[0])
						if len(n.Args) > 1 {
							add(n.Args[1])
						}
					}
				case *ast.SelectorExpr: // d.Text("label", "http")
					if aMethod.MatchString(f.Sel.Name) && len(n.Args) > 0 && fmt.Sprint(f.X) != "slog" {
						add(n.Args[0])
					}
				}
			case *ast.ValueSpec: // const key = "security"
				if len(n.Names) == 1 && n.Names[0].Name == "key" && len(n.Values) == 1 {
					add(n.Values[0])
				}
			}
			return true
		})
	})
	return read
}

// goNames are the exported names of all packages, with the fields of structs and the
// methods of types: router.Config.Prefix.
func goNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	eachFile(t, func(name string, file *ast.File) {
		dir := path.Dir(name)
		for _, decl := range file.Decls {
			for _, of := range declaredNames(decl) {
				names[dir+"."+of] = true
			}
			general, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range general.Specs {
				of, ok := spec.(*ast.TypeSpec)
				if !ok {
					continue
				}
				if s, ok := of.Type.(*ast.StructType); ok {
					for _, field := range s.Fields.List {
						for _, f := range field.Names {
							names[dir+"."+of.Name.Name+"."+f.Name] = true
						}
					}
				}
			}
		}
	})
	return names
}
