package meshhop_test

import (
	"flag"
	"go/ast"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/api.txt")

// apiFile holds the exported names that a user can import: those of package scope
// and the methods of exported types, one a line. A change of the API is a change of
// this file in the same commit.
const apiFile = "testdata/api.txt"

func TestAPI(t *testing.T) {
	names, top := exportedNames(t)
	t.Logf("%d exported names of package scope, %d with methods", top, len(names))
	if *update {
		if err := os.WriteFile(apiFile, []byte(strings.Join(names, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(apiFile)
	if err != nil {
		t.Fatal(err)
	}
	held := strings.Fields(string(data))
	var diff strings.Builder
	for _, name := range held {
		if _, found := slices.BinarySearch(names, name); !found {
			diff.WriteString("\n- " + name)
		}
	}
	for _, name := range names {
		if !slices.Contains(held, name) {
			diff.WriteString("\n+ " + name)
		}
	}
	if diff.Len() == 0 && !slices.Equal(held, names) {
		diff.WriteString("\nthe same names in another order, or a name twice")
	}
	if diff.Len() > 0 {
		t.Errorf("the exported names are not those of %s:%s\n\nIf that is meant: go test -run TestAPI . -update", apiFile, &diff)
	}
}

// exportedNames lists the names, sorted, and counts those of package scope.
func exportedNames(t *testing.T) (names []string, top int) {
	t.Helper()
	all := make(map[string]bool) // a name may be declared in a file for each system
	eachFile(t, func(name string, file *ast.File) {
		dir := path.Dir(name)
		if free(dir) || onlyInside(dir) || dir == "." || file.Name.Name == "main" {
			return
		}
		for _, decl := range file.Decls {
			for _, of := range declaredNames(decl) {
				if !strings.Contains(of, ".") && !all[dir+"."+of] {
					top++
				}
				all[dir+"."+of] = true
			}
		}
	})
	return slices.Sorted(maps.Keys(all)), top
}

// onlyInside says whether programs outside the module cannot import the package.
func onlyInside(dir string) bool {
	return slices.Contains(strings.Split(dir, "/"), "internal")
}

// declaredNames are the exported names of one declaration: Name, or Type.Method.
func declaredNames(decl ast.Decl) (names []string) {
	add := func(name string) {
		if ast.IsExported(name[strings.LastIndexByte(name, '.')+1:]) && ast.IsExported(name) {
			names = append(names, name)
		}
	}
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil {
			add(decl.Name.Name)
		} else {
			add(receiverName(decl.Recv.List[0].Type) + "." + decl.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					add(name.Name)
				}
			case *ast.TypeSpec:
				add(spec.Name.Name)
				if of, ok := spec.Type.(*ast.InterfaceType); ok {
					for _, method := range of.Methods.List {
						for _, name := range method.Names {
							add(spec.Name.Name + "." + name.Name)
						}
					}
				}
			}
		}
	}
	return names
}

// receiverName is the name of a method's type, without its star and type parameters.
func receiverName(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return receiverName(of.X)
	case *ast.IndexExpr:
		return receiverName(of.X)
	case *ast.IndexListExpr:
		return receiverName(of.X)
	case *ast.Ident:
		return of.Name
	}
	return "" // Go has no other
}
