package meshhop_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// vectorsFile is the table of what Linkerd 1.x does with given inputs, one row each:
// number, area, input, expected, source, with a tab between them.
const vectorsFile = "testdata/vectors.tsv"

// TestVectors: each vector that a test names stands in the table. It logs the rows
// that no test names.
func TestVectors(t *testing.T) {
	data, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	named := vectorsInTests(t)
	var rows, unnamed []string
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		fields := strings.Split(line, "\t")
		if len(fields) != 5 || slices.Contains(fields, "") {
			t.Errorf("%s:%d: %d fields, want 5 that are not empty", vectorsFile, i+1, len(fields))
			continue
		}
		if i == 0 {
			continue // what the columns are
		}
		if slices.Contains(rows, fields[0]) {
			t.Errorf("%s:%d: the number %s is there twice", vectorsFile, i+1, fields[0])
		}
		rows = append(rows, fields[0])
		if named[fields[0]] == "" {
			unnamed = append(unnamed, fields[0])
		}
	}
	for number, place := range named {
		if !slices.Contains(rows, number) {
			t.Errorf("%s names vector %s, which is not in %s", place, number, vectorsFile)
		}
	}
	t.Logf("tests name %d of %d vectors; not %s", len(rows)-len(unnamed), len(rows), strings.Join(unnamed, ", "))
}

// vectorsInTests finds the vectors that tests name, and one place for each.
func vectorsInTests(t *testing.T) map[string]string {
	t.Helper()
	named := make(map[string]string)
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && strings.HasPrefix(path.Base(name), ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		add := func(at token.Pos, numbers ...string) {
			for _, number := range numbers {
				if named[number] == "" {
					named[number] = set.Position(at).String()
				}
			}
		}
		for _, group := range file.Comments {
			add(group.Pos(), numbersIn(group.Text())...)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				add(n.Pos(), numbersIn(n.Value)...)
			case *ast.CompositeLit:
				for _, lit := range vectorFields(n) {
					add(lit.Pos(), startOf(lit)...)
				}
			case *ast.RangeStmt: // for vector, what := range map[string]string{...}
				table, ok := n.X.(*ast.CompositeLit)
				if key, isName := n.Key.(*ast.Ident); ok && isName && key.Name == "vector" {
					for _, row := range table.Elts {
						if pair, ok := row.(*ast.KeyValueExpr); ok {
							if lit, ok := pair.Key.(*ast.BasicLit); ok {
								add(lit.Pos(), startOf(lit)...)
							}
						}
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return named
}

// vectorFields are the values of the field vector in a literal slice of structs.
func vectorFields(table *ast.CompositeLit) (values []*ast.BasicLit) {
	array, ok := table.Type.(*ast.ArrayType)
	if !ok {
		return nil
	}
	row, ok := array.Elt.(*ast.StructType)
	if !ok {
		return nil
	}
	at, of := -1, 0
	for _, field := range row.Fields.List {
		for _, name := range field.Names {
			if name.Name == "vector" {
				at = of
			}
			of++
		}
	}
	if at < 0 {
		return nil
	}
	for _, elt := range table.Elts {
		lit, ok := elt.(*ast.CompositeLit)
		if !ok {
			continue
		}
		for i, value := range lit.Elts {
			if pair, ok := value.(*ast.KeyValueExpr); ok {
				if key, ok := pair.Key.(*ast.Ident); !ok || key.Name != "vector" {
					continue
				}
				value = pair.Value
			} else if i != at {
				continue
			}
			if lit, ok := value.(*ast.BasicLit); ok {
				values = append(values, lit)
			}
		}
	}
	return values
}

var (
	vectorList = regexp.MustCompile(`(?i)\bvectors?\s+(\d+[a-z]?(?:(?:\s+to\s+|-|,\s*|\s+and\s+)\d+[a-z]?)*)\b`)
	aNumber    = regexp.MustCompile(`(to\s+|-)?(\d+[a-z]?)`)
	aStart     = regexp.MustCompile(`^\d+[a-z]?\b`)
)

// numbersIn are the vectors that a text names: "vector 7b", "vectors 218 to 220".
func numbersIn(text string) (numbers []string) {
	for _, list := range vectorList.FindAllStringSubmatch(text, -1) {
		for _, one := range aNumber.FindAllStringSubmatch(list[1], -1) {
			if last, err := strconv.Atoi(one[2]); one[1] != "" && err == nil && len(numbers) > 0 {
				first, _ := strconv.Atoi(numbers[len(numbers)-1])
				for n := first + 1; n < last; n++ {
					numbers = append(numbers, strconv.Itoa(n))
				}
			}
			numbers = append(numbers, one[2])
		}
	}
	return numbers
}

// startOf is the vector that a value begins with: "7b", 143, "223 the dtab is missing".
func startOf(lit *ast.BasicLit) []string {
	text := lit.Value
	if s, err := strconv.Unquote(text); err == nil {
		text = s
	}
	if number := aStart.FindString(text); number != "" && number != "0" {
		return []string{number}
	}
	return nil
}
