package grade

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// handMade is a model of two grades whose values can be worked out by hand:
// x' = (x-1)/2; f_1 = 1/2 + 2 relu(x'-1) - relu(-x'); h_1 = relus; f_2 = relu(2 h_11 - 1).
func handMade() *Model {
	return &Model{Format: modelFormat, Version: modelVersion, Task: "regression", Loss: "squared", Standardize: true, Bias: true, Intercept: true,
		Data:  Source{Name: "hand.csv", Kind: "csv", SHA256: strings.Repeat("0", 64), Rows: 2, Features: 1, Columns: []string{"x"}, Target: []string{"y"}},
		Input: Standardisation{Shift: []float64{1}, Scale: []float64{2}}, Output: Standardisation{Shift: []float64{10}, Scale: []float64{4}},
		Grades: []Grade{
			{Number: 1, Activation: ReLU, Loss: "squared", InputDim: 2, FeatureScale: []float64{1, 0.5},
				Outputs: []Output{{Beta: 0.1, Constant: 0.5, Neurons: []Neuron{{W: []float64{1, -1}, Alpha: 2}, {W: []float64{-1, 0}, Alpha: -1}}}}},
			{Number: 2, Activation: ReLU, Loss: "squared", InputDim: 3, FeatureScale: []float64{1},
				Outputs: []Output{{Beta: 0.1, Neurons: []Neuron{{W: []float64{2, 0, -1}, Alpha: 1}}}}},
		}}
}

func TestPredict(t *testing.T) {
	m := handMade()
	x := mat.NewDense(3, 1, []float64{7, 1, -3}) // x' = 3, 0, -2
	for k, want := range [][]float64{{10, 10, 10}, {10 + 4*4.5, 10 + 4*0.5, 10 - 4*1.5}, {10 + 4*7.5, 10 + 4*0.5, 10 - 4*1.5}} {
		got, err := m.PredictGrades(x, k)
		if err != nil || !equal(got.RawMatrix().Data, want) {
			t.Errorf("%d grades: %v, %v, want %v", k, got, err, want)
		}
	}
	stages, err := m.PredictStages(x)
	if err != nil || len(stages) != 3 {
		t.Fatalf("%d stages, %v", len(stages), err)
	}
	for k, got := range stages {
		if want, _ := m.PredictGrades(x, k); !mat.Equal(got, want) {
			t.Errorf("stage %d: %v, want %v", k, got, want)
		}
	}
	h, err := m.Features(x, 1)
	if err != nil || !mat.Equal(h, mat.NewDense(3, 2, []float64{2, 0, 0, 0, 0, 1})) {
		t.Errorf("features %v, %v", h, err)
	}
	sparse, err := m.Predict(toCSR(x))
	if dense, _ := m.Predict(x); err != nil || !mat.Equal(sparse, dense) {
		t.Errorf("sparse rows: %v, %v, dense %v", sparse, err, dense)
	}
	for _, k := range []int{-1, 3} {
		if _, err := m.PredictGrades(x, k); err == nil {
			t.Errorf("%d grades: no error", k)
		}
	}
	if _, err := m.Predict(mat.NewDense(1, 2, nil)); err == nil {
		t.Error("two features: no error")
	}
}

func equal(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// A gated unit is linear behind an open gate and 0 behind a closed one.
func TestGatedUnit(t *testing.T) {
	u := Neuron{W: []float64{2, -1}, Gate: []float64{1, 0}, Alpha: 1}
	for x, want := range map[float64]float64{3: 5, 0.1: 2*0.1 - 1, 0: 0, -4: 0} {
		if got := u.activation(solver.Gated, []float64{x}, nil, true); got != want {
			t.Errorf("at %v: %v, want %v", x, got, want)
		}
	}
}

// Loaded and saved again, a model is the same bytes, awkward numbers included.
func TestSaveLoad(t *testing.T) {
	m := handMade()
	m.Grades[0].Outputs[0].Neurons[0].W = []float64{math.Nextafter(0.1, 1), math.Copysign(0, -1)}
	m.Grades[0].Outputs[0].Neurons[1].W = []float64{5e-324, -math.MaxFloat64}
	var a, b bytes.Buffer
	if err := m.Save(&a); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(bytes.NewReader(a.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := loaded.Save(&b); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Errorf("%v\n%s\n%s", err, a.Bytes(), b.Bytes())
	}
	if !math.Signbit(loaded.Grades[0].Outputs[0].Neurons[0].W[1]) {
		t.Error("minus zero lost its sign")
	}
}

func TestLoadRefuses(t *testing.T) {
	var b bytes.Buffer
	if err := handMade().Save(&b); err != nil {
		t.Fatal(err)
	}
	good := b.String()
	for _, c := range [][2]string{
		{`"multigrade-model"`, `"other"`},
		{`"version":2`, `"version":3`},
		{`"task":"regression"`, `"task":"ranking"`},
		{`"task":"regression"`, `"task":"binary"`},
		{`"task":"regression"`, `"task":"regression","classes":["a"]`},
		{`"target":["y"]`, `"target":["y","z"]`},
		{`"carry":false`, `"carry":true`},
		{`"grades":`, `"carry_shift":[0],"grades":`},
		{`"grade":2`, `"grade":3`},
		{`"input_dim":3`, `"input_dim":4`},
		{`"w":[1,-1]`, `"w":[1]`},
		{`"w":[1,-1]`, `"w":[1,-1],"gate":[1,1]`},
		{`"feature_scale":[1,0.5]`, `"feature_scale":[1]`},
		{`"relu"`, `"tanh"`},
		{`"shift":[1]`, `"shift":[]`},
		{`"scale":[2]`, `"scale":[-2]`},
		{`"columns":["x"]`, `"columns":[]`},
		{`"bias":true`, `"bias":true,"surprise":1`},
		{`"bias":true`, `"bias":1`},
		{"}\n", "}{}\n"},
		{"}\n", ""},
	} {
		text := strings.Replace(good, c[0], c[1], 1)
		if text == good {
			t.Fatalf("%s is not in the model", c[0])
		}
		if m, err := Load(strings.NewReader(text)); err == nil {
			t.Errorf("%s for %s: accepted as %+v", c[1], c[0], m)
		}
	}
}

// The hash is over the numbers, however they are stored.
func TestProgramHash(t *testing.T) {
	x := randomDense(rand.New(rand.NewPCG(1, 1)), 7, 3)
	x.Set(2, 1, 0)
	x.SetRow(4, []float64{0, 0, 0})
	y := []float64{1, 2, 3, 4, 5, 6, 7}
	h := sha256.New()
	for _, v := range append(append([]float64{}, x.RawMatrix().Data...), y...) {
		binary.Write(h, binary.LittleEndian, v)
	}
	want := hex.EncodeToString(h.Sum(nil))
	if got := ProgramHash(x, y); got != want {
		t.Errorf("dense: %s, want %s", got, want)
	}
	if got := ProgramHash(toCSR(x), y); got != want {
		t.Errorf("sparse: %s, want %s", got, want)
	}
	if !mat.Equal(WithBias(x), WithBias(toCSR(x))) {
		t.Error("bias columns differ")
	}
}
