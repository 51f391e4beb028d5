package keydoc

import (
	"fmt"
	"slices"
	"strings"
)

// A Reference describes the keys of a configuration file.
type Reference struct {
	Title    string
	Sections []*Section // the first has no title: what is true of all
}

// A Section is one group of keys, or one family of kinds.
type Section struct {
	Title   string
	Anchors []string // the first is ours, others are Linkerd's
	Blocks  []Block
	Kinds   []*Kind // of a family of kinds; in place of a table
}

// A Kind is one kind of a family.
type Kind struct {
	Name   string // "all": what is true of each
	Anchor string
	About  string
	Keys   []Key
}

// A Key is a row of a table.
type Key struct {
	Name, Default, What, Go string
	Anchor                  string
}

// A Block is a part of a section: one of the three.
type Block struct {
	Paragraph string
	List      []string
	Keys      []Key
	Rows      [][]string // of any other table; the first has the names of the columns
}

const everyKind = "all"

// Parse reads the text of KEYS.md: headings, paragraphs, lists and tables.
func Parse(text string) (*Reference, error) {
	p := &parser{r: &Reference{}}
	p.begin("")
	for number, line := range strings.Split(text, "\n") {
		if err := p.line(strings.TrimRight(line, " ")); err != nil {
			return nil, fmt.Errorf("keydoc: line %d: %w", number+1, err)
		}
	}
	if err := p.end(); err != nil {
		return nil, fmt.Errorf("keydoc: %w", err)
	}
	return p.r, p.r.anchor()
}

type parser struct {
	r       *Reference
	section *Section
	table   [][]string
	open    bool // the last block goes on in the next line
}

func (p *parser) begin(title string) {
	p.section = &Section{Title: title}
	p.r.Sections = append(p.r.Sections, p.section)
}

func (p *parser) line(line string) error {
	if cells, ok := strings.CutPrefix(line, "|"); ok {
		p.open = false
		if !strings.HasPrefix(line, "|---") {
			p.table = append(p.table, cellsOf(cells))
		}
		return nil
	}
	if err := p.end(); err != nil {
		return err
	}
	s := p.section
	heading, isHeading := strings.CutPrefix(line, "## ")
	title, isTitle := strings.CutPrefix(line, "# ")
	item, isItem := strings.CutPrefix(line, "- ")
	switch last := len(s.Blocks) - 1; {
	case line == "":
		p.open = false
	case isHeading:
		p.open = false
		p.begin(heading)
	case isTitle:
		p.r.Title = title
	case isItem && p.open && s.Blocks[last].List != nil:
		s.Blocks[last].List = append(s.Blocks[last].List, item)
	case isItem:
		s.Blocks, p.open = append(s.Blocks, Block{List: []string{item}}), true
	case p.open && s.Blocks[last].List != nil:
		list := s.Blocks[last].List
		list[len(list)-1] += " " + strings.TrimSpace(line)
	case p.open:
		s.Blocks[last].Paragraph += " " + line
	default:
		s.Blocks, p.open = append(s.Blocks, Block{Paragraph: line}), true
	}
	return nil
}

func cellsOf(line string) (cells []string) {
	for cell := range strings.SplitSeq(strings.TrimSuffix(line, "|"), "|") {
		cells = append(cells, strings.TrimSpace(cell))
	}
	return cells
}

// end ends a table.
func (p *parser) end() error {
	table := p.table
	p.table = nil
	if len(table) == 0 {
		return nil
	}
	columns := table[0]
	for _, row := range table {
		if len(row) != len(columns) {
			return fmt.Errorf("%s: a row of %d cells in a table of %d columns: %s", p.section.Title, len(row), len(columns), strings.Join(row, " | "))
		}
	}
	if !slices.Contains(columns, "Key") {
		p.section.Blocks = append(p.section.Blocks, Block{Rows: table})
		return nil
	}
	var keys []Key
	for _, row := range table[1:] {
		cell := func(column string) string {
			if at := slices.Index(columns, column); at >= 0 {
				return row[at]
			}
			return ""
		}
		key := Key{Name: strings.Trim(cell("Key"), "`"), Default: cell("Default"), What: cell("What it does"), Go: cell("Go")}
		if !slices.Contains(columns, "Kind") {
			keys = append(keys, key)
			continue
		}
		kind := p.section.kind(strings.Trim(cell("Kind"), "`"))
		if key.Name == "" {
			kind.About = key.What
		} else {
			kind.Keys = append(kind.Keys, key)
		}
	}
	if keys != nil {
		p.section.Blocks = append(p.section.Blocks, Block{Keys: keys})
	}
	return nil
}

// kind is the section's kind of that name, made if need be.
func (s *Section) kind(name string) *Kind {
	for _, k := range s.Kinds {
		if k.Name == name {
			return k
		}
	}
	k := &Kind{Name: name}
	s.Kinds = append(s.Kinds, k)
	return k
}

// AddKind adds a kind that a program has besides those described. Section is the title
// of its family.
func (r *Reference) AddKind(section, name string) error {
	for _, s := range r.Sections {
		if s.Title == section && s.Kinds != nil {
			if k := s.kind(name); k.Anchor == "" {
				k.Anchor = slug(strings.TrimSuffix(section, "[]") + " " + name)
				k.About = "a kind of this program's own, which is not described here"
			}
			return nil
		}
	}
	return fmt.Errorf("keydoc: there is no family %s", section)
}
