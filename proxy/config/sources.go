package config

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A Source is the text of one configuration.
type Source struct {
	Name string // for messages
	Data []byte
}

// maxSources bounds the configurations in one file.
const maxSources = 100

// Sources finds the configurations in a file: the file itself, or the texts in the data of
// the ConfigMaps in a Kubernetes manifest, or in the cmd, args or env of a Marathon app. A
// text counts as a configuration if it is a group of keys, one of which is routers.
//
// Positions in a block of text in a ConfigMap are those in the manifest. In any other text
// they count from its beginning, and the name of the source says where in the file it is,
// as a JSON pointer (RFC 6901) after a "#". The error is an [Errors]: a manifest has no
// configuration in it.
func Sources(name string, data []byte) ([]Source, error) {
	itself := []Source{{name, data}}
	if len(data) > maxBytes || checkText(data) != nil {
		return itself, nil // Load reports what is wrong
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return itself, nil
	}
	s := sources{name: name, lines: bytes.SplitAfter(data, []byte("\n"))}
	wrapper := ""
	for index := 0; ; index++ {
		var document yaml.Node
		if err := loader.Load(&document); err == io.EOF {
			break
		} else if err != nil {
			return itself, nil
		}
		if len(document.Content) == 0 {
			continue
		}
		top := document.Content[0]
		kind := wrapperOf(top)
		if kind == "" && wrapper == "" {
			return itself, nil
		}
		if kind != "" {
			wrapper = kind
			s.document(kind, top, index)
		}
	}
	switch {
	case wrapper == "" || len(s.found) > 0:
		if wrapper == "" {
			return itself, nil
		}
		return s.found, nil
	case wrapper == kubernetes:
		return nil, Errors{{Position: Position{File: name}, Reason: "no ConfigMap of the manifest has a configuration in its data: a text with the key routers"}}
	default:
		return nil, Errors{{Position: Position{File: name}, Reason: "no app has a configuration in its cmd, args or env: a text with the key routers"}}
	}
}

const (
	kubernetes = "Kubernetes"
	marathon   = "Marathon"
)

// wrapperOf returns which kind of document may have configurations in it.
func wrapperOf(top *yaml.Node) string {
	if top.Kind == yaml.SequenceNode && len(top.Content) > 0 {
		if wrapperOf(top.Content[0]) == marathon {
			return marathon
		}
		return ""
	}
	switch {
	case valueOf(top, "routers") != nil:
		return ""
	case valueOf(top, "apiVersion") != nil && valueOf(top, "kind") != nil:
		return kubernetes
	case valueOf(top, "id") != nil:
		for _, key := range []string{"cmd", "args", "env", "apps", "groups", "container"} {
			if valueOf(top, key) != nil {
				return marathon
			}
		}
	}
	return ""
}

// sources collects them.
type sources struct {
	name  string
	lines [][]byte
	found []Source
}

func (s *sources) document(kind string, top *yaml.Node, index int) {
	at := ""
	if index > 0 {
		at = "/" + strconv.Itoa(index) // of several documents
	}
	if kind == kubernetes {
		s.manifest(top, at)
	} else {
		s.app(top, at, 0)
	}
}

// manifest searches a ConfigMap, or a list of manifests.
func (s *sources) manifest(top *yaml.Node, at string) {
	if items := valueOf(top, "items"); items != nil && items.Kind == yaml.SequenceNode {
		for i, item := range items.Content {
			s.configMap(item, at+"/items/"+strconv.Itoa(i))
		}
		return
	}
	s.configMap(top, at)
}

func (s *sources) configMap(top *yaml.Node, at string) {
	kind := valueOf(top, "kind")
	data := valueOf(top, "data")
	if kind == nil || kind.Value != "ConfigMap" || data == nil || data.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(data.Content); i += 2 {
		key, value := data.Content[i], data.Content[i+1]
		if value.Kind != yaml.ScalarNode || !isConfiguration(value.Value) {
			continue
		}
		if block := s.block(value); block != nil {
			s.add(Source{s.name, block})
			continue
		}
		s.add(Source{s.name + "#" + at + "/data/" + pointer(key.Value), []byte(value.Value)})
	}
}

// block returns a literal block with empty lines above it, so that each line and column is
// that of the file, or nil if that is impossible.
func (s *sources) block(value *yaml.Node) []byte {
	if value.Style&yaml.LiteralStyle == 0 {
		return nil
	}
	var out bytes.Buffer
	for range min(value.Line, len(s.lines)) {
		out.WriteByte('\n')
	}
	left := strings.Count(strings.TrimRight(value.Value, "\n"), "\n") + 1
	for _, line := range s.lines[min(value.Line, len(s.lines)):] {
		if left--; left < 0 {
			break
		}
		out.Write(line)
	}
	if !isConfiguration(out.String()) {
		return nil // a block with an indentation indicator, or with leading blank lines
	}
	return out.Bytes()
}

// app searches a Marathon app, a group of apps, or a list.
func (s *sources) app(top *yaml.Node, at string, depth int) {
	if depth > maxDepth {
		return
	}
	switch top.Kind {
	case yaml.SequenceNode:
		for i, one := range top.Content {
			s.app(one, at+"/"+strconv.Itoa(i), depth+1)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(top.Content); i += 2 {
			key, value := top.Content[i].Value, top.Content[i+1]
			here := at + "/" + pointer(key)
			switch key {
			case "apps", "groups":
				s.app(value, here, depth+1)
			case "cmd", "args", "env":
				s.words(value, here, depth+1)
			}
		}
	}
}

// words searches the texts of a command or an environment.
func (s *sources) words(n *yaml.Node, at string, depth int) {
	if depth > maxDepth {
		return
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if isConfiguration(n.Value) {
			s.add(Source{s.name + "#" + at, []byte(n.Value)})
			return
		}
		for _, quoted := range shellQuoted(n.Value) {
			if isConfiguration(quoted) {
				s.add(Source{s.name + "#" + at, []byte(quoted)})
			}
		}
	case yaml.SequenceNode:
		for i, one := range n.Content {
			s.words(one, at+"/"+strconv.Itoa(i), depth+1)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			s.words(n.Content[i+1], at+"/"+pointer(n.Content[i].Value), depth+1)
		}
	}
}

func (s *sources) add(one Source) {
	if len(s.found) < maxSources {
		s.found = append(s.found, one)
	}
}

// isConfiguration reports whether a text is a group of keys with routers among them, or
// would be without a syntax error.
func isConfiguration(text string) bool {
	if !strings.Contains(text, "routers") {
		return false
	}
	var top yaml.Node
	if err := yaml.Load([]byte(text), &top); err != nil {
		return strings.HasPrefix(strings.TrimSpace(text), "routers:") || strings.Contains(text, "\nrouters:")
	}
	return len(top.Content) > 0 && valueOf(top.Content[0], "routers") != nil
}

// shellQuoted returns the quoted words of a shell's command line.
func shellQuoted(line string) (words []string) {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '\'':
			end := strings.IndexByte(line[i+1:], '\'')
			if end < 0 {
				return words
			}
			words = append(words, line[i+1:i+1+end])
			i += 1 + end
		case '"':
			word, end := doubleQuoted(line[i+1:])
			if end < 0 {
				return words
			}
			words = append(words, word)
			i += 1 + end
		}
	}
	return words
}

// doubleQuoted reads to the closing quote. A backslash quotes the characters that are
// special to the shell there (POSIX, Shell Command Language, 2.2.3).
func doubleQuoted(rest string) (word string, end int) {
	var out strings.Builder
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '"':
			return out.String(), i
		case c == '\\' && i+1 < len(rest) && strings.IndexByte("$`\"\\\n", rest[i+1]) >= 0:
			i++
			if rest[i] != '\n' {
				out.WriteByte(rest[i])
			}
		default:
			out.WriteByte(c)
		}
	}
	return "", -1
}

// valueOf returns the value of a key, or nil if n is no mapping or has no such key.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// pointer escapes a key in a JSON pointer.
func pointer(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}
