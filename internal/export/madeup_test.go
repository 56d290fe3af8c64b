package export

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
)

// shape is what a made-up model has.
type shape struct {
	name                      string
	features, targets, grades int
	classes                   []string
	gated, carry, bias, empty bool // empty: the last grade has no neurons
	dead                      bool
	activation                string // of units that are not gated, relu if empty
	calibrated                bool   // by rows held out
	quantiles                 bool   // the targets
}

var shapes = []shape{
	{name: "one input", features: 1, targets: 1, grades: 3, bias: true},
	{name: "several outputs, carried inputs", features: 4, targets: 3, grades: 3, carry: true, bias: true, calibrated: true},
	{name: "without bias", features: 3, targets: 1, grades: 2},
	{name: "gated", features: 3, targets: 2, grades: 1, gated: true, bias: true},
	{name: "gated, two grades, no bias", features: 3, targets: 1, grades: 2, gated: true, carry: true},
	{name: "leaky", features: 3, targets: 2, grades: 2, activation: "leaky:0.1", carry: true, bias: true},
	{name: "absolute values, dead zones", features: 2, targets: 1, grades: 3, activation: "abs", dead: true, bias: true},
	{name: "two classes", features: 2, targets: 1, grades: 2, classes: []string{"no", "yes"}, bias: true},
	{name: "three classes", features: 2, targets: 3, grades: 2, classes: []string{`"a"`, "b,c", "d"}, bias: true},
	{name: "two classes, calibrated", features: 3, targets: 1, grades: 1, classes: []string{"-1", "1"}, calibrated: true},
	{name: "three classes, calibrated", features: 2, targets: 3, grades: 1, classes: []string{"0", "1", "20"}, bias: true, calibrated: true},
	{name: "an empty last grade", features: 2, targets: 1, grades: 2, empty: true, bias: true},
	{name: "dead zones", features: 2, targets: 2, grades: 3, dead: true, bias: true},
	{name: "quantiles", features: 3, targets: 3, grades: 2, quantiles: true, bias: true},
	{name: "leaky quantiles", features: 3, targets: 2, grades: 1, activation: "leaky:0.1", quantiles: true, bias: true},
	{name: "no grade", features: 2, targets: 2, grades: 0, bias: true},
}

// model makes up a model of the shape; its second column, if it has one, is
// constant. It is one that could have been saved.
func (s shape) model(t *testing.T, rnd *rand.Rand) *grade.Model {
	t.Helper()
	m := &grade.Model{Format: "multigrade-model", Version: 2, Task: "regression", Loss: "squared", Bias: s.bias, Classes: s.classes,
		Data:  grade.Source{Name: "made up.csv", SHA256: "00", Features: s.features},
		Input: standardisation(rnd, s.features), Output: standardisation(rnd, s.targets), Grades: []grade.Grade{}}
	for j := range s.features {
		m.Data.Columns = append(m.Data.Columns, fmt.Sprintf("x %d", j))
	}
	for j := range s.targets {
		m.Data.Target = append(m.Data.Target, fmt.Sprintf("y%d", j))
	}
	if s.quantiles {
		m.Data.Target, m.Loss, m.Quantiles = m.Data.Target[:1], "quantile", []float64{0.1, 0.5, 0.9}[:s.targets]
	}
	if s.classes != nil {
		m.Data.Target, m.Loss = m.Data.Target[:1], "logistic"
		m.Task = map[int]string{1: "binary", 3: "multiclass"}[s.targets]
	}
	if s.features > 1 {
		m.Input.Scale[1] = 0
	}
	if s.carry {
		m.CarryShift = positive(rnd, s.features)
	}
	width := s.features
	for k := range s.grades {
		g := s.grade(rnd, k, width)
		g.Loss = m.Loss
		m.Grades = append(m.Grades, g)
		if width = len(g.FeatureScale); s.carry {
			width += s.features
		}
	}
	if s.calibrated {
		m.Calibration = s.calibration(rnd)
	}
	var saved bytes.Buffer
	if err := m.Save(&saved); err != nil {
		t.Fatal(err)
	}
	m, err := grade.Load(&saved)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// calibration makes up one by 50 rows.
func (s shape) calibration(rnd *rand.Rand) *grade.Calibration {
	c := &grade.Calibration{From: "cv", Rows: 50}
	for range s.targets {
		if s.classes != nil {
			c.Platt = append(c.Platt, grade.Platt{Slope: rnd.ExpFloat64(), Offset: rnd.NormFloat64()})
			continue
		}
		r := positive(rnd, c.Rows)
		slices.Sort(r)
		c.Residuals = append(c.Residuals, r)
	}
	return c
}

// grade makes up grade k (from 0) on so many features.
func (s shape) grade(rnd *rand.Rand, k, width int) grade.Grade {
	if s.bias {
		width++
	}
	g := grade.Grade{Number: k + 1, Activation: cmp.Or(s.activation, grade.ReLU), Carry: s.carry, InputDim: width, FeatureScale: []float64{}}
	if s.gated {
		g.Activation = grade.Gated
	}
	for t := range s.targets {
		o := grade.Output{Constant: rnd.NormFloat64(), Neurons: []grade.Neuron{}}
		for range 3 + t {
			if s.empty && k == s.grades-1 {
				break
			}
			u := grade.Neuron{W: normal(rnd, width), Alpha: rnd.NormFloat64()}
			if s.gated {
				u.Gate = normal(rnd, width)
			}
			o.Neurons = append(o.Neurons, u)
			g.FeatureScale = append(g.FeatureScale, 0.5+rnd.Float64())
		}
		if s.dead && (k > 0 || t > 0) { // not of every output
			eps := rnd.ExpFloat64()
			o.DeadZone = &eps
		}
		g.Outputs = append(g.Outputs, o)
	}
	return g
}

func standardisation(rnd *rand.Rand, d int) grade.Standardisation {
	return grade.Standardisation{Shift: normal(rnd, d), Scale: positive(rnd, d)}
}

func normal(rnd *rand.Rand, d int) []float64 {
	v := make([]float64, d)
	for j := range v {
		v[j] = rnd.NormFloat64()
	}
	return v
}

func positive(rnd *rand.Rand, d int) []float64 {
	v := make([]float64, d)
	for j := range v {
		v[j] = 0.3 + rnd.ExpFloat64()
	}
	return v
}

// eachShape calls test with a model of every shape, its network, inputs and the
// model's predictions.
func eachShape(t *testing.T, test func(t *testing.T, m *grade.Model, f *grade.Flat, x, y *mat.Dense)) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(1, 2))
			m := s.model(t, rnd)
			const n = 20
			x := mat.NewDense(n, s.features, normal(rnd, n*s.features))
			y, err := m.Predict(x)
			if err != nil {
				t.Fatal(err)
			}
			f, err := m.Flatten(len(m.Grades))
			if err != nil {
				t.Fatal(err)
			}
			test(t, m, f, x, y)
		})
	}
}
