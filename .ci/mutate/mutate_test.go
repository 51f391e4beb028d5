package main

import (
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const sample = `package p

import "fmt"

// f is not changed in its comment.
func f(a, b int) (ok bool, err error) {
	if a < b && !ok {
		fmt.Println("a + b")
	}
	switch a {
	case 1, 2:
		a++
	}
	return true, err
}
`

func TestChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.go")
	if err := os.WriteFile(file, []byte(sample), 0o644); err != nil {
		t.Fatal(err)
	}
	var all packages
	if err := all.add(file); err != nil {
		t.Fatal(err)
	}
	var got []string
	draw := all.draw(rand.New(rand.NewPCG(1, 0)))
	for m, ok := draw(); ok; m, ok = draw() {
		got = append(got, strings.TrimPrefix(m.String(), file+":"))
		if text := string(m.mutated()); text == sample || len(text) < len(sample)/2 {
			t.Errorf("%s makes %q", m, text)
		}
	}
	slices.Sort(got)
	want := []string{
		"11: , 2 -> (nothing)", "11: 1 -> 2", "11: 2 -> 3",
		"12: a++ -> (nothing)",
		"14: err -> nil", "14: true -> false",
		"7: ! -> (nothing)", "7: && -> ||", "7: < -> <=",
		"7: a < b && !ok -> (a < b && !ok) && false", "7: a < b && !ok -> (a < b && !ok) || true",
		`8: fmt.Println("a + b") -> (nothing)`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestList(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("p.go", []byte(sample), 0o644); err != nil {
		t.Fatal(err)
	}
	list, err := parseList("list", "# a comment\n\none .\n- a++\n+\n\ntwo .\n- case 1, 2:\n- a++\n+ case 2:\ntests: ./a ./b\n\nthree .\n- a < b\n+ a > b\nequivalent: so it is\n")
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	for i, want := range []string{"p.go:12: a++ -> (nothing)", "p.go:11: case 1, 2: a++ -> case 2:", "p.go:7: a < b -> a > b"} {
		if got := list[i].String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if !slices.Equal(list[1].tests, []string{"./a", "./b"}) || list[2].equivalent != "so it is" {
		t.Errorf("%+v", list[1:])
	}
	for text, want := range map[string]string{
		"gone .\n- a--\n+\n":    "list: gone: . has 0 times\n\ta--",
		"twice .\n- ok\n+ no\n": "list: twice: . has 2 times\n\tok",
		"none .\n+ no\n":        "list: none: nothing is said to be changed",
		"odd p.go and more\n":   `list: cannot read "odd p.go and more"`,
	} {
		if _, err := parseList("list", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %s", text, err, want)
		}
	}
}

const sizesSample = `package p

func f(ctx context.Context, n int) {
	ctx, cancel := context.WithTimeout(ctx, 5)
	defer cancel()
	ctx, other := context.WithCancel(ctx)
	defer other()
	defer timer.Stop()
	a := make([]int, 3, 4*n)
	m := make(map[int]int, n+1)
	c := make(chan int, 6)
	b.Grow(7)
	return math.Inf(-1), strconv.ParseInt(s, 10, 64)
}
`

// TestMeaningless: what makes no difference is not changed.
func TestMeaningless(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.go")
	if err := os.WriteFile(file, []byte(sizesSample), 0o644); err != nil {
		t.Fatal(err)
	}
	var all packages
	if err := all.add(file); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range all.lines {
		for _, m := range l.mutants {
			got = append(got, strings.TrimPrefix(m.String(), file+":"))
		}
	}
	slices.Sort(got)
	want := []string{"11: 6 -> 7", "13: 10 -> 11", "13: 64 -> 65", "4: 5 -> 6", "7: defer other() -> (nothing)", "9: 3 -> 4"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestSweep: what a failing property test leaves is removed, and nothing else.
func TestSweep(t *testing.T) {
	for _, before := range [][]string{
		{"p/p.go"},
		{"p/p.go", "p/testdata/other"},
		{"p/p.go", "p/testdata/rapid/TestA/1.fail"},
	} {
		t.Chdir(t.TempDir())
		write := func(name string) {
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, nil, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range before {
			write(name)
		}
		want := below("p")
		sweep := sweep("./p")
		write("p/testdata/rapid/TestA/2.fail")
		write("p/testdata/rapid/TestB/1.fail")
		sweep()
		if got := below("p"); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}
