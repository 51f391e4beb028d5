package resolve

// union computes the state of a union from the states of its branches. Binding a name
// and explaining it both use it.
type union struct {
	known   bool  // a branch is known and is neither Neg nor Fail
	dropped bool  // a branch is Neg or Fail
	failed  error // the error of the first branch that has failed
	pending bool  // a branch is not known yet
	waits   bool  // the union still waits for a branch that is not known yet
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

// status is OK if the union consists of the branches that count, and Failed if it
// fails with the error of the first branch that has failed.
func (u *union) status() Status {
	switch {
	case u.waits:
		return Pending
	case u.known:
		return OK
	case u.failed != nil && (u.pending || !u.dropped):
		return Failed
	case u.pending:
		// It will be Neg, and the next alternate counts, or a branch that is not
		// known yet.
		return Pending
	}
	return OK
}

// changes reports whether the union has another outcome once it no longer waits.
func (u *union) changes() bool { return u.waits && (u.known || u.failed != nil) }
