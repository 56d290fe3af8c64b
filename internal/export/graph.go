package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"multigrade/grade"
	"multigrade/internal/onnx"
)

// Names of the graph's input and output, N x d and N x outputs. Where the columns of
// the table are encoded each of them is an input of its own, N x 1, and x what comes
// of them. Of classes there are further outputs: the label, N texts or whole numbers,
// and, where scores have them, the probabilities, N x classes.
const (
	graphInput         = "x"
	graphOutput        = "y"
	graphLabel         = "label"
	graphProbabilities = "probabilities"
)

// ONNX returns the network as an ONNX model with tensors of the given type, made
// by the given version of the program. Its metadata are task, columns, outputs and
// classes (lists in JSON), grades, source and sha256 of the data trained on.
func ONNX(f *grade.Flat, t onnx.Type, version string) []byte {
	g := &graph{precision: t}
	g.network(f)
	outputs := []onnx.Value{{Name: graphOutput, Type: t, Columns: len(f.Outputs), Doc: list(f.Outputs)}}
	if f.Classes != nil {
		outputs = append(outputs, g.classOutputs(f)...)
	}
	m := onnx.Model{Producer: "multigrade", ProducerVersion: version,
		Doc:   fmt.Sprintf("multigrade network of %d grades, from raw inputs to predictions in the target's units", len(f.Layers)),
		Graph: g.Graph, Metadata: metadata(f)}
	m.Graph.Name = "multigrade"
	if m.Graph.Inputs = columnInputs(f.Data.Encoding, t); m.Graph.Inputs == nil {
		m.Graph.Inputs = []onnx.Value{{Name: graphInput, Type: t, Columns: len(f.Data.Columns), Doc: list(f.Data.Columns)}}
	}
	m.Graph.Outputs = outputs
	return m.Marshal()
}

func metadata(f *grade.Flat) []onnx.Property {
	p := []onnx.Property{{Key: "task", Value: f.Task}, {Key: "columns", Value: list(f.Data.Columns)}, {Key: "outputs", Value: list(f.Outputs)},
		{Key: "grades", Value: strconv.Itoa(len(f.Layers))}, {Key: "source", Value: f.Data.Name}, {Key: "sha256", Value: f.Data.SHA256}}
	if f.Classes != nil {
		p = append(p, onnx.Property{Key: "classes", Value: list(f.Classes)})
	}
	if f.Platt != nil {
		p = append(p, onnx.Property{Key: "calibrated", Value: strconv.FormatBool(f.Calibrated)})
	}
	return p
}

// list writes names as a JSON array.
func list(names []string) string {
	raw, err := json.Marshal(names)
	if err != nil {
		panic(err) // strings always can
	}
	return string(raw)
}

// graph is an ONNX graph in the making; its methods return names of tensors.
type graph struct {
	onnx.Graph
	precision onnx.Type
}

func (g *graph) node(output, op string, inputs ...string) string {
	g.Nodes = append(g.Nodes, onnx.Node{Op: op, Inputs: inputs, Output: output})
	return output
}

// set gives the node appended last an attribute.
func (g *graph) set(attribute string, v int64) {
	n := &g.Nodes[len(g.Nodes)-1]
	n.Attributes = append(n.Attributes, onnx.Attribute{Name: attribute, Int: v})
}

func (g *graph) vector(name string, v []float64) string {
	g.Constants = append(g.Constants, onnx.Tensor{Name: name, Type: g.precision, Shape: []int{len(v)}, Values: v})
	return name
}

func (g *graph) matrix(name string, rows [][]float64, columns int) string {
	g.Constants = append(g.Constants, onnx.Tensor{Name: name, Type: g.precision, Shape: []int{len(rows), columns}, Values: slices.Concat(rows...)})
	return name
}

// affine is h W' + b, without b where that is nil.
func (g *graph) affine(output, h string, width int, w [][]float64, b []float64) string {
	inputs := []string{h, g.matrix(output+"_weight", w, width)}
	if b != nil {
		inputs = append(inputs, g.vector(output+"_bias", b))
	}
	g.node(output, "Gemm", inputs...)
	g.set("transB", 1)
	return output
}

// network appends the whole network.
func (g *graph) network(f *grade.Flat) {
	d := len(f.Data.Columns)
	g.encoding(f.Data.Encoding)
	h := g.standardised(f.Input)
	carried := ""
	if f.Carry != nil {
		carried = g.node("carried", "Relu", g.node("carried_sum", "Add", h, g.vector("carry_shift", f.Carry)))
	}
	sum, width := "", d
	for k := range f.Layers {
		name, l := fmt.Sprintf("grade%d", k+1), &f.Layers[k]
		a := g.units(name, h, width, l)
		share := g.share(name, a, h, width, l)
		if sum != "" {
			share = g.node(name+"_sum", "Add", sum, share)
		}
		sum = share
		if l.Scale != nil {
			h, width = g.features(name, a, carried, l), len(l.W)
			if carried != "" {
				width += d
			}
		}
	}
	if sum == "" {
		sum = g.constant("no_grade", h, d, make([]float64, len(f.Outputs)))
	}
	scaled := g.node("output_scaled", "Mul", sum, g.vector("output_scale", f.Output.Scale))
	last := graphOutput
	if f.Rising {
		last = "unsorted"
	}
	g.node(last, "Add", scaled, g.vector("output_shift", f.Output.Shift))
	if f.Rising {
		g.sorted(graphOutput, last, len(f.Outputs))
	}
}

// sorted are the columns of y, so many, from the least of every row on.
func (g *graph) sorted(output, y string, columns int) {
	all := onnx.Tensor{Name: output + "_columns", Type: onnx.Int64, Shape: []int{1}, Values: []float64{float64(columns)}}
	g.Constants = append(g.Constants, all)
	g.Nodes = append(g.Nodes, onnx.Node{Op: "TopK", Inputs: []string{y, all.Name}, Output: output, Further: []string{output + "_order"}})
	g.set("axis", 1)
	g.set("largest", 0)
	g.set("sorted", 1)
}

// standardised is (x - shift) / scale; constant columns, of scale 0, are taken out
// by a factor 0.
func (g *graph) standardised(s grade.Standardisation) string {
	scale, factor := slices.Clone(s.Scale), make([]float64, len(s.Scale))
	for j, v := range scale {
		factor[j] = 1
		if v == 0 {
			scale[j], factor[j] = 1, 0
		}
	}
	h := g.node("input_shifted", "Sub", graphInput, g.vector("input_shift", s.Shift))
	h = g.node("input_scaled", "Div", h, g.vector("input_scale", scale))
	if slices.Contains(factor, 0) {
		h = g.node("input", "Mul", h, g.vector("input_factor", factor))
	}
	return h
}

// units are the activations of a layer, "" where it has none.
func (g *graph) units(name, h string, width int, l *grade.FlatLayer) string {
	if len(l.W) == 0 {
		return ""
	}
	z := g.affine(name+"_linear", h, width, l.W, l.B)
	if l.G == nil {
		return g.phi(name, z, l.Slope)
	}
	zero := g.vector(name+"_zero", []float64{0})
	open := g.node(name+"_open", "Greater", g.affine(name+"_gate", h, width, l.G, l.GB), zero)
	return g.node(name, "Where", open, z, zero)
}

// phi is the activation of units without gates. A leaky one is max(z, slope z): the slope
// of LeakyRelu is a number of 32 bits, and ONNX Runtime has no PRelu in double precision.
func (g *graph) phi(name, z string, slope float64) string {
	switch slope {
	case 0:
		return g.node(name, "Relu", z)
	case -1:
		return g.node(name, "Abs", z)
	}
	return g.node(name, "Max", z, g.node(name+"_below", "Mul", z, g.vector(name+"_slope", []float64{slope})))
}

// share is what a layer adds to the outputs.
func (g *graph) share(name, a, h string, width int, l *grade.FlatLayer) string {
	var f string
	if a == "" {
		f = g.constant(name+"_share", h, width, l.Constant)
	} else {
		f = g.affine(name+"_share", a, len(l.W), l.Out, l.Constant)
	}
	if l.Dead == nil {
		return f
	}
	return g.beyond(name, f, l.Dead)
}

// beyond is relu(f - eps) - relu(-f - eps).
func (g *graph) beyond(name, f string, dead []float64) string {
	eps := g.vector(name+"_dead_zone", dead)
	above := g.node(name+"_above", "Relu", g.node(name+"_less", "Sub", f, eps))
	below := g.node(name+"_below", "Relu", g.node(name+"_mirrored_less", "Sub", g.node(name+"_mirrored", "Neg", f), eps))
	return g.node(name+"_beyond", "Sub", above, below)
}

// constant is the same row for every row of h.
func (g *graph) constant(name, h string, width int, row []float64) string {
	zeros := make([][]float64, len(row))
	for t := range zeros {
		zeros[t] = make([]float64, width)
	}
	return g.affine(name, h, width, zeros, row)
}

// features are the inputs of the next layer.
func (g *graph) features(name, a, carried string, l *grade.FlatLayer) string {
	h := g.node(name+"_features", "Mul", a, g.vector(name+"_scale", l.Scale))
	if carried == "" {
		return h
	}
	g.node(name+"_carrying", "Concat", h, carried)
	g.set("axis", 1)
	return name + "_carrying"
}
