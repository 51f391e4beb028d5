package resolve

// result is what Bind makes of the answers, with the replicas as they are.
func (x *explanation) result(out outcome) State[NameTree[*BoundState]] {
	s := State[NameTree[*Bound]]{Status: out.status, Value: out.tree, Err: out.err}
	for i := range x.in.transformers {
		if s.Status == OK {
			s = x.transform(i, s.Value)
		}
	}
	if s.Status != OK {
		return State[NameTree[*BoundState]]{Status: s.Status, Err: s.Err}
	}
	return okState(MapTree(s.Value, x.state))
}

// state is a replica set as it is now.
func (x *explanation) state(b *Bound) *BoundState {
	addr := x.addrs.get(b.ID, func() *Activity[Replicas] { return b.Addr })
	x.pending = x.pending || addr.Status == Pending
	return &BoundState{ID: b.ID, Residual: b.Residual, Override: b.Override, Replicas: addr}
}
