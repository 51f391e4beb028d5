package wire_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/wire"
)

// TestNamesAreWrittenOnce: no file of the libraries but names.go spells out the
// name of one of our headers, in whatever case. "b3" is also what a configuration
// calls the format.
func TestNamesAreWrittenOnce(t *testing.T) {
	ours := map[string]bool{}
	for _, name := range names {
		ours[strings.ToLower(name)] = name != wire.B3Name
	}
	root := filepath.Join("..", "..")
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == "examples" || name == "internal/wire" || name != "." && strings.HasPrefix(path.Base(name), ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(name)), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			if text, err := strconv.Unquote(lit.Value); err == nil && ours[strings.ToLower(text)] {
				t.Errorf("%s has the header name %s: write headers.…Name instead", name, lit.Value)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
