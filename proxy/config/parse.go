package config

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// document is a file that is valid YAML.
type document struct {
	report *report
	lines  []string
	root   *node // a mapping

	engines map[string]zipkinEngine // see Kinds
}

// parse reads one document with a mapping at its top. It returns nil if there is none,
// which is then in the report.
func parse(r *report, data []byte) *document {
	if len(data) > maxBytes {
		r.error(&Error{Reason: "the file is longer than 1 MiB"})
		return nil
	}
	if e := checkText(data); e != nil {
		r.error(e)
		return nil
	}
	d := &document{report: r, lines: strings.Split(string(data), "\n")}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		r.error(&Error{Reason: err.Error(), Err: err})
		return nil
	}
	var top, more yaml.Node
	switch err := loader.Load(&top); {
	case err == io.EOF:
		r.error(&Error{Position: Position{Line: 1, Column: 1}, Reason: "the file is empty; a configuration needs at least routers"})
		return nil
	case err != nil:
		r.error(d.syntax(err))
		return nil
	}
	if e := manifest(&top); e != nil {
		r.error(e)
		return nil
	}
	switch err := loader.Load(&more); {
	case err == nil:
		r.error(&Error{Position: Position{Line: more.Line, Column: max(more.Column, 1)},
			Reason: "a second document begins here; a configuration is one document"})
	case err != io.EOF:
		r.error(d.syntax(err))
	}
	if len(r.errors) > 0 || len(top.Content) == 0 {
		return nil
	}
	reader := &reader{report: r, open: map[*yaml.Node]bool{}}
	d.root = reader.read(top.Content[0], &trail{}, 0)
	if d.root == nil || reader.full {
		return nil
	}
	if d.root.shape != mapping {
		r.error(&Error{Position: Position{Line: d.root.line, Column: d.root.column},
			Reason: "a configuration is a group of keys such as routers, not " + d.root.shape.String()})
		return nil
	}
	return d
}

// manifest recognizes a Kubernetes manifest, in which configurations are often wrapped.
func manifest(top *yaml.Node) *Error {
	if len(top.Content) == 0 || top.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	for i, key := range top.Content[0].Content {
		if i%2 == 0 && key.Value == "apiVersion" {
			return &Error{Position: Position{Line: key.Line, Column: key.Column}, Path: key.Value,
				Reason: "this is a Kubernetes manifest; the configuration is the text below data: config.yaml: of its ConfigMap, which meshhop check finds there"}
		}
	}
	return nil
}

// checkText finds bytes that no YAML may have, because the errors of the YAML library have
// no position for these.
func checkText(data []byte) *Error {
	line, column := 1, 1
	rest := bytes.TrimPrefix(data, []byte("\ufeff"))
	for len(rest) > 0 {
		c, size := utf8.DecodeRune(rest)
		switch {
		case c == utf8.RuneError && size == 1:
			return &Error{Position: Position{Line: line, Column: column}, Reason: "the file is not UTF-8 text"}
		case c == '\n':
			line, column = line+1, 0
		case c < ' ' && c != '\t' && c != '\r' || c == 0x7f:
			return &Error{Position: Position{Line: line, Column: column},
				Reason: "a control character (" + strconv.QuoteRune(c) + ") cannot stand in a configuration"}
		}
		column++
		rest = rest[size:]
	}
	return nil
}

// line returns a line of the file without its end; numbers count from 1.
func (d *document) line(number int) string {
	if number < 1 || number > len(d.lines) {
		return ""
	}
	return strings.TrimSuffix(d.lines[number-1], "\r")
}

func lineText(number int) string { return "line " + strconv.Itoa(number) }

// loadErrorOf returns the library's own type of error, which has positions.
func loadErrorOf(err error) (*yaml.LoadError, bool) {
	var load *yaml.LoadError
	ok := errors.As(err, &load)
	return load, ok
}
