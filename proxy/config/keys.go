package config

import _ "embed"

//go:embed KEYS.md
var keysText string

// Keys returns the description of all keys of a file, which is KEYS.md in this folder.
func Keys() string { return keysText }
