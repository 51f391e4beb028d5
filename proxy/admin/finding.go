package admin

// A Finding is something in the configuration that is surely not meant as it is written,
// such as an entry of a dtab that no name leads to, or that its author should know.
type Finding struct {
	Where string // where it stands, such as "linkerd.yaml:5:11: routers[0].dtab"
	Kind  string // such as "shadowed"; empty: a notice
	Text  string // what is wrong, and what to write instead
	Error bool   // requests must fail; else something has no effect, or another one than it seems to have
}

// String returns where it stands and what is wrong.
func (f Finding) String() string {
	if f.Where == "" {
		return f.Text
	}
	return f.Where + ": " + f.Text
}
