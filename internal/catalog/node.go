package catalog

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// position is a line and a column in the file, from 1, in characters.
type position struct{ line, column int }

// start is the position of a fault of the whole file.
var start = position{line: 1, column: 1}

// shape is the type of a node.
type shape int

const (
	broken  shape = iota // its fault is recorded; treated as absent
	nothing              // a field without a value, or null
	scalar               // one value, as written
	list
	table
)

// node is one value of the file. Scalars keep their source text, so 10.50 never becomes a float and
// 007 never a 7. An alias is the node of its anchor.
type node struct {
	shape  shape
	at     position
	text   string  // of a scalar
	quoted bool    // the scalar is in quotes, or a block
	items  []*node // of a list
	fields []field // of a table, in the order of the file
}

type field struct {
	name  string
	at    position
	value *node
}

// converter turns the YAML library's tree into nodes.
type converter struct {
	faults  *faults
	anchors map[string]*node
	unused  map[string]position // anchors of texts that nothing refers to
}

// node converts n and everything below it. YAML that a catalog cannot use becomes a fault and a
// broken node.
func (c *converter) node(n ast.Node, depth int) *node {
	at := positionOf(n.GetToken())
	if depth > maxNesting {
		c.faults.addNesting(at)
		return &node{shape: broken, at: at}
	}
	switch n := n.(type) {
	case *ast.NullNode:
		return &node{shape: nothing, at: at}
	case *ast.LiteralNode:
		return &node{shape: scalar, at: at, text: n.Value.Value, quoted: true}
	case *ast.SequenceNode:
		return c.list(n, depth)
	case *ast.MappingNode:
		return c.table(n, depth)
	case *ast.AnchorNode:
		value := c.node(n.Value, depth+1)
		// Known only from here on, so nothing can contain itself.
		c.anchors[n.Name.GetToken().Value] = value
		if value.shape == scalar {
			c.unused[n.Name.GetToken().Value] = at
		}
		return value
	case *ast.AliasNode:
		return c.alias(n)
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		t := n.GetToken()
		return &node{shape: scalar, at: at, text: t.Value, quoted: t.Type == token.DoubleQuoteType || t.Type == token.SingleQuoteType}
	}
	c.faults.add(at, "leave it out", "%s has no meaning here", quote(n.GetToken().Value))
	return &node{shape: broken, at: at}
}

func (c *converter) list(n *ast.SequenceNode, depth int) *node {
	made := &node{shape: list, at: positionOf(n.GetToken())}
	for _, item := range n.Values {
		made.items = append(made.items, c.node(item, depth+1))
	}
	return made
}

func (c *converter) alias(n *ast.AliasNode) *node {
	at, name := positionOf(n.GetToken()), n.Value.GetToken().Value
	if value, ok := c.anchors[name]; ok {
		delete(c.unused, name)
		return value
	}
	c.faults.add(at, "put & and the name before the value that it stands for, further up", "nothing above is named %s", quote(name))
	return &node{shape: broken, at: at}
}

// table converts a mapping. Fields merged by "<<" come last, except those that it has itself.
func (c *converter) table(n *ast.MappingNode, depth int) *node {
	made := &node{shape: table, at: positionOf(n.GetToken())}
	if !n.IsFlowStyle && len(n.Values) > 0 {
		made.at = positionOf(n.Values[0].Key.GetToken()) // the library has the colon's
	}
	var merged []field
	for _, v := range n.Values {
		key, value := v.Key.GetToken(), c.node(v.Value, depth+1)
		if v.Key.IsMergeKey() {
			merged = append(merged, c.merge(value)...)
			continue
		}
		c.addField(made, field{name: key.Value, at: positionOf(key), value: value})
	}
	for _, f := range merged {
		if !made.has(f.name) {
			made.fields = append(made.fields, f)
		}
	}
	return made
}

func (c *converter) addField(to *node, f field) {
	i := slices.IndexFunc(to.fields, func(g field) bool { return g.name == f.name })
	if i >= 0 {
		c.faults.add(f.at, "keep one of them", "%s is here twice, first in line %d", quote(f.name), to.fields[i].at.line)
		return
	}
	to.fields = append(to.fields, f)
}

func (c *converter) merge(value *node) []field {
	switch {
	case value.shape == broken:
		return nil
	case value.shape == table:
		return value.fields
	case value.shape == list && !slices.ContainsFunc(value.items, func(n *node) bool { return n.shape != table }):
		var all []field
		for _, item := range value.items {
			all = append(all, item.fields...)
		}
		return all
	}
	c.faults.add(value.at, "write <<: *name", "<< takes over the fields of another entry")
	return nil
}

func (n *node) has(name string) bool {
	return slices.ContainsFunc(n.fields, func(f field) bool { return f.name == name })
}

func positionOf(t *token.Token) position {
	return position{line: max(t.Position.Line, 1), column: max(t.Position.Column, 1)}
}
