//go:build !unix

package h1

import "time"

// peeker holds what peeking at an idle connection needs: nothing here.
type peeker struct{}

func (c *conn) canPeek() bool { return false }

func (c *conn) wasReset() bool { return false }

func (c *conn) check(idle time.Duration) liveness { return c.checkByReading(idle) }
