package config

import "go.yaml.in/yaml/v4"

// node is a value of the document. Aliases are resolved; values that a configuration
// cannot have are in the report and left out.
type node struct {
	shape        shape
	line, column int

	text   string // a scalar's, without quotes
	tag    string // a scalar's: "!!str", "!!int", "!!float", "!!bool", "!!timestamp"
	block  bool   // a scalar written as a block, "|" or ">": its text begins in the next line
	quoted bool
	secret bool // is not shown

	members []member // a mapping's, in the order of the file
	items   []*node  // a list's
}

type member struct {
	key   *node
	value *node
}

type shape uint8

const (
	null shape = iota
	scalar
	mapping
	list
)

func (s shape) String() string {
	switch s {
	case scalar:
		return "a single value"
	case mapping:
		return "a group of keys"
	case list:
		return "a list"
	default:
		return "nothing"
	}
}

// Bounds on a document. Linkerd files have a few hundred values, some ten
// levels deep.
const (
	maxBytes = 1 << 20
	maxNodes = 100_000 // aliases count as often as they are used
	maxDepth = 100
)

// reader makes nodes from those of the YAML library.
type reader struct {
	report *report
	nodes  int
	open   map[*yaml.Node]bool // the values with an anchor around the current one
	full   bool
}

// read makes a node. It returns nil if the value or the document was refused.
func (r *reader) read(y *yaml.Node, at *trail, depth int) *node {
	if r.full {
		return nil
	}
	if r.nodes++; r.nodes > maxNodes {
		r.full = true
		return r.refuse(y, at, "the file has more than 100000 values, counting an alias as often as it is used")
	}
	if depth > maxDepth {
		r.full = true
		return r.refuse(y, at, "values are nested more than 100 levels deep")
	}
	if y.Anchor != "" {
		r.open[y] = true
		defer delete(r.open, y)
	}
	n := &node{line: y.Line, column: y.Column}
	switch y.Kind {
	case yaml.AliasNode:
		return r.alias(y, at, depth)
	case yaml.MappingNode:
		n.shape = mapping
		return r.mapping(n, y, at, depth)
	case yaml.SequenceNode:
		n.shape = list
		for i, item := range y.Content {
			if one := r.read(item, at.item(i), depth+1); one != nil {
				n.items = append(n.items, one)
			}
		}
		return n
	default:
		return r.scalar(n, y, at)
	}
}

func (r *reader) alias(y *yaml.Node, at *trail, depth int) *node {
	if y.Alias == nil || r.open[y.Alias] {
		return r.refuse(y, at, "the alias *"+y.Value+" is inside the value that it refers to")
	}
	return r.read(y.Alias, at, depth+1)
}

func (r *reader) mapping(n *node, y *yaml.Node, at *trail, depth int) *node {
	first := make(map[string]int, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		k := y.Content[i]
		if k.Kind != yaml.ScalarNode {
			r.refuse(k, at, "a key must be a word")
			continue
		}
		here := at.child(k.Value)
		if k.ShortTag() == "!!merge" {
			r.refuse(k, here, "merge keys are not supported; write the keys out")
			continue
		}
		if line, twice := first[k.Value]; twice {
			r.refuse(k, here, "duplicate key, first in "+lineText(line))
			continue
		}
		first[k.Value] = k.Line
		if value := r.read(y.Content[i+1], here, depth+1); value != nil {
			n.members = append(n.members, member{
				key:   &node{shape: scalar, text: k.Value, line: k.Line, column: k.Column},
				value: value,
			})
		}
	}
	return n
}

func (r *reader) scalar(n *node, y *yaml.Node, at *trail) *node {
	n.text, n.tag = y.Value, y.ShortTag()
	n.block = y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	n.quoted = y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	switch n.tag {
	case "!!null":
		return n
	case "!!str", "!!int", "!!float", "!!bool", "!!timestamp", "!!merge":
		n.shape = scalar
		return n
	}
	return r.refuse(y, at, "the tag "+quoted(n.tag)+" is not supported")
}

func (r *reader) refuse(y *yaml.Node, at *trail, reason string) *node {
	r.report.error(&Error{Position: Position{Line: y.Line, Column: y.Column}, Path: at.String(), Reason: reason})
	return nil
}
