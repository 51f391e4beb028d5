package config

import (
	"strconv"
	"strings"
)

// trail is the path from the top of the document to a value. It becomes text only for a
// message, because a file may have many long paths.
type trail struct {
	up    *trail
	key   string
	index int // if key is empty: the index in a list
}

func (t *trail) child(key string) *trail { return &trail{up: t, key: key} }
func (t *trail) item(index int) *trail   { return &trail{up: t, index: index} }
func (t *trail) String() string          { return strings.TrimPrefix(t.text(), ".") }
func (t *trail) text() string {
	if t == nil || t.up == nil {
		return ""
	}
	if t.key == "" {
		return t.up.text() + "[" + strconv.Itoa(t.index) + "]"
	}
	return t.up.text() + "." + keyText(t.key)
}

// keyText returns a key, quoted if it could be misread.
func keyText(key string) string {
	plain := len(key) <= maxShown
	for _, c := range key {
		plain = plain && (c > ' ' && c < 0x7f && !strings.ContainsRune(`.[]":`, c))
	}
	if plain {
		return key
	}
	return quoted(key)
}

// maxShown bounds how much of a value a message repeats.
const maxShown = 60

// quoted is a value as messages repeat it.
func quoted(text string) string {
	if runes := []rune(text[:min(len(text), 4*maxShown)]); len(runes) > maxShown {
		text = string(runes[:maxShown]) + "..."
	}
	return strconv.Quote(text)
}
