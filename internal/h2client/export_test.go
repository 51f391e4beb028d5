package h2client

// Addr is the address in messages.
func Addr(t *Transport) string { return t.config.Addr }
