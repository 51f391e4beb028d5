package dashboard

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// written is a value that was JSON, as people write it in a configuration file: YAML, in
// which a text of several lines, such as a dtab, has its lines.
func written(v any) string {
	var b strings.Builder
	write(&b, v, "")
	return strings.TrimPrefix(b.String(), "\n")
}

// firstKeys say what a part is, and stand before its other keys.
var firstKeys = []string{"kind", "protocol", "label", "prefix"}

// write writes a value that follows "key:" or "-".
func write(b *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			b.WriteString(" {}\n")
			return
		}
		b.WriteString("\n")
		writeKeys(b, v, indent, indent)
	case []any:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return
		}
		b.WriteString("\n")
		for _, one := range v {
			b.WriteString(indent + "-")
			if keys, ok := one.(map[string]any); ok && len(keys) > 0 {
				writeKeys(b, keys, " ", indent+"  ")
				continue
			}
			write(b, one, indent+"  ")
		}
	case string:
		writeText(b, v, indent)
	case nil:
		b.WriteString(" null\n")
	default:
		fmt.Fprintln(b, "", v)
	}
}

func writeKeys(b *strings.Builder, keys map[string]any, first, indent string) {
	for _, name := range slices.SortedFunc(mapKeys(keys), byImportance) {
		b.WriteString(first + inLine(name) + ":")
		first = indent
		write(b, keys[name], indent+"  ")
	}
}

func byImportance(a, b string) int {
	if x, y := slices.Index(firstKeys, a), slices.Index(firstKeys, b); x != y {
		switch {
		case x < 0:
			return 1
		case y < 0:
			return -1
		}
		return x - y
	}
	return strings.Compare(a, b)
}

func writeText(b *strings.Builder, text, indent string) {
	if !strings.Contains(strings.TrimRight(text, "\n"), "\n") || !printable.MatchString(text) || strings.HasPrefix(text, " ") {
		b.WriteString(" " + inLine(text) + "\n")
		return
	}
	b.WriteString(" |\n")
	for line := range strings.Lines(text) {
		b.WriteString(indent + strings.TrimRight(line, "\n") + "\n")
	}
}

var (
	printable = regexp.MustCompile(`^[[:print:]\n]*$`)
	plainText = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./#%$+-]*$`)
	// notPlain are words that YAML takes for something else than a text.
	notPlain = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|null|y|n)$`)
)

// inLine is a text within a line, in quotes where it would not be one without.
func inLine(text string) string {
	if plainText.MatchString(text) && !notPlain.MatchString(text) {
		return text
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(strings.TrimRight(text, "\n")); err != nil {
		return cut(err.Error(), maxText)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
