package fs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
)

func ExampleNew() {
	dir, err := os.MkdirTemp("", "names")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "hello"), []byte("127.1 7777\n"), 0o644); err != nil {
		panic(err)
	}

	namer, err := fs.New(fs.Config{RootDir: dir})
	if err != nil {
		panic(err)
	}
	defer namer.Close()
	in, err := resolve.New(resolve.Config{
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/io.l5d.fs"), Namer: namer}},
	})
	if err != nil {
		panic(err)
	}
	tree, err := in.Bind(resolve.MustDtab("/svc => /#/io.l5d.fs"), resolve.MustPath("/svc/hello")).Wait(context.Background())
	if err != nil {
		panic(err)
	}
	replicas, err := tree.Leaf.Addr.Wait(context.Background())
	fmt.Println(tree.Leaf.ID, replicas.Addresses[0].AddrPort, err)
	// Output: /#/io.l5d.fs/hello 127.0.0.1:7777 <nil>
}

func ExampleNewDtab() {
	dir, err := os.MkdirTemp("", "dtab")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "example.dtab")
	if err := os.WriteFile(name, []byte("/svc => /$/fail;\n"), 0o644); err != nil {
		panic(err)
	}

	file, err := fs.NewDtab(fs.DtabConfig{File: name})
	if err != nil {
		panic(err)
	}
	defer file.Close()
	in, err := resolve.New(resolve.Config{Base: file.Dtab()})
	if err != nil {
		panic(err)
	}
	tree, err := in.Bind(nil, resolve.MustPath("/svc/hello")).Wait(context.Background())
	fmt.Println(tree.Op, err)
	// Output: Fail <nil>
}
