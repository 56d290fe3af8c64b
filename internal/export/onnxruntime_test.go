package export

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/onnx"
)

// runAll is JavaScript: the outputs of the models case0.onnx, case1.onnx, ... for the
// inputs of cases.json, by ONNX Runtime.
const runAll = `
const ort = require("onnxruntime-node");
const cases = JSON.parse(require("fs").readFileSync("cases.json", "utf8"));
const arrays = {float32: Float32Array, float64: Float64Array};
const tensor = ({type, columns, values}) => new ort.Tensor(type,
  type == "string" ? values : arrays[type].from(values, v => v === null ? NaN : v), [values.length / columns, columns]);
(async () => {
  const all = [];
  for (const [k, inputs] of cases.entries()) {
    const session = await ort.InferenceSession.create("case" + k + ".onnx");
    const feeds = Object.fromEntries(Object.entries(inputs).map(([name, t]) => [name, tensor(t)]));
    const outputs = await session.run(feeds);
    all.push(Object.fromEntries(Object.entries(outputs).map(([name, t]) => [name, Array.from(t.data, v => typeof v == "bigint" ? Number(v) : v)])));
  }
  console.log(JSON.stringify(all));
})().catch(why => { console.error(why); process.exit(1); });
`

// runtimeInput is a tensor of N x columns; null is NaN.
type runtimeInput struct {
	Type    string `json:"type"` // float32, float64, string
	Columns int    `json:"columns"`
	Values  []any  `json:"values"`
}

// runtimeCase is an exported model, what it is fed with, and what is to come of it.
type runtimeCase struct {
	name   string
	onnx   []byte
	inputs map[string]runtimeInput
	want   map[string][]any // numbers and labels, row by row
	room   float64          // of numbers, of the largest
}

// TestONNXRuntime: ONNX Runtime, which is somebody else's, loads what is exported and
// computes what the model does.
func TestONNXRuntime(t *testing.T) {
	if exec.Command("node", "-e", `require("onnxruntime-node")`).Run() != nil {
		t.Skip("no node with onnxruntime-node (npm install --ignore-scripts onnxruntime-node, NODE_PATH)")
	}
	cases := runtimeCases(t)
	dir := t.TempDir()
	inputs := make([]map[string]runtimeInput, len(cases))
	for k, c := range cases {
		inputs[k] = c.inputs
		writeFile(t, filepath.Join(dir, fmt.Sprintf("case%d.onnx", k)), c.onnx)
	}
	raw, err := json.Marshal(inputs)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "cases.json"), raw)
	run := exec.Command("node", "-e", runAll)
	run.Dir, run.Stderr = dir, os.Stderr
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string][]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for k, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.check(t, got[k]) })
	}
}

// TestONNXChecker: the ONNX project's own checker, which infers all shapes, accepts what
// is exported.
func TestONNXChecker(t *testing.T) {
	const check = `import sys, onnx
for name in sys.argv[1:]:
    onnx.checker.check_model(onnx.load(name), full_check=True)`
	interpreters := []string{"python3", "/usr/bin/python3"}
	k := slices.IndexFunc(interpreters, func(name string) bool { return exec.Command(name, "-c", "import onnx").Run() == nil })
	if k < 0 {
		t.Skip("no python3 with onnx")
	}
	args := []string{"-c", check}
	dir := t.TempDir()
	for k, c := range runtimeCases(t) {
		args = append(args, filepath.Join(dir, fmt.Sprintf("case%d.onnx", k)))
		writeFile(t, args[len(args)-1], c.onnx)
	}
	if out, err := exec.Command(interpreters[k], args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// runtimeCases are the made-up models in both precisions, and a table's columns.
func runtimeCases(t *testing.T) []runtimeCase {
	var cases []runtimeCase
	for _, precision := range []onnx.Type{onnx.Float64, onnx.Float32} {
		eachShape(t, func(t *testing.T, m *grade.Model, f *grade.Flat, x, y *mat.Dense) {
			cases = append(cases, runtimeShape(t, m, f, precision, x, y))
		})
	}
	return append(cases, runtimeColumns(t))
}

func writeFile(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

func (c *runtimeCase) check(t *testing.T, got map[string][]any) {
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, slices.Sorted(maps.Keys(c.want))) {
		t.Fatalf("outputs %q", names)
	}
	for name, want := range c.want {
		if len(got[name]) != len(want) {
			t.Fatalf("%s: %d values, want %d", name, len(got[name]), len(want))
		}
		size := 1e-300
		for _, v := range want {
			if number, ok := v.(float64); ok {
				size = max(size, math.Abs(number))
			}
		}
		for i, v := range want {
			if number, ok := v.(float64); ok {
				if off := math.Abs(got[name][i].(float64) - number); !(off <= c.room*size) {
					t.Errorf("%s[%d] is %v, want %v", name, i, got[name][i], v)
				}
			} else if fmt.Sprint(got[name][i]) != v {
				t.Errorf("%s[%d] is %v, want %v", name, i, got[name][i], v)
			}
		}
	}
}

// elements are the elements of a matrix, row by row.
func elements(m mat.RawMatrixer) []any {
	var values []any
	raw := m.RawMatrix()
	for i := range raw.Rows {
		for _, v := range raw.Data[i*raw.Stride : i*raw.Stride+raw.Cols] {
			values = append(values, v)
		}
	}
	return values
}

// runtimeShape feeds a made-up model in the given precision.
func runtimeShape(t *testing.T, m *grade.Model, f *grade.Flat, precision onnx.Type, x, y *mat.Dense) runtimeCase {
	n, d := x.Dims()
	c := runtimeCase{name: t.Name(), onnx: ONNX(f, precision, "1"), room: 1e-13, want: map[string][]any{graphOutput: elements(y)}}
	kind := "float64"
	if precision == onnx.Float32 {
		kind, c.room = "float32", 1e-4
	}
	c.inputs = map[string]runtimeInput{graphInput: {kind, d, elements(x)}}
	for i := range n {
		if m.Classes == nil {
			break
		}
		p := make([]float64, len(m.Classes))
		grade.Probabilities(f.Platt, y.RawRowView(i), p)
		for _, v := range p {
			c.want[graphProbabilities] = append(c.want[graphProbabilities], v)
		}
		c.want[graphLabel] = append(c.want[graphLabel], m.Class(y, i))
	}
	return c
}

// runtimeColumns feeds the columns of a table: texts, dates and missing cells.
func runtimeColumns(t *testing.T) runtimeCase {
	s := newEncodedTable(t)
	c := runtimeCase{name: "columns of a table", onnx: ONNX(s.flat, onnx.Float64, "1"), room: 1e-13,
		inputs: map[string]runtimeInput{}, want: map[string][]any{graphOutput: elements(s.y)}}
	for k := range s.model.Data.Encoding {
		column := &s.model.Data.Encoding[k]
		in := runtimeInput{Type: "float64", Columns: 1}
		for i, v := range s.numbers[column.Name] {
			switch {
			case column.IsText():
				in.Type, in.Values = "string", append(in.Values, s.texts[column.Name][i])
			case math.IsNaN(v):
				in.Values = append(in.Values, nil)
			default:
				in.Values = append(in.Values, v)
			}
		}
		c.inputs[columnInput(column.Name)] = in
	}
	return c
}
