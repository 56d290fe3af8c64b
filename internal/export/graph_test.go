package export

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/onnx"
)

// Decoded and evaluated by itself, the graph predicts what the model does, up to
// rounding.
func TestONNX(t *testing.T) {
	for _, precision := range []struct {
		name string
		t    onnx.Type
		elem int
		room float64
	}{{"float64", onnx.Float64, 11, 1e-13}, {"float32", onnx.Float32, 1, 1e-4}} {
		t.Run(precision.name, func(t *testing.T) {
			eachShape(t, func(t *testing.T, m *grade.Model, f *grade.Flat, x, y *mat.Dense) {
				model, err := decode(ONNX(f, precision.t, "1"))
				if err != nil {
					t.Fatal(err)
				}
				graph := model.messages(7)[0]
				got, err := evaluate(graph, x)
				if err != nil {
					t.Fatal(err)
				}
				scale := mat.Norm(y, math.Inf(1))
				var off mat.Dense
				off.Sub(got, y)
				if worst := mat.Norm(&off, math.Inf(1)); !(worst <= precision.room*scale) {
					t.Errorf("off by %v of %v", worst, scale)
				}
				_, d := x.Dims()
				checkValue(t, graph.messages(11)[0], precision.elem, d)
				checkValue(t, graph.messages(12)[0], precision.elem, m.Outputs())
				checkMetadata(t, model, m)
			})
		})
	}
}

// The graph's label and probabilities are the model's, where there are classes.
func TestONNXClasses(t *testing.T) {
	eachShape(t, func(t *testing.T, m *grade.Model, f *grade.Flat, x, y *mat.Dense) {
		for _, precision := range []struct {
			t    onnx.Type
			room float64
		}{{onnx.Float64, 1e-12}, {onnx.Float32, 1e-4}} {
			model, err := decode(ONNX(f, precision.t, "1"))
			if err != nil {
				t.Fatal(err)
			}
			graph := model.messages(7)[0]
			if outputs := len(graph.messages(12)); m.Classes == nil {
				if outputs != 1 {
					t.Errorf("%d outputs of a regression", outputs)
				}
				return
			}
			values, texts := map[string]*mat.Dense{graphInput: x}, map[string][]string{}
			if _, err := evaluateColumns(graph, values, texts); err != nil {
				t.Fatal(err)
			}
			n, _ := x.Dims()
			p := make([]float64, len(m.Classes))
			for i := range n {
				label := ""
				if texts[graphLabel] != nil {
					label = texts[graphLabel][i]
				} else {
					label = fmt.Sprint(values[graphLabel].At(0, i))
				}
				if want := m.Class(y, i); label != want {
					t.Errorf("row %d: label %q, want %q", i, label, want)
				}
				grade.Probabilities(f.Platt, y.RawRowView(i), p)
				if off := floats.Distance(p, values[graphProbabilities].RawRowView(i), math.Inf(1)); !(off <= precision.room) {
					t.Errorf("row %d: probabilities %v, want %v", i, values[graphProbabilities].RawRowView(i), p)
				}
			}
			label := graph.messages(12)[1].messages(2)[0].messages(1)[0]
			if dims := label.messages(2)[0].messages(1); len(dims) != 1 || (texts[graphLabel] != nil) != (label.integer(1) == 8) {
				t.Errorf("label of type %d with %d dimensions", label.integer(1), len(dims))
			}
		}
	})
}

// checkValue checks type and shape of an input or output.
func checkValue(t *testing.T, v fields, elem, columns int) {
	t.Helper()
	tensor := v.messages(2)[0].messages(1)[0]
	dims := tensor.messages(2)[0].messages(1)
	if tensor.integer(1) != elem || len(dims) != 2 || dims[0].text(2) == "" || dims[1].integer(1) != columns {
		t.Errorf("%s: type %d, dimensions %v, want type %d and N x %d", v.text(1), tensor.integer(1), dims, elem, columns)
	}
}

// checkMetadata checks versions, and that classes are named.
func checkMetadata(t *testing.T, model fields, m *grade.Model) {
	t.Helper()
	if ir, opset := model.integer(1), model.messages(8)[0].integer(2); ir < 7 || opset != 13 {
		t.Errorf("version %d with operator set %d", ir, opset)
	}
	said := map[string]string{}
	for _, p := range model.messages(14) {
		said[p.text(1)] = p.text(2)
	}
	var classes []string
	if said["classes"] != "" {
		if err := json.Unmarshal([]byte(said["classes"]), &classes); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(classes, m.Classes) || said["task"] != m.Task || said["sha256"] != m.Data.SHA256 {
		t.Errorf("metadata %v", said)
	}
}
