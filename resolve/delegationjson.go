package resolve

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// MarshalJSON gives the form of Linkerd's /delegator.json
// (DelegateApiHandler.scala), without the steps that do not change the name.
// An encoder that escapes HTML shows "&" as \u0026, which means the same.
func (d *Delegation) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(d.simplified().json())
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func (d *Delegation) json() *jsonNode {
	if d == nil {
		return nil
	}
	n := &jsonNode{Type: d.kind(), Path: d.jsonPath()}
	if d.Dentry != nil && n.Type != kindTransformation {
		n.Dentry = &jsonDentry{d.Dentry.Prefix.String(), ShowTree(d.Dentry.Dst)}
	}
	switch n.Type {
	case kindDelegate:
		n.Delegate = d.Delegate.json()
	case kindAlt:
		for _, b := range d.Branches {
			n.Alt = append(n.Alt, b.json())
		}
	case kindUnion:
		for _, b := range d.Branches {
			n.Union = append(n.Union, jsonBranch{jsonDouble(b.Weight), b.json()})
		}
	case kindLeaf:
		n.Bound = newJSONBound(d.Bound)
	case kindTransformation:
		n.Name, n.Bound, n.Tree = d.Transformer, newJSONBound(d.Bound), d.Delegate.json()
	case kindException:
		n.Message = d.Err.Error()
	}
	return n
}

// jsonPath is how Linkerd shows names that stand for no name.
func (d *Delegation) jsonPath() string {
	switch {
	case d.kind() == kindNeg && (d.Explicit || d.Path.IsEmpty()):
		return "~"
	case d.kind() == kindFail && !(d.Path.Len() >= 2 && d.Path.Label(0) == "$" && d.Path.Label(1) == "fail"):
		return "!"
	}
	return d.Path.String()
}

type jsonNode struct {
	Type     kind         `json:"type"`
	Path     string       `json:"path"`
	Dentry   *jsonDentry  `json:"dentry,omitempty"`
	Name     string       `json:"name,omitempty"`
	Delegate *jsonNode    `json:"delegate,omitempty"`
	Bound    *jsonBound   `json:"bound,omitempty"`
	Alt      []*jsonNode  `json:"alt,omitempty"`
	Union    []jsonBranch `json:"union,omitempty"`
	Tree     *jsonNode    `json:"tree,omitempty"`
	Message  string       `json:"message,omitempty"`
}

type jsonDentry struct {
	Prefix string `json:"prefix"`
	Dst    string `json:"dst"`
}

type jsonBranch struct {
	Weight jsonDouble `json:"weight"`
	Tree   *jsonNode  `json:"tree"`
}

// jsonDouble is a number with a decimal point, as Scala's Double is written.
type jsonDouble float64

func (f jsonDouble) MarshalJSON() ([]byte, error) {
	text := strconv.AppendFloat(nil, float64(f), 'f', -1, 64)
	if bytes.IndexByte(text, '.') < 0 {
		text = append(text, ".0"...)
	}
	return text, nil
}

type jsonBound struct {
	Addr jsonAddr `json:"addr"`
	ID   Path     `json:"id"`
	Path Path     `json:"path"`
}

type jsonAddr struct {
	Type  string         `json:"type"`
	Addrs *[]jsonAddress `json:"addrs,omitempty"`
	Meta  *struct{}      `json:"meta,omitempty"`
	Cause string         `json:"cause,omitempty"`
}

type jsonAddress struct {
	IP   string         `json:"ip"`
	Port uint16         `json:"port"`
	Meta map[string]any `json:"meta"`
}

func newJSONBound(b *Bound) *jsonBound {
	if b == nil {
		return nil
	}
	out := &jsonBound{ID: b.ID, Path: b.Residual}
	switch s := b.Addr.Sample(); {
	case s.Status == Pending:
		out.Addr.Type = "pending"
	case s.Status == Failed:
		out.Addr.Type, out.Addr.Cause = "failed", s.Err.Error()
	case s.Value.Neg:
		out.Addr.Type = "neg"
	default:
		addrs := make([]jsonAddress, 0, len(s.Value.Addresses))
		for _, a := range s.Value.Addresses {
			if a.Status == 0 { // else it is no address to Linkerd's readers
				addrs = append(addrs, jsonAddress{a.AddrPort.Addr().String(), a.AddrPort.Port(), jsonMeta(a)})
			}
		}
		out.Addr = jsonAddr{Type: "bound", Addrs: &addrs, Meta: &struct{}{}}
	}
	return out
}

// jsonMeta uses the keys of Finagle's and Linkerd's address metadata.
func jsonMeta(a Address) map[string]any {
	meta := map[string]any{}
	if a.Weight != 1 {
		meta["endpoint_addr_weight"] = jsonDouble(a.Weight)
	}
	if a.Authority != "" {
		meta["authority"] = a.Authority
	}
	if a.NodeName != "" {
		meta["nodeName"] = a.NodeName
	}
	return meta
}
