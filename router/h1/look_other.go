//go:build !unix

package h1

import "time"

// peek is what looking at an idle connection needs: nothing here.
type peek struct{}

func (c *conn) canLook() bool { return false }

func (c *conn) wasReset() bool { return false }

func (c *conn) look(idle time.Duration) seen { return c.lookByReading(idle) }
