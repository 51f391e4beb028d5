//go:build !linux

package h1

// lot is for systems on which connections are parked.
type lot struct{}

func (*lot) init(*Server)            {}
func (*lot) open(*conn)              {}
func (*lot) park(*conn) bool         { return false }
func (*lot) take(space uint64) *conn { return nil }
func (*lot) close()                  {}
