package onnx

import "slices"

// Versions written: operator set 13 of the default domain, and the version of the
// format that came with it; where there are operators of machine learning, their
// operator set 2.
const (
	irVersion    = 7
	opsetVersion = 13
	mlVersion    = 2
)

// ML is the domain of the operators of machine learning.
const ML = "ai.onnx.ml"

// Model is a graph with what there is to say about it.
type Model struct {
	Producer, ProducerVersion string
	Doc                       string
	Graph                     Graph
	Metadata                  []Property
}

// Property is an entry of the metadata.
type Property struct{ Key, Value string }

// Graph computes Outputs from Inputs.
type Graph struct {
	Name      string
	Nodes     []Node // each after those whose outputs it uses
	Constants []Tensor
	Inputs    []Value
	Outputs   []Value
}

// Node applies the operator Op to named tensors.
type Node struct {
	Op         string
	Inputs     []string
	Output     string
	Further    []string // outputs after the first
	Domain     string   // "" or ML
	Attributes []Attribute
}

// Attribute is a setting of an operator: texts or whole numbers where there are
// some, else a whole number.
type Attribute struct {
	Name  string
	Int   int64
	Ints  []int64
	Texts []string
}

// Value is an input or output of the graph: a matrix of as many rows as there are
// and Columns columns, or a vector of as many entries where Columns is 0.
type Value struct {
	Name    string
	Type    Type
	Columns int
	Doc     string
}

// rows is the name of the dimension that is not fixed.
const rows = "N"

// Marshal returns the model as ONNX stores it.
func (m *Model) Marshal() []byte {
	var b message
	b.integer(1, irVersion)
	b.text(2, m.Producer)
	b.text(3, m.ProducerVersion)
	b.text(6, m.Doc)
	b.nested(7, m.Graph.fill)
	b.nested(8, func(opset *message) { opset.integer(2, opsetVersion) })
	if slices.ContainsFunc(m.Graph.Nodes, func(n Node) bool { return n.Domain == ML }) {
		b.nested(8, func(opset *message) {
			opset.text(1, ML)
			opset.integer(2, mlVersion)
		})
	}
	for _, p := range m.Metadata {
		b.nested(14, func(entry *message) {
			entry.text(1, p.Key)
			entry.text(2, p.Value)
		})
	}
	return b
}

func (g *Graph) fill(b *message) {
	for k := range g.Nodes {
		b.nested(1, g.Nodes[k].fill)
	}
	b.text(2, g.Name)
	for k := range g.Constants {
		b.nested(5, g.Constants[k].fill)
	}
	for k := range g.Inputs {
		b.nested(11, g.Inputs[k].fill)
	}
	for k := range g.Outputs {
		b.nested(12, g.Outputs[k].fill)
	}
}

func (n *Node) fill(b *message) {
	for _, name := range n.Inputs {
		b.text(1, name)
	}
	b.text(2, n.Output)
	for _, name := range n.Further {
		b.text(2, name)
	}
	b.text(3, n.Output) // of the node itself
	b.text(4, n.Op)
	for _, a := range n.Attributes {
		b.nested(5, a.fill)
	}
	if n.Domain != "" {
		b.text(7, n.Domain)
	}
}

func (a *Attribute) fill(b *message) {
	const isInt, areInts, areTexts = 2, 7, 8
	b.text(1, a.Name)
	switch {
	case a.Texts != nil:
		for _, text := range a.Texts {
			b.text(9, text)
		}
		b.integer(20, areTexts)
	case a.Ints != nil:
		for _, v := range a.Ints {
			b.integer(8, v)
		}
		b.integer(20, areInts)
	default:
		b.integer(3, a.Int)
		b.integer(20, isInt)
	}
}

func (v *Value) fill(b *message) {
	b.text(1, v.Name)
	b.nested(2, func(t *message) {
		t.nested(1, func(tensor *message) {
			tensor.integer(1, int64(v.Type))
			tensor.nested(2, func(shape *message) {
				shape.nested(1, func(d *message) { d.text(2, rows) })
				if v.Columns > 0 {
					shape.nested(1, func(d *message) { d.integer(1, int64(v.Columns)) })
				}
			})
		})
	})
	b.text(3, v.Doc)
}
