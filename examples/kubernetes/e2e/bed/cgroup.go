package bed

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// removeCgroups removes what cgroup.sh made. The kernel needs a moment until the
// last process is out of them.
func removeCgroups() error {
	var err error
	for range 50 {
		err = nil
		for _, pattern := range []string{"/sys/fs/cgroup/meshhop-bed-*", "/sys/fs/cgroup/*/meshhop-bed-*"} {
			roots, _ := filepath.Glob(pattern)
			for _, root := range roots {
				err = errors.Join(err, removeTree(root))
			}
		}
		if err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// removeTree removes directories from the deepest up; their files are the kernel's.
func removeTree(root string) error {
	var dirs []string
	if err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	}); err != nil {
		return err
	}
	for _, dir := range slices.Backward(dirs) {
		if err := os.Remove(dir); err != nil {
			return err
		}
	}
	return nil
}
