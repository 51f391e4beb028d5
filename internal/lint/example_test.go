package lint_test

import (
	"fmt"

	"github.com/meshhop/meshhop/internal/lint"
	"github.com/meshhop/meshhop/resolve"
)

func ExampleDtab() {
	const dtab = "/svc/web => /#/io.l5d.fs/web ; /svc => /$/inet/127.1/8080 | /#/io.l5d.fs"
	found, err := lint.Dtab(dtab, lint.Config{
		Namers:    []lint.Namer{{Prefix: resolve.MustPath("/#/io.l5d.fs"), Answers: lint.NoOtherName}},
		Utilities: map[string]func(resolve.Path) lint.Answers{"inet": lint.AlwaysBound.ForAll},
	})
	if err != nil {
		panic(err)
	}
	for _, f := range found {
		fmt.Println(f.Pos, f.Kind)
		fmt.Println(" ", f.Problem)
		fmt.Println(" ", f.Advice)
	}
	// Output:
	// 0 swallowed
	//   the entry is never used: the later /svc=>/$/inet/127.1/8080 | /#/io.l5d.fs matches all of its names and is never Neg
	//   move it below that one
	// 60 unreached
	//   /#/io.l5d.fs is never tried: /$/inet/127.1/8080 before it is never Neg, even with nobody there
	//   put it first, or delete it
}

func ExampleKinds() {
	fmt.Println(lint.Kinds())
	// Output: [loop zero-weight lone-weight shadowed swallowed unreached unreachable no-route no-namer unknown-name plain-traffic not-checked]
}
