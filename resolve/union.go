package resolve

// union computes the state of a union from the states of its branches. Binding a name
// and explaining it both use it.
type union struct {
	known   bool  // a branch is known and is neither Neg nor Fail
	dropped bool  // a branch is Neg or Fail
	failed  error // the error of the first branch that has failed
	pending bool  // a branch is not known yet
	waits   bool  // a branch that is not known yet may still be waited for
}

// add adds the next branch, and reports whether the branch counts.
func (u *union) add(s Status, op Op, err error, waits bool) bool {
	switch s {
	case Pending:
		u.pending, u.waits = true, u.waits || waits
	case Failed:
		if u.failed == nil {
			u.failed = err
		}
	default:
		if op != Neg && op != Fail {
			u.known = true
			return true
		}
		u.dropped = true
	}
	return false
}

// status is OK where the union consists of the branches that count, Failed
// where it has failed as the first branch that has.
func (u *union) status() Status {
	switch {
	case u.waits:
		return Pending
	case u.known:
		return OK
	case u.failed != nil && (u.pending || !u.dropped):
		return Failed
	case u.pending:
		// Neg, which would let an alternate have the name, or a branch that
		// nobody can tell of yet.
		return Pending
	}
	return OK
}

// changes says that the union comes to something else when it no longer waits.
func (u *union) changes() bool { return u.waits && (u.known || u.failed != nil) }
