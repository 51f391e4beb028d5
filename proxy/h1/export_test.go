package h1

import "time"

// SetMaxHalfClosed sets how long a client that has ended its side is waited for.
func (s *Server) SetMaxHalfClosed(d time.Duration) { s.finish = d }
