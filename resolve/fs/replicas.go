package fs

import (
	"context"
	"fmt"
	"os"
	"path"

	"github.com/meshhop/meshhop/resolve"
)

// maxHosts bounds how many hosts of one file are looked up.
const maxHosts = 1000

// replicas keeps reading the file of that name.
func (n *Namer) replicas(id resolve.Path) *resolve.Activity[resolve.Replicas] {
	return resolve.NewActivity(func(ctx context.Context, set func(resolve.State[resolve.Replicas])) {
		ctx, leave, ok := n.enter(ctx)
		if !ok {
			set(resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errClosed{n.dir}})
			return
		}
		defer leave()
		hosts := newHosts(ctx, n, id, set)
		defer hosts.work.Wait() // its look-ups end with ctx
		file := path.Join(id.Labels()...)
		n.keep(ctx, func(s *sub, last content) (content, bool) { return n.read(s, file, last) }, hosts.update)
	})
}

// read reads the file of a name. It gives last if that is still what is there.
func (n *Namer) read(s *sub, file string, last content) (now content, fresh bool) {
	way := n.way(s)
	defer way.done()
	top := way.to(n.dir, false)
	walked := way.below(top, n.dir, file)
	root, err := os.OpenRoot(n.dir)
	if err != nil {
		return content{read: true, err: fmt.Sprintf("fs: root directory: %v", err)}, false
	}
	defer root.Close()
	var f *os.File
	err = walked.retry(file, func(name string) (err error) {
		f, err = root.OpenFile(name, readOnly, 0)
		return err
	})
	if err != nil {
		return content{read: true, err: fmt.Sprintf("fs: read: %v", err)}, false
	}
	defer f.Close()
	return contentOf(f, file, last)
}
