package admin

// Kept returns how many series of Admins that were retired are kept.
func (a *Admin) Kept() int {
	h := a.collector.history
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.past)
}
