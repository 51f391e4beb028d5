package main

import (
	"io/fs"
	"os"
	"path/filepath"
)

// leavings is the directory of a package in which property tests that fail keep the values
// that made them fail.
const leavings = "testdata/rapid"

// sweep returns a function that removes what has come to the leavings of a package since:
// what fails because of a mutant says nothing of the code as it is.
func sweep(pkg string) func() {
	dir := filepath.Join(filepath.FromSlash(pkg), filepath.FromSlash(leavings))
	before := below(dir)
	return func() {
		for name := range below(dir) {
			if !before[name] {
				_ = os.RemoveAll(name) // it may have gone with its directory
			}
		}
		_ = os.Remove(filepath.Dir(dir)) // which is refused if something is in it
	}
}

// below has a directory and all that is in it; nothing, if there is none.
func below(dir string) map[string]bool {
	all := map[string]bool{}
	_ = filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err == nil {
			all[name] = true
		}
		return nil
	})
	return all
}
