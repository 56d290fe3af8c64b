package export

import (
	"fmt"

	"multigrade/internal/onnx"
	"multigrade/internal/schema"
)

// columnInput is the name of the input for a column of the table.
func columnInput(name string) string { return "column " + name }

// columnInputs are the inputs for the columns of the table: a number, NaN where it is
// missing, days for a date; or a text without spaces around it, empty where it is missing.
func columnInputs(e schema.Encoding, t onnx.Type) []onnx.Value {
	var inputs []onnx.Value
	for k := range e {
		v := onnx.Value{Name: columnInput(e[k].Name), Type: t, Columns: 1, Doc: e[k].Name}
		if e[k].IsText() {
			v.Type = onnx.Text
		}
		inputs = append(inputs, v)
	}
	return inputs
}

// encoding appends the nodes that make the input of the network from the columns.
func (g *graph) encoding(e schema.Encoding) {
	if e == nil {
		return
	}
	var features []string
	for k := range e {
		name := fmt.Sprintf("encoding%d", k+1)
		if e[k].IsText() {
			features = append(features, g.levels(name, &e[k]))
		} else {
			features = append(features, g.number(name, &e[k])...)
		}
	}
	g.node(graphInput, "Concat", features...)
	g.set("axis", 1)
}

// number is the number or what is imputed, and where there is an indicator that.
func (g *graph) number(name string, c *schema.Column) []string {
	input := columnInput(c.Name)
	if !c.Indicator {
		return []string{input}
	}
	missing := g.node(name+"_missing", "IsNaN", input)
	filled := g.node(name+"_filled", "Where", missing, g.vector(name+"_impute", []float64{*c.Impute}), input)
	return []string{filled, g.cast(name+"_indicator", missing)}
}

// levels numbers the texts by the features they have and compares with the numbers
// of all of these.
func (g *graph) levels(name string, c *schema.Column) string {
	const none = -1
	texts := append([]string{}, c.Levels...)
	other, width := int64(none), c.Width()
	var places []int64
	for k := range texts {
		places = append(places, int64(k))
	}
	if c.Other {
		other = int64(len(c.Levels))
	}
	if c.Indicator {
		texts, places = append(texts, ""), append(places, int64(width-1))
	}
	place := g.node(name+"_place", "LabelEncoder", columnInput(c.Name))
	n := &g.Nodes[len(g.Nodes)-1]
	n.Domain = onnx.ML
	n.Attributes = []onnx.Attribute{{Name: "keys_strings", Texts: texts}, {Name: "values_int64s", Ints: places}, {Name: "default_int64", Int: other}}
	all := make([]float64, width)
	for k := range all {
		all[k] = float64(k)
	}
	g.Constants = append(g.Constants, onnx.Tensor{Name: name + "_places", Type: onnx.Int64, Shape: []int{1, width}, Values: all})
	return g.cast(name, g.node(name+"_is", "Equal", place, name+"_places"))
}

// cast makes 1 and 0 of true and false.
func (g *graph) cast(name, truth string) string {
	g.node(name, "Cast", truth)
	g.set("to", int64(g.precision))
	return name
}
