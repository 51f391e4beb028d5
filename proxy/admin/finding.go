package admin

// A Finding is something in the configuration that is surely not meant as it is written,
// such as an entry of a dtab that no name leads to.
type Finding struct {
	Where string // where it stands, such as "linkerd.yaml:5:11"
	Kind  string // such as "shadowed"
	Text  string // what is wrong, and what to write instead
	Error bool   // requests must fail; else something has no effect, or another one than it seems to have
}
