package router

import "github.com/meshhop/meshhop/resolve"

// based is an interpreter with a dtab of its own; see Config.Interpreter.
type based interface {
	Base() *resolve.Activity[resolve.Dtab]
}

// baseDtab is the dtab that the names of all requests are looked up in: the
// interpreter's own, and the router's.
type baseDtab struct {
	dtab resolve.Dtab
	text string // as spans show it
}

func newBaseDtab(own, configured resolve.Dtab) *baseDtab {
	dtab := own.Append(configured...)
	return &baseDtab{dtab, dtab.String()}
}

// followBase keeps the base dtab up to date until stop is called. While the
// interpreter's own is broken it stays what it was, as bindings do.
func (r *Router) followBase() (stop func()) {
	r.base.Store(newBaseDtab(nil, r.config.Dtab))
	in, ok := r.config.Interpreter.(based)
	if !ok || in.Base() == nil {
		return func() {}
	}
	return in.Base().Observe(func(s resolve.State[resolve.Dtab]) {
		if s.Status == resolve.OK {
			r.base.Store(newBaseDtab(s.Value, r.config.Dtab))
		}
	})
}
