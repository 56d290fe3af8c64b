package export

import (
	"strconv"

	"multigrade/grade"
	"multigrade/internal/onnx"
)

// classOutputs appends what makes the label and the probabilities of the scores, and
// returns the outputs that they are.
func (g *graph) classOutputs(f *grade.Flat) []onnx.Value {
	labels := classNames(f.Classes)
	outputs := []onnx.Value{{Name: graphLabel, Type: labels.Type, Doc: "the class"}}
	g.Constants = append(g.Constants, labels)
	scores := graphOutput
	if len(f.Outputs) == 1 { // y > 0 is where the second of -y, y is larger
		scores = g.concat("scores", g.node("mirrored", "Neg", graphOutput), graphOutput)
	}
	g.node("place", "ArgMax", scores)
	g.set("axis", 1)
	g.set("keepdims", 0)
	g.node(graphLabel, "Gather", labels.Name, "place")
	if f.Platt != nil {
		g.probabilities(f)
		outputs = append(outputs, onnx.Value{Name: graphProbabilities, Type: g.precision, Columns: len(f.Classes), Doc: list(f.Classes)})
	}
	return outputs
}

// classNames is the constant with the classes: whole numbers where all of them are.
func classNames(classes []string) onnx.Tensor {
	t := onnx.Tensor{Name: "classes", Type: onnx.Int64, Shape: []int{len(classes)}, Texts: classes}
	const exact = 1 << 53 // up to it every whole number is a float64
	for _, name := range classes {
		v, err := strconv.ParseInt(name, 10, 64)
		if err != nil || v > exact || v < -exact || strconv.FormatInt(v, 10) != name {
			t.Type = onnx.Text
			return t
		}
		t.Values = append(t.Values, float64(v))
	}
	return t
}

// probabilities are those of grade.Probabilities: of more than two classes the softmax
// of log 1/(1 + exp(-u)) = -(relu(-u) + log(1 + exp(-|u|))).
func (g *graph) probabilities(f *grade.Flat) {
	slope, offset := scaling(f.Platt)
	u := g.node("odds", "Add", g.node("odds_scaled", "Mul", graphOutput, g.vector("odds_slope", slope)), g.vector("odds_offset", offset))
	against := g.node("odds_against", "Neg", u)
	if len(f.Platt) == 1 {
		g.concat(graphProbabilities, g.node("first_class", "Sigmoid", against), g.node("second_class", "Sigmoid", u))
		return
	}
	far := g.node("far", "Exp", g.node("odds_distance", "Neg", g.node("odds_size", "Abs", u)))
	near := g.node("near", "Log", g.node("near_sum", "Add", far, g.vector("one", []float64{1})))
	loss := g.node("class_loss", "Add", g.node("wrong_side", "Relu", against), near)
	g.node(graphProbabilities, "Softmax", g.node("class_log", "Neg", loss))
	g.set("axis", 1)
}

// concat puts columns side by side.
func (g *graph) concat(name string, columns ...string) string {
	g.node(name, "Concat", columns...)
	g.set("axis", 1)
	return name
}
