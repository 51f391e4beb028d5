package main

import (
	"context"
	"io"
	"strings"
)

// attack is one kind of hostility.
type attack struct {
	name  string
	about string // half a sentence: what is done, and what the figures are
	// make does it, prints a table, and returns what must hold and does not.
	make func(context.Context, *scene, io.Writer) (broken []string, err error)
}

func (a *attack) named(text string) bool { return strings.Contains(a.name, text) }

// attacks are all of them.
func attacks() []*attack {
	return []*attack{
		surplusAttack(),
		overridesAttack(),
		loopsAttack(),
		slowAttack(),
		floodAttack(),
		streamsAttack(),
		bombsAttack(),
	}
}
