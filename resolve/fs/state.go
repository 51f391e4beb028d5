package fs

import (
	iofs "io/fs"
	"path"
	"path/filepath"
	"time"
)

// State is what is in the directory now and what happened to it, as a value to
// be shown as JSON. It has the form of Linkerd's page (WatchingNamer.scala): a
// directory has events, state, whose value has the text of each file, and the
// same of each directory in it under its name.
func (n *Namer) State() any {
	var state any
	if err := n.list(func(l *listing) { state = n.dirState(l, ".", 1) }); err != nil {
		return map[string]string{"error": err.Error()}
	}
	return state
}

func (n *Namer) dirState(l *listing, dir string, depth int) map[string]any {
	files := make(map[string]string)
	all := make(map[string]any)
	l.each(dir, func(entry string, info iofs.FileInfo) {
		name := path.Join(dir, entry)
		switch {
		case info.Mode().IsRegular():
			files[entry] = l.textOf(name)
		case info.IsDir() && depth < maxDepth:
			all[entry] = n.dirState(l, name, depth+1)
		}
	})
	physical, err := filepath.EvalSymlinks(filepath.Join(n.dir, dir))
	if err != nil {
		physical = n.dir
	}
	h, watched := n.historyOf(physical)
	all["events"] = map[string]any{"lastEventKind": orNull(h.kind), "lastEventName": orNull(h.name), "lastEventAt": stamp(h.at)}
	all["state"] = map[string]any{"running": watched, "lastStartedAt": stamp(h.since), "lastUpdatedAt": stamp(h.at), "value": files}
	return all
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// stamp is a time in Linkerd's form, nil if it never came.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02 15:04:05 -0700")
}
