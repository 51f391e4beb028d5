package router

import "github.com/meshhop/meshhop/internal/routerview"

// View is for the hop's own packages, such as proxy/admin: what they see of a router that
// no program needs.
func (r *Router) View() routerview.View { return view{r} }

// view is a router with the methods of [routerview.View], which stand beside what they
// read.
type view struct{ *Router }
