package fs_test

import (
	"fmt"
	"testing"

	"github.com/meshhop/meshhop/resolve/fs"
)

// The time from the write of a file until its observer has the new address,
// of which 10 ms are waiting for the writer to be done.
func BenchmarkChange(b *testing.B) {
	d := newDir(b, fs.Config{})
	for i := range 100 {
		d.write(fmt.Sprintf("other%d", i), "127.1 80")
		look(b, d, fmt.Sprintf("/other%d", i)).await(fmt.Sprintf("/other%d /", i), "127.0.0.1:80*1")
	}
	d.write("web", "127.1 1")
	v := look(b, d, "/web")
	for i := 0; b.Loop(); i++ {
		port := 1 + i%60000
		d.write("web", fmt.Sprintf("127.1 %d", port))
		v.await("/web /", fmt.Sprintf("127.0.0.1:%d*1", port))
	}
}
